// Under which addresses a connection leaves a host that translates them: lines of the kernel's connection tracking as they were seen,
// and a whole probe in a network namespace that masquerades, where the far end says what it got.
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ContainersHere } from '../containers.test-fixture.ts'
import { EgressRig, must } from '../enforce/egress-rig.test-fixture.ts'
import { until } from '../fake-server.test-fixture.ts'
import { finding, leaveOut, Rig } from '../probe-rig.test-fixture.ts'
import { parseTracked, TrackedIndex } from './parse-conntrack.ts'

const at = (text: string) => {
  const [, address = '', port] = /^(.*):(\d+)$/.exec(text) ?? []
  return { address, port: Number(port) }
}
const ends = (local: string, remote: string) => ({ local: at(local), remote: at(remote) })
const indexOf = (...lines: string[]) => {
  const index = new TrackedIndex()
  for (const line of lines) {
    const tracked = parseTracked(line)
    if (!tracked) throw new Error(line)
    index.add(tracked)
  }
  return index
}
const masqueraded =
  'ipv4     2 tcp      6 431999 ESTABLISHED src=198.51.100.2 dst=203.0.113.97 sport=40001 dport=443 src=203.0.113.97 dst=203.0.113.98 sport=443 dport=61001 [ASSURED] mark=0 zone=0 use=2'
const forwarded =
  'ipv4     2 udp      17 29 src=192.0.2.7 dst=203.0.113.98 sport=5353 dport=8053 [UNREPLIED] src=198.51.100.2 dst=192.0.2.7 sport=53 dport=5353 mark=0 use=2'

test('what is masqueraded leaves from the address that answers go to', () => {
  expect(indexOf(masqueraded).find('tcp', ends('198.51.100.2:40001', '203.0.113.97:443'))).toEqual({
    ends: ends('203.0.113.98:61001', '203.0.113.97:443'),
    isTranslated: true,
  })
})

test('what came in to a published port came to the address and port that were published', () => {
  expect(indexOf(forwarded).find('udp', ends('198.51.100.2:53', '192.0.2.7:5353'))).toEqual({
    ends: ends('203.0.113.98:8053', '192.0.2.7:5353'),
    isTranslated: true,
  })
})

test('what is tracked and not translated is the same on both sides, also in IPv6 with all its zeros', () => {
  const zeros = (last: number) => `2001:0db8:0000:0000:0000:0000:0000:000${last}`
  const line = `ipv6     10 tcp      6 117 TIME_WAIT src=${zeros(1)} dst=${zeros(2)} sport=1 dport=2 packets=5 bytes=300 src=${zeros(2)} dst=${zeros(1)} sport=2 dport=1 [ASSURED] use=2`
  const index = indexOf(line)
  const same = ends('2001:db8::1:1', '2001:db8::2:2')
  expect(index.find('tcp', same)).toEqual({ ends: same, isTranslated: false })
  expect(index.find('udp', same)).toBeUndefined()
})

test('a socket without an address of its own is found by its port, unless two could be meant', () => {
  const wildcard = ends('0.0.0.0:40001', '203.0.113.97:443')
  expect(indexOf(masqueraded).find('tcp', wildcard)?.ends.local).toEqual(at('203.0.113.98:61001'))
  const other = masqueraded.replaceAll('198.51.100.2', '198.51.100.3').replace('61001', '61002')
  expect(indexOf(masqueraded, other).find('tcp', wildcard)).toBeUndefined()
  expect(indexOf(masqueraded, other).find('tcp', ends('198.51.100.3:40001', '203.0.113.97:443'))?.ends.local.port).toBe(
    61_002,
  )
})

test('a line of another protocol, or one that is cut off, is passed over', () => {
  expect(parseTracked('ipv4     2 icmp     1 29 src=192.0.2.1 dst=192.0.2.2 type=8 code=0 id=1 use=1')).toBeUndefined()
  expect(parseTracked(masqueraded.slice(0, 120))).toBeUndefined()
  expect(parseTracked('')).toBeUndefined()
})

const skip =
  leaveOut('addresses behind NAT') ??
  (fs.existsSync('/proc/net/nf_conntrack') ? undefined : 'this kernel has no /proc/net/nf_conntrack')
if (skip?.startsWith('this kernel')) console.warn(`LEFT OUT: addresses behind NAT (${skip})`)

