// Evidence of real processes: what is read, what is cut, what is told as left out.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { EvidenceItems, type EvidenceProcess } from '../../server/protocol/evidence.ts'
import { know, SessionsHere } from '../cgroup-session.test-fixture.ts'
import { until } from '../fake-server.test-fixture.ts'
import { leaveOut } from '../probe-rig.test-fixture.ts'
import { runCommand } from '../run-command.ts'
import { noRest, Turns } from '../turns.ts'
import { readCgroupPids } from './cgroup-pids.ts'
import { EvidenceTaker } from './evidence.ts'
import { splitArguments } from './evidence-process.ts'
import { type EvidenceRecord, recordsOf } from './evidence-records.ts'
import { ExeHasher } from './exe-hash.ts'
import { readNetns } from './read-process.ts'

const skip = leaveOut('evidence of a cgroup')
const here = new SessionsHere()
let folder = ''
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vigil-evidence-'))
})
afterEach(() => here.end())
afterAll(() => fs.rmSync(folder, { recursive: true }))

const taker = (more: Partial<ConstructorParameters<typeof EvidenceTaker>[0]> = {}) =>
  new EvidenceTaker({
    hostNetns: readNetns('self'),
    rest: noRest,
    hasher: new ExeHasher({ rest: noRest }),
    askGpu: () => Promise.resolve([]),
    gpuAbsent: () => undefined,
    ...more,
  })
type ItemOf<P extends EvidenceItems['part']> = Extract<EvidenceItems, { part: P }>['items'][number]
const itemsOf = <P extends EvidenceItems['part']>(records: readonly EvidenceRecord[], part: P): ItemOf<P>[] =>
  records.flatMap(({ evidence }) => (evidence.part === part ? (evidence.items as ItemOf<P>[]) : []))
const notesOf = (records: readonly EvidenceRecord[]): string => records.map(({ note }) => note ?? '').join('; ')
/** Every record is what the log accepts, and small enough to send. */
const check = (records: readonly EvidenceRecord[]): void => {
  for (const { evidence, note, omitted } of records) {
    expect(EvidenceItems.parse(evidence)).toEqual(evidence)
    expect(JSON.stringify(evidence).length).toBeLessThan(100_000)
    expect((note ?? '').length).toBeLessThanOrEqual(512)
    expect(omitted ?? 1).toBeGreaterThan(0)
  }
}

