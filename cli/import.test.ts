// `vigil import` against a real server: files, gzip, a tail through rotation and truncation, a scrape, and what a person is told.
import { appendFile, mkdtemp, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JobView } from '../server/protocol/job.ts'
import type { SourceView } from '../server/protocol/source-view.ts'
import { suricataEve } from '../server/sources/suricata-eve.ts'
import { startForTest, type TestServer, testKey } from '../server/start-for-test.ts'
import { type ImportOptions, importAll } from './import.ts'
import { followOne } from './import-follow.ts'
import { progressLine } from './import-progress.ts'

let server: TestServer
let folder: string
beforeAll(async () => {
  server = await startForTest()
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-import-'))
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const reach = () => ({ url: server.url, key: testKey })
const line = (n: number) =>
  `${JSON.stringify({
    timestamp: new Date(1_795_000_000_000 + n * 1_000).toISOString().replace('Z', '+0000'),
    event_type: 'flow',
    flow_id: n,
    src_ip: '192.0.2.1',
    src_port: 1_024 + (n % 60_000),
    dest_ip: '198.51.100.1',
    dest_port: 443,
    proto: 'TCP',
  })}\n`
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => line(from + n)).join('')

async function run(files: string[], options: Partial<ImportOptions>) {
  const said = { out: '', explained: '' }
  const code = await importAll(files, { format: 'suricata-eve', ...options }, reach, {
    out: (text) => {
      said.out += text
    },
    explain: (text) => {
      said.explained += text
    },
    isTerminal: false,
    stateFolder: path.join(folder, 'state'),
  })
  return { code, ...said }
}

const source = async (id: string) =>
  ((await (await server.api('/api/sources')).json()) as { sources: SourceView[] }).sources.find(
    (each) => each.id === id,
  )
const until = async (is: () => Promise<boolean>) => {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await is()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it did not happen within 10 s')
}

describe('files', () => {
  it('are read whole in batches, told with every reason, and change nothing when they are read again', async () => {
    const file = path.join(folder, 'eve.json')
    await writeFile(file, `${lines(0, 9_000)}{"half": \n${lines(9_000, 9_010)}`)
    const first = await run([file], { source: 'files', json: true })
    expect(first.code).toBe(0)
    expect(JSON.parse(first.out)).toMatchObject({
      records: 9_011,
      events: 9_010,
      accepted: 9_010,
      duplicates: 0,
      notAdmitted: 0,
    })
    const again = await run([file], { source: 'files' })
    expect(again.out).toContain('9,011 records = 9,010 understood + 0 skipped + 1 refused')
    expect(again.out).toContain('in the log: 0 new, 9,010 known before')
    expect(again.out).toMatch(/refused 1 × .+, first "\{/)
    expect(await source('suricata-eve/files')).toMatchObject({
      records: 18_022,
      events: 18_020,
      duplicates: 9_010,
      refused: 2,
    })
  })

  it('may be gzip, whatever they are called, and their format may be looked at', async () => {
    const file = path.join(folder, 'zipped.log')
    await writeFile(file, gzipSync(lines(20_000, 20_050)))
    const { out } = await run([file], { format: 'auto', source: 'zipped', json: true })
    expect(JSON.parse(out)).toMatchObject({ format: 'suricata-eve', events: 50, accepted: 50 })
  })

  it('that cannot be read, or are of no known format, cost themselves and not the others', async () => {
    const odd = path.join(folder, 'odd.txt')
    await writeFile(odd, 'dear diary\n')
    const good = path.join(folder, 'good.json')
    await writeFile(good, lines(30_000, 30_003))
    const { code, out, explained } = await run([path.join(folder, 'none'), odd, good], {
      format: 'auto',
      source: 'odd',
    })
    expect(code).toBe(1)
    expect(explained).toContain('no such file')
    expect(explained).toContain('odd.txt: no known format: name one with --format')
    expect(out).toContain('3 events')
  })

  describe('that take more than one batch', () => {
    const jobs = async () =>
      ((await (await server.api('/api/jobs')).json()) as { jobs: JobView[] }).jobs.filter(
        ({ kind }) => kind === 'import',
      )

    it('stand in the list of long work with what was read of them, and end there as they ended', async () => {
      const before = (await jobs()).length
      const file = path.join(folder, 'long.json')
      await writeFile(file, lines(200_000, 210_000))
      await run([file], { source: 'long' })
      const { size } = await stat(file)
      expect((await jobs())[0]).toMatchObject({
        title: 'Import of long.json as suricata-eve/long',
        state: 'done',
        done: size,
        of: size,
        unit: 'bytes',
        result: { href: '/sources' },
      })
      const short = path.join(folder, 'short.json')
      await writeFile(short, lines(210_000, 210_010))
      await run([short], { source: 'long' })
      expect(await jobs()).toHaveLength(before + 1)

      const broken = path.join(folder, 'broken.gz')
      await writeFile(broken, gzipSync(lines(0, 12_000)).subarray(0, -500))
      expect(await run([broken], { source: 'long' })).toMatchObject({ code: 1 })
      expect((await jobs())[0]).toMatchObject({ state: 'failed', problem: expect.stringContaining('broken gzip') })
    })

    it('end when a person cancels them in the console: what was sent stays, nothing more is taken, and both are told', async () => {
      const file = path.join(folder, 'cancelled.json')
      await writeFile(file, lines(300_000, 330_000))
      const running = run([file], { source: 'cancelled' })
      const isRunning = async () => (await jobs())[0]?.title.includes('cancelled.json') === true
      await until(isRunning)
      const id = (await jobs())[0]?.id ?? ''
      expect((await server.api(`/api/jobs/${id}`, { method: 'DELETE' })).status).toBe(202)
      const { code, explained } = await running
      expect([code, explained]).toEqual([1, expect.stringContaining('was cancelled in the console')])
      const job = (await jobs())[0]
      expect(job).toMatchObject({ id, state: 'cancelled' })
      expect(job?.done).toBeLessThan(job?.of ?? 0)
      expect((await source('suricata-eve/cancelled'))?.records).toBeLessThan(30_000)
    })
  })

  it('with --dry-run are only counted', async () => {
    const file = path.join(folder, 'dry.json')
    await writeFile(file, lines(40_000, 40_010))
    const { out } = await run([file], { dryRun: true, source: 'dry', json: true })
    expect(JSON.parse(out)).toMatchObject({ records: 10, events: 10 })
    expect(await source('suricata-eve/dry')).toBeUndefined()
  })
})

describe('a file that is followed', () => {
  it('is read on through half lines, rotation, truncation and a restart, each record once', async () => {
    const file = path.join(folder, 'tail.json')
    const follow = (signal: AbortSignal) =>
      followOne(
        file,
        suricataEve,
        { nowMs: Date.now() },
        { format: 'suricata-eve', source: 'tail' },
        reach(),
        {
          explain: () => undefined,
          stateFolder: path.join(folder, 'tail-state'),
        },
        signal,
      )
    const events = async () => {
      const known = await source('suricata-eve/tail')
      return (known?.events ?? 0) - (known?.duplicates ?? 0)
    }
    await writeFile(file, lines(50_000, 50_010))
    let stop = new AbortController()
    let following = follow(stop.signal)
    await until(async () => (await events()) === 10)

    // A line that comes in two pieces is one record.
    const cut = line(50_010)
    await appendFile(file, cut.slice(0, 40))
    await new Promise((resolve) => setTimeout(resolve, 400))
    await appendFile(file, cut.slice(40))
    await until(async () => (await events()) === 11)

    // Rotated away with something written at the last moment, and a new file under the old name.
    await appendFile(file, line(50_011))
    await rename(file, `${file}.1`)
    await writeFile(file, lines(50_012, 50_015))
    await until(async () => (await events()) === 15)

    // Copied and truncated, as logrotate's copytruncate does.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    await truncate(file, 0)
    await new Promise((resolve) => setTimeout(resolve, 600))
    await appendFile(file, lines(50_015, 50_017))
    await until(async () => (await events()) === 17)

    await new Promise((resolve) => setTimeout(resolve, 1_500))
    stop.abort()
    await following
    await appendFile(file, lines(50_017, 50_020))
    const before = await source('suricata-eve/tail')
    stop = new AbortController()
    following = follow(stop.signal)
    await until(async () => (await events()) === 20)
    const after = await source('suricata-eve/tail')
    // It went on where it was: nothing was read a second time.
    expect((after?.records ?? 0) - (before?.records ?? 0)).toBe(3)
    stop.abort()
    await following
    expect(after?.refused).toBe(0)
  }, 60_000)
})

describe('a scrape', () => {
  it('of an exporter that does not answer is told in a line, and one that answers no metrics in another', async () => {
    const exporter = createServer((_request, response) => response.end('# HELP x y\n')).listen(0, '127.0.0.1')
    await new Promise((resolve) => exporter.once('listening', resolve))
    const { port } = exporter.address() as AddressInfo
    const { code, explained } = await run([], {
      format: 'suricata-eve',
      scrape: [`http://127.0.0.1:${port}/metrics`, 'http://127.0.0.1:1/metrics'],
      once: true,
    })
    exporter.close()
    expect(code).toBe(1)
    expect(explained).toContain('http://127.0.0.1:1/metrics: ')
  })
})

it('shows how far a long reading is', () => {
  const input = { fileName: 'eve.json', sizeBytes: 1_000_000_000, readBytes: () => 250_000_000 }
  expect(progressLine(input, 400_000, 10_000)).toBe(
    'eve.json  ██████░░░░░░░░░░░░░░░░░░ 25 %  40,000 records/s, 25.0 MB/s, 30 s left',
  )
})