describe.skipIf(skip !== undefined)(
  `on a host that translates${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`,
  () => {
    const containers = new ContainersHere()
    const inside = `vigil-ct-${process.pid}`
    const children: ChildProcess[] = []
    let net: EgressRig
    let router: ReturnType<EgressRig['namespace']>
    let rig: Rig
    let far: Server
    let door: Server
    let port = 0
    /** What the far end got, in order: from where. */
    const got: { address: string; port: number }[] = []

    beforeAll(async () => {
      if (!finding.ok) return
      net = new EgressRig(finding.home)
      router = net.namespace(6)
      must('ip', 'netns', 'add', inside)
      must('ip', '-n', router.name, 'link', 'add', 'bridged', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', inside)
      must('ip', '-n', router.name, 'addr', 'add', '198.51.100.1/24', 'dev', 'bridged')
      must('ip', '-n', router.name, 'link', 'set', 'bridged', 'up')
      must('ip', '-n', inside, 'addr', 'add', '198.51.100.2/24', 'dev', 'eth0')
      for (const device of ['eth0', 'lo']) must('ip', '-n', inside, 'link', 'set', device, 'up')
      must('ip', '-n', inside, 'route', 'add', 'default', 'via', '198.51.100.1')
      far = createServer((socket) => {
        got.push({ address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 })
        socket.on('error', () => socket.destroy()).resume()
      })
      await listenAt(far, router.here)
      port = (far.address() as AddressInfo).port
      // The probe is on the translating host, and its server is not.
      door = createServer((socket) => {
        const through = connect(rig.server.port, '127.0.0.1')
        socket.pipe(through).pipe(socket)
        for (const each of [socket, through]) each.on('error', () => each.destroy())
      })
      await listenAt(door, router.here)
      const within = ['nsenter', `--net=/run/netns/${router.name}`]
      must(
        ...within,
        'sh',
        '-c',
        'echo 1 >/proc/sys/net/ipv4/ip_forward && nft "$0"',
        [
          'table ip nat {',
          'chain out {',
          'type nat hook postrouting priority 100',
          'oifname "eth0" meta l4proto tcp masquerade to :61000-61100',
          '}',
          'chain into {',
          'type nat hook prerouting priority -100',
          `ip daddr 198.51.100.1 tcp dport 80 dnat to ${router.here}:${port}`,
          '}',
          '}',
        ].join('\n'),
      )
      const { port: doorPort } = door.address() as AddressInfo
      rig = new Rig({
        probePrefix: within,
        env: { VIGIL_ADOPT: `${containers.path}/docker-*`, VIGIL_URL: `http://${router.here}:${doorPort}` },
      })
      await rig.start()
    })
    afterAll(async () => {
      for (const child of children) child.kill('SIGKILL')
      await containers.stop()
      await rig.stop()
      for (const server of [far, door]) server.close()
      must('ip', 'netns', 'del', inside)
      await net.stop()
      expect(rig.server.problems).toEqual([])
    })

    /** A container in the inner namespace that runs this. */
    const starts = (program: string): string => {
      const container = containers.make()
      const node = [process.execPath, '-e', program]
      containers.run(container, ['nsenter', `--net=/run/netns/${inside}`, ...node])
      return `container-${container.id.slice(0, 12)}`
    }
    const translated = (session: string) => rig.server.of('connection.translated', session).map(({ data }) => data)

    test('a connection of a bridged container is told once with the address under which the far end sees it', async () => {
      const before = got.length
      const session = starts(`require('node:net').connect(${port}, '${router.here}')`)
      await until('its translation is told', () => translated(session).length > 0, 20_000)
      expect(got).toHaveLength(before + 1)
      const seen = got.at(-1)
      expect(seen?.address).toBe(router.there)
      expect(seen?.port).toBeGreaterThanOrEqual(61_000)
      const [opened] = rig.server.of('connection.opened', session)
      expect(opened?.data).toMatchObject({ local: { address: '198.51.100.2' }, remote: { address: router.here, port } })
      await new Promise((resolve) => setTimeout(resolve, 2_500))
      expect(translated(session)).toEqual([
        {
          connection: opened?.data.connection,
          protocol: 'tcp',
          local: opened?.data.local,
          remote: opened?.data.remote,
          translated: { local: seen, remote: { address: router.here, port } },
        },
      ])
      const observers = rig.server.of('probe.connected').at(-1)?.data.observers
      expect(observers?.find(({ name }) => name === 'tcp')?.detail).toContain("this host's NAT translates are read")
    })

    test('one that is sent elsewhere than it was addressed to is told with where it really goes', async () => {
      const session = starts(`require('node:net').connect(80, '198.51.100.1')`)
      await until('its translation is told', () => translated(session).length > 0, 20_000)
      expect(translated(session)).toEqual([
        expect.objectContaining({
          remote: { address: '198.51.100.1', port: 80 },
          translated: { local: got.at(-1), remote: { address: router.here, port } },
        }),
      ])
    })

    test('one that nobody translates is not told of', async () => {
      const listener = spawn('nsenter', [
        `--net=/run/netns/${inside}`,
        process.execPath,
        '-e',
        `require('node:net').createServer().listen(7099, '127.0.0.1')`,
      ])
      children.push(listener)
      const again = `const go = () => require('node:net').connect(7099, '127.0.0.1').on('error', () => setTimeout(go, 50)); go()`
      const session = starts(again)
      const established = () => rig.server.of('connection.opened', session).some(({ data }) => data.state === 'ESTAB')
      await until('it is told', established, 20_000)
      await new Promise((resolve) => setTimeout(resolve, 3_500))
      expect(translated(session)).toEqual([])
    })
  },
)

async function listenAt(server: Server, address: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, address, resolve)
  })
}
