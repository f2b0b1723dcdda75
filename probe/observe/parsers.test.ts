import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeSessionFolder, parseCgroup2Mount, parseCgroup2Path } from '../cgroup-mount.ts'
import { parseCgroupEvents } from '../enforce/cgroup-freeze.ts'
import { noRest } from '../turns.ts'
import { parseNftTable, udpPayloadBytes } from './parse-nft.ts'
import { parseGpuProcesses, parseGpus } from './parse-nvidia-smi.ts'
import { parseCommandLine, parseStat } from './parse-proc.ts'
import { parseEndpoint, parseSsLine } from './parse-ss.ts'

describe('/proc', () => {
  const tail = `R 7 8 9 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4242 1000 33 ${'0 '.repeat(28)}`
  test('a process cannot fake its state or start time by a name with parentheses and spaces', () => {
    expect(parseStat(`12 (evil) S 1 (x) ${tail}`)).toMatchObject({
      pid: 12,
      comm: 'evil) S 1 (x',
      state: 'R',
      ppid: 7,
      startTicks: 4242,
      rssPages: 33,
    })
  })
  test('text that is no stat line is no process', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseStat(text)))
    expect(parseStat('')).toBeUndefined()
  })
  test('arguments are split at NUL, empty ones kept, and huge ones cut with a visible mark within the bound', () => {
    expect(parseCommandLine('a\0\0b c\0')).toEqual(['a', '', 'b c'])
    const argv = parseCommandLine(`${'x'.repeat(50_000)}\0`.repeat(100))
    expect(argv.join('').length).toBeLessThan(70_000)
    expect(argv.join('')).toContain('cut]')
    expect(parseCommandLine('y\0'.repeat(5_000)).length).toBeLessThanOrEqual(1_024)
  })
})

describe('cgroups', () => {
  test('the v2 mount of a hybrid host is found beside its v1 mounts', () => {
    const text =
      '40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n41 31 0:38 / /sys/fs/cgroup/uni\\040fied rw,relatime - cgroup2 cgroup2 rw\n'
    expect(parseCgroup2Mount(text)).toEqual({ mountPoint: '/sys/fs/cgroup/uni fied', root: '/' })
    expect(parseCgroup2Mount('1 2 0:3 / / rw - ext4 /dev/vda rw')).toBeUndefined()
    expect(parseCgroup2Path('9:cpu:/a\n0::/vigil/x\n')).toBe('/vigil/x')
  })
  test('two session ids never share a folder, and a folder name can neither leave ours nor be a kernel file', () => {
    const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}$/)
    fc.assert(
      fc.property(id, id, (a, b) => {
        expect(encodeSessionFolder(a)).toMatch(/^[A-Za-z0-9_-]{1,200}$/)
        if (a !== b) expect(encodeSessionFolder(a)).not.toBe(encodeSessionFolder(b))
      }),
    )
    expect(encodeSessionFolder('abc-1')).toBe('abc-1')
  })
  test('frozen is only what the kernel wrote', () => {
    expect(parseCgroupEvents('populated 1\nfrozen 1\n')).toEqual({ populated: true, frozen: true })
    expect(parseCgroupEvents('populated 0\n')).toEqual({ populated: false, frozen: undefined })
  })
})

