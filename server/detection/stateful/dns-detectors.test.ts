// Names that carry data, and names that only look strange.
import { describe, expect, it } from 'vitest'
import { readDnsName } from './dns-name.ts'
import { detect } from './draw-network-for-test.ts'

/** Looks random, is the same in every run. */
function hex(n: number, length: number): string {
  let text = ''
  let state = (n + 1) * 2_654_435_761
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    text += state.toString(16).padStart(8, '0')
  }
  return text.slice(0, length)
}
const asked = (count: number, name: (n: number) => string, everyS = 2) =>
  Array.from({ length: count }, (_, n) => {
    const at = n * everyS
    return `${Math.floor(at / 60)}:${at % 60} dns ${name(n)}`
  }).join('\n')

describe('data in names', () => {
  it('is raised for encoded labels under one domain, also slowly', () => {
    expect(detect(asked(25, (n) => `${hex(n, 50)}.t.example.com`))).toEqual(['vigil-dns-exfiltration high'])
    expect(detect(asked(40, (n) => `${hex(n, 50)}.t.example.com`, 60))).toEqual(['vigil-dns-exfiltration high'])
  })

  it('is raised where the tunnel speaks to its own server and needs no domain', () => {
    expect(detect(asked(70, (n) => `dnscat.${hex(n, 60)}.${hex(n + 999, 40)}`))).toEqual([
      'vigil-dns-exfiltration high',
    ])
  })

  it('is raised where it is spread over many domains', () => {
    expect(detect(asked(70, (n) => `${hex(n, 50)}.site${n}.com`))).toEqual(['vigil-dns-exfiltration high'])
  })

  it('is raised as many names where it is spelled in words', () => {
    const words = ['weights', 'secret', 'token', 'alpha', 'river', 'stone', 'cloud']
    expect(
      detect(
        asked(
          200,
          (n) => `${words[n % 7]}-${words[(n * 3) % 7]}-${String.fromCharCode(97 + (n % 26), 97 + (n >> 3))}.evil.net`,
        ),
      ),
    ).toEqual(['vigil-dns-many-names medium'])
  })

  it('is not a content network whose few names are digests, however often they are asked', () => {
    expect(detect(asked(500, (n) => `d${hex(n % 10, 40)}.cdn.example.net`))).toEqual([])
  })

  it('is not a cluster that tries its search domains, nor a reverse lookup of each of its addresses', () => {
    expect(
      detect(
        asked(400, (n) =>
          n % 2 === 0 ? `svc-${n % 12}.default.svc.cluster.local` : `${n % 250}.${n % 7}.0.10.in-addr.arpa`,
        ),
      ),
    ).toEqual([])
  })

  it('is not a build that asks for many hosts of many registries', () => {
    const hosts = ['registry.npmjs.org', 'files.pythonhosted.org', 'github.com', 'objects.githubusercontent.com']
    expect(detect(asked(300, (n) => hosts[n % 4] ?? ''))).toEqual([])
  })
})

describe('a name', () => {
  it.each([
    ['a.b.example.com', 'example.com', 2],
    ['www.bbc.co.uk', 'bbc.co.uk', 3],
    ['Example.COM.', 'example.com', 0],
  ])('%s belongs to %s and carries %i characters', (name, domain, carried) => {
    expect(readDnsName(name)).toEqual({ domain, carried, isEncoded: false })
  })

  it.each(['', '.', 'localhost', '4.3.2.1.in-addr.arpa'])('"%s" carries nothing', (name) => {
    expect(readDnsName(name)).toBeUndefined()
  })
})
