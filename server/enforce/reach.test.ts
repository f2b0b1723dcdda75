// Where an administrator's address may lead us: never to what answers on this machine alone, or to a cloud's metadata.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { boundedCall } from './bounded-call.ts'
import { createReach } from './reach.ts'

const careful = createReach({ loopback: false })

describe('a message is not sent', () => {
  it.each([
    ['this machine', ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1']],
    ['whatever listens anywhere on it', ['0.0.0.0', '::', '::ffff:0.0.0.0']],
    [
      'a cloud’s metadata',
      ['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16'],
    ],
    ['the metadata in the clothes of IPv6', ['64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::1']],
    ['neighbours by link, or to many', ['169.254.1.1', 'fe80::1', '224.0.0.1', 'ff02::1', '255.255.255.255']],
  ])('to %s', (_, addresses) => {
    for (const address of addresses) expect(careful.whyNot(address), address).toBeDefined()
  })

  it('nor does the word of whoever started us open the metadata: it opens this machine alone', () => {
    const loose = createReach({ loopback: true })
    expect(['127.0.0.1', '::1'].map(loose.whyNot)).toEqual([undefined, undefined])
    expect(loose.whyNot('169.254.169.254')).toBeDefined()
  })
})

it('a receiver in the world or in a private network is none of these', () => {
  for (const address of ['203.0.113.7', '10.0.0.8', '192.168.1.4', '172.16.0.1', '2001:db8::7', 'fd12:3456::1'])
    expect(careful.whyNot(address), address).toBeUndefined()
})

describe('a call', () => {
  let asked = 0
  const server = createServer((_, response) => {
    asked += 1
    response.end('{}')
  })
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => new Promise<void>((resolve) => void server.close(() => resolve())))
  const call = (host: string, reach = careful) =>
    boundedCall({
      method: 'GET',
      url: `http://${host}:${(server.address() as AddressInfo).port}/`,
      headers: {},
      reach,
    })

  it.each(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433'])(
    'to %s never arrives, and says what would allow it',
    async (host) => {
      await expect(call(host)).rejects.toThrow(/^is not called: .*(VIGIL_OUTGOING=loopback|own network)/)
      expect(asked).toBe(0)
    },
  )

  it('arrives where whoever started us said that it may', async () => {
    expect(await call('localhost', createReach({ loopback: true }))).toEqual({ status: 200, body: '{}' })
    expect(asked).toBe(1)
  })
})