describe('ss', () => {
  test('an established connection gives its ends, cookie, cgroup and bytes without retransmissions', () => {
    expect(
      parseSsLine(
        'tcp ESTAB 0 0 127.0.0.1:45310 127.0.0.1:7777 timer:(keepalive,1sec,0) ino:17975 sk:7a cgroup:/vigil/exp1 <-> cgroup:/other ts sack bytes_sent:1100 bytes_retrans:100 bytes_acked:1001 bytes_received:900 send 1bps',
      ),
    ).toEqual({
      protocol: 'tcp',
      state: 'ESTAB',
      local: { address: '127.0.0.1', port: 45310 },
      remote: { address: '127.0.0.1', port: 7777 },
      inode: 17975,
      cookie: '7a',
      cgroup: '/vigil/exp1',
      bytesOut: 1000,
      bytesIn: 900,
    })
  })
  test('addresses lose zone and brackets, and IPv4 inside IPv6 is IPv4', () => {
    expect(parseEndpoint('[fe80::1]%eth0:22')).toEqual({ address: 'fe80::1', port: 22 })
    expect(parseEndpoint('127.0.0.53%lo:53')).toEqual({ address: '127.0.0.53', port: 53 })
    expect(parseEndpoint('[::ffff:10.0.0.1]:443')).toEqual({ address: '10.0.0.1', port: 443 })
    expect(parseEndpoint('*:*')).toEqual({ address: '::', port: 0 })
    expect(parseEndpoint('nonsense')).toBeUndefined()
  })
  test('any other text is no socket', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseSsLine(text)).toBeUndefined()
      }),
    )
  })
})

describe('nft', () => {
  test('elements become flows with payload bytes, and what does not fit is left out', async () => {
    const elem = (val: unknown) => ({ elem: { val, counter: { packets: 18, bytes: 1404 } } })
    const flows = await parseNftTable(
      JSON.stringify({
        nftables: [
          { metainfo: {} },
          {
            set: {
              name: 'udp4_out',
              elem: [elem({ concat: ['unified/vigil/a', 51350, '127.0.0.1', 7778] }), elem({ concat: [1, 2] }), 'x'],
            },
          },
          { rule: {} },
        ],
      }),
      noRest,
    )
    expect(flows).toHaveLength(1)
    expect(flows[0]).toMatchObject({
      cgroup: 'unified/vigil/a',
      localPort: 51350,
      remoteAddress: '127.0.0.1',
      remotePort: 7778,
    })
    expect(flows[0] && udpPayloadBytes(flows[0])).toBe(900)
    expect(await parseNftTable('not json', noRest)).toEqual([])
  })
})

const fixtures = path.resolve('../shared/fixtures/nvidia-smi-text')
const haveFixtures = fs.existsSync(fixtures)
if (!haveFixtures && process.env.CI === 'true') throw new Error(`${fixtures} is missing: under CI these tests must run`)
if (!haveFixtures) console.warn(`LEFT OUT: nvidia-smi recordings are not at ${fixtures}`)

describe('nvidia-smi', () => {
  test('N/A in any spelling is absent, never zero', () => {
    const [gpu] = parseGpus('GPU-1, 0, NVIDIA A10, [N/A], N/A, 10, 100, [Not Supported], 40, 1410\n')
    expect(gpu).toMatchObject({
      utilPercent: undefined,
      memoryBandwidthPercent: undefined,
      memoryUsedBytes: 10_485_760,
      powerWatts: undefined,
      temperatureC: 40,
    })
  })
  test('a process named with commas stays one process', () => {
    expect(parseGpuProcesses('GPU-1, 77, python, a, b, 12\n')).toEqual([
      { gpu: 'GPU-1', pid: 77, name: 'python, a, b', memoryUsedBytes: 12_582_912 },
    ])
  })
  test.skipIf(!haveFixtures)('every recorded card and process is read', () => {
    for (const file of fs.readdirSync(fixtures)) {
      const text = fs.readFileSync(path.join(fixtures, file), 'utf8')
      const rows = text.split('\n').filter((line) => line.trim() !== '').length - 1
      if (file.endsWith('query-gpu.csv')) {
        const gpus = parseGpus(text)
        expect(gpus.length, file).toBe(rows)
        for (const gpu of gpus) expect(gpu.memoryTotalBytes, file).toBeGreaterThan(1e9)
      }
      if (file.endsWith('compute-apps.csv')) expect(parseGpuProcesses(text).length, file).toBe(rows)
    }
    const [h200] = parseGpus(fs.readFileSync(path.join(fixtures, 'h200.load.query-gpu.csv'), 'utf8'))
    expect(h200).toMatchObject({ utilPercent: 100, memoryBandwidthPercent: 7, powerWatts: 627.4, temperatureC: 52 })
  })
})