describe.skipIf(skip !== undefined)(`evidence${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`, () => {
  test('names every process of the session with its program, folder, user and open files, and only those', async () => {
    const session = here.inCgroup('whole')
    const other = here.inCgroup('other')
    await here.start(other, 'sleep', ['60'])
    const log = path.join(folder, 'agent.log')
    const pid = await here.start(session, 'bash', ['-c', `exec 7>>${log} 8</dev/null; sleep 60 & wait`], folder)
    const inner = path.join(session.cgroupFolder, 'inner')
    fs.mkdirSync(inner)
    await until('two processes', () => readCgroupPids(session.cgroupFolder).length === 2)
    const child = readCgroupPids(session.cgroupFolder).find((candidate) => candidate !== pid) ?? 0
    fs.writeFileSync(path.join(inner, 'cgroup.procs'), String(child))
    const evidence = taker()
    const taken = await evidence.take(session)
    const finished = await evidence.finish(taken)
    check([...taken.records, ...finished.records])
    const processes = itemsOf(finished.records, 'processes')
    expect(processes.map((process) => process.pid).sort()).toEqual([pid, child].sort())
    expect(processes.find((process) => process.pid === child)).toMatchObject({
      ppid: pid,
      comm: 'sleep',
      argv: ['sleep', '60'],
      exe: fs.readlinkSync(`/proc/${child}/exe`),
      exeSha256: createHash('sha256')
        .update(fs.readFileSync(`/proc/${child}/exe`))
        .digest('hex'),
      cwd: folder,
      uid: process.getuid?.(),
    })
    const files = itemsOf(taken.records, 'files')
    expect(files).toContainEqual({ pid, fd: 7, target: log })
    expect(files.some(({ fd }) => fd === 8)).toBe(false)
    expect(taken.summary).toBe('2 processes, 0 sockets, 2 open files, 0 GPU processes')
    expect(finished.summary).toBe(taken.summary)
  })

  test('of a program whose file was deleted still holds its hash, also after the freeze', async () => {
    const session = here.inCgroup('deleted')
    const copy = path.join(folder, 'innocent')
    fs.copyFileSync('/bin/sleep', copy)
    fs.appendFileSync(copy, 'different from every other')
    const sha256 = createHash('sha256').update(fs.readFileSync(copy)).digest('hex')
    await here.start(session, copy, ['60'])
    fs.rmSync(copy)
    const evidence = taker()
    const taken = await evidence.take(session)
    fs.writeFileSync(path.join(session.cgroupFolder, 'cgroup.freeze'), '1')
    const { records } = await evidence.finish(taken)
    expect(itemsOf(records, 'processes')).toMatchObject([{ exe: copy, exeDeleted: true, exeSha256: sha256 }])
  })

  test('keeps control characters and foreign letters of arguments as data, and cuts what is too long or too many', async () => {
    const session = here.inCgroup('argv')
    const ugly = [
      '\u001b[2Jcleared',
      'zwei\nzeilen',
      '💥',
      'x'.repeat(5_000),
      ...Array.from({ length: 300 }, () => 'y'),
    ]
    const pid = await here.start(session, 'sh', ['-c', 'sleep 60 & wait', ...ugly])
    const evidence = taker()
    const { records } = await evidence.finish(await evidence.take(session))
    check(records)
    const argv = itemsOf(records, 'processes').find((process) => process.pid === pid)?.argv ?? []
    expect(argv.slice(3, 6)).toEqual(ugly.slice(0, 3))
    expect(argv[6]).toMatch(/^x+… \[\d+ more characters cut\]$/)
    expect(argv).toHaveLength(64)
    expect(argv[63]).toBe('… [244 more arguments cut]')
  })

  test('lists sockets of the session with their process, in its own network namespace too, and no one else’s', async () => {
    const session = here.inCgroup('sockets')
    const server = net.createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as net.AddressInfo
    const pid = await here.start(session, 'bash', ['-c', `exec 5<>/dev/tcp/127.0.0.1/${port}; sleep 60 & wait`])
    const script = "require('net').createServer().listen(4444, '127.0.0.1')"
    await here.start(session, 'unshare', ['-n', process.execPath, '-e', script])
    const evidence = taker()
    let sockets = itemsOf((await evidence.take(session)).records, 'sockets')
    const untilMs = performance.now() + 5_000
    const isThere = (state: string) => sockets.some((socket) => socket.state === state && socket.pid !== undefined)
    // A program that is just being started holds nothing yet, or holds it for the one before it.
    while (!(isThere('ESTAB') && isThere('LISTEN')) && performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      sockets = itemsOf((await evidence.take(session)).records, 'sockets')
    }
    server.close()
    expect(sockets.map((socket) => [socket.state, socket.local.port, socket.remote.port])).toEqual(
      expect.arrayContaining([
        ['ESTAB', expect.any(Number), port],
        ['LISTEN', 4444, 0],
      ]),
    )
    expect(sockets).toHaveLength(2)
    const connected = sockets.find(({ state }) => state === 'ESTAB')
    expect(connected).toMatchObject({ protocol: 'tcp', remote: { address: '127.0.0.1', port } })
    expect(readCgroupPids(session.cgroupFolder)).toContain(connected?.pid)
    expect(pid).toBeGreaterThan(0)
    expect(sockets.find(({ state }) => state === 'LISTEN')).toMatchObject({ local: { port: 4444 }, comm: 'node' })
  })

  test('of 200 sessions taken at once asks ss no more than twice, and each holds its own process', async () => {
    const sessions = Array.from({ length: 200 }, (_, i) => here.inCgroup(`crowd${i}`))
    await Promise.all(sessions.map((session) => here.start(session, 'sleep', ['60'])))
    let runs = 0
    const turns = new Turns()
    const evidence = taker({
      rest: () => turns.rest(),
      run: (...args) => {
        runs += 1
        return runCommand(...args)
      },
    })
    const startMs = performance.now()
    const taken = await Promise.all(sessions.map((session) => evidence.take(session)))
    const takenMs = performance.now() - startMs
    const finished = await Promise.all(taken.map((one) => evidence.finish(one)))
    console.info(
      `200 sessions: taken in ${takenMs.toFixed(0)} ms, finished in ${(performance.now() - startMs - takenMs).toFixed(0)} ms, ss run ${runs} times`,
    )
    expect(runs).toBeLessThanOrEqual(2)
    for (const { records, summary } of finished) {
      check(records)
      expect(itemsOf(records, 'processes')).toHaveLength(1)
      expect(summary).toMatch(/^1 process, 0 sockets, \d+ open files?, 0 GPU processes$/)
    }
  })

  test('of 200 processes is read within its bound, resting, and in records small enough to send', async () => {
    const session = here.inCgroup('many')
    await here.start(session, 'bash', ['-c', 'for i in $(seq 1 199); do sleep 60 & done; wait'])
    await until('200 processes', () => readCgroupPids(session.cgroupFolder).length === 200)
    const turns = new Turns()
    let longestMs = 0
    let lastMs = performance.now()
    const timer = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - lastMs - 1)
      lastMs = performance.now()
    }, 1)
    const hasher = new ExeHasher({ rest: () => turns.rest() })
    const evidence = taker({ rest: () => turns.rest(), hasher })
    const taken = await evidence.take(session)
    const finished = await evidence.finish(taken)
    clearInterval(timer)
    console.info(
      `200 processes: taken in ${taken.tookMs.toFixed(0)} ms, finished in ${finished.tookMs.toFixed(0)} ms, longest hold ${longestMs.toFixed(0)} ms, ${taken.summary}`,
    )
    check([...taken.records, ...finished.records])
    expect(taken.tookMs).toBeLessThan(1_000)
    expect(itemsOf(finished.records, 'processes')).toHaveLength(200)
    expect(itemsOf(finished.records, 'processes').every(({ exeSha256 }) => exeSha256?.length === 64)).toBe(true)
    expect(finished.records.filter(({ evidence: { part } }) => part === 'processes').length).toBeGreaterThan(1)
    expect(hasher.filesRead).toBe(2)
  })

  test('cut short by its bound goes on in the second phase, and says so', async () => {
    const session = here.inCgroup('short')
    await here.start(session, 'bash', ['-c', 'for i in $(seq 1 19); do sleep 60 & done; wait'])
    await until('20 processes', () => readCgroupPids(session.cgroupFolder).length === 20)
    const evidence = taker({ deadlineMs: 0, askGpu: () => new Promise((resolve) => setTimeout(() => resolve([]), 50)) })
    const taken = await evidence.take(session)
    expect(taken.summary).toBe('20 processes, 0 sockets, 0 open files, GPU processes not known')
    expect(itemsOf(taken.records, 'files')).toEqual([])
    const { records, summary } = await evidence.finish(taken)
    expect(itemsOf(records, 'processes')).toHaveLength(20)
    expect(notesOf(records)).toContain('20 processes were read in the second phase')
    // A program that is just being loaded has a file open for a moment.
    expect(summary).toMatch(/^20 processes, 0 sockets, \d+ open files?, 0 GPU processes$/)
  })

  test('a process that becomes another program between the phases is told as that program, with that hash', async () => {
    const session = here.inCgroup('changed')
    const go = path.join(folder, 'go')
    const pid = await here.start(session, 'bash', ['-c', `until [ -e ${go} ]; do :; done; exec sleep 60`])
    const evidence = taker()
    const taken = await evidence.take(session)
    fs.writeFileSync(go, '')
    await until('it is another program', () => fs.readlinkSync(`/proc/${pid}/exe`).endsWith('sleep'))
    const { records } = await evidence.finish(taken)
    const exeSha256 = createHash('sha256')
      .update(fs.readFileSync(`/proc/${pid}/exe`))
      .digest('hex')
    expect(itemsOf(records, 'processes')).toMatchObject([{ pid, comm: 'sleep', argv: ['sleep', '60'], exeSha256 }])
  })

  test('includes a process that left the cgroup, marked so, and leaves out one that is gone or whose PID is another’s', async () => {
    const session = here.inCgroup('left')
    const [stays, leaves, dies] = [
      await here.start(session, 'sleep', ['61']),
      await here.start(session, 'sleep', ['62']),
      await here.start(session, 'sleep', ['63']),
    ]
    for (const pid of [leaves, dies]) know(session, pid)
    know(session, process.pid, { startTicks: 1, escaped: true })
    fs.writeFileSync(path.resolve(session.cgroupFolder, '../../cgroup.procs'), String(leaves))
    process.kill(dies, 'SIGKILL')
    await until(
      'it is gone',
      () => !fs.existsSync(`/proc/${dies}`) || readCgroupPids(session.cgroupFolder).length === 1,
    )
    const evidence = taker()
    const { records } = await evidence.finish(await evidence.take(session))
    const found = itemsOf(records, 'processes').map(({ pid, escaped }) => [pid, escaped === true])
    expect(found).toEqual([
      [leaves, true],
      [stays, false],
    ])
    process.kill(leaves, 'SIGKILL')
  })

  test('a process with more open files than are looked at is told by number', async () => {
    const session = here.inCgroup('fds')
    const script = `const fs = require('fs')
for (let i = 0; i < 5000; i++) fs.openSync('/etc/hostname', 'r')
fs.writeFileSync('${folder}/opened', '1'); setTimeout(() => {}, 60000)`
    await here.start(session, process.execPath, ['-e', script])
    await until('5000 files are open', () => fs.existsSync(`${folder}/opened`))
    const evidence = taker()
    const taken = await evidence.take(session)
    check(taken.records)
    expect(itemsOf(taken.records, 'files')).toHaveLength(2_000)
    const omitted = taken.records.find(({ evidence: { part } }) => part === 'files')?.omitted ?? 0
    expect(omitted).toBeGreaterThanOrEqual(2_000)
    console.info(`5000 open files: taken in ${taken.tookMs.toFixed(0)} ms, ${omitted} omitted`)
  })

  test('what ss or nvidia-smi does not answer is said to be unknown, never to be none', async () => {
    const session = here.inCgroup('unknown')
    await here.start(session, 'sleep', ['60'])
    const evidence = taker({
      run: () => Promise.resolve({ ok: false, reason: 'ss is not installed', missing: true }),
      askGpu: () => Promise.resolve({ problem: 'the driver does not answer' }),
    })
    const taken = await evidence.take(session)
    expect(taken.summary).toBe('1 process, sockets not known, 0 open files, GPU processes not known')
    expect(notesOf(taken.records)).toContain('sockets cannot be read: ss is not installed')
    expect(notesOf(taken.records)).toContain('GPU processes are not known: the driver does not answer')
  })

  test('of a session without processes is empty and says so', async () => {
    const evidence = taker({ gpuAbsent: () => 'no GPU here: nvidia-smi is not installed' })
    const taken = await evidence.take(here.inCgroup('empty'))
    const { records, summary } = await evidence.finish(taken)
    check([...taken.records, ...records])
    expect(summary).toBe('0 processes, 0 sockets, 0 open files, no GPU to ask')
    expect(notesOf(taken.records)).toContain('no GPU here')
  })
})

test('whatever the arguments of processes are, every record is what the log accepts', () => {
  const argv = fc.array(fc.oneof(fc.string({ unit: 'binary', maxLength: 700 }), fc.string({ maxLength: 20 })), {
    maxLength: 90,
  })
  fc.assert(
    fc.property(fc.array(argv, { maxLength: 30 }), fc.boolean(), (lines, cut) => {
      const processes = lines.map(
        (words, i): EvidenceProcess => ({
          pid: i + 1,
          ppid: 0,
          startTicks: i,
          state: 'S',
          comm: 'x',
          argv: splitArguments(words.map((word) => `${word.replaceAll('\0', '')}\0`).join(''), cut),
        }),
      )
      const records = recordsOf('processes', processes, { omitted: 3, notes: ['n'.repeat(900)] })
      check(records)
      expect(itemsOf(records, 'processes')).toEqual(processes)
      expect(records.map(({ omitted }) => omitted ?? 0).reduce((a, b) => a + b)).toBe(3)
    }),
    { numRuns: 60 },
  )
})
