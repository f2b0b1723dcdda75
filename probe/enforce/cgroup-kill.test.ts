// The kill, with real processes in real cgroups: what forks, what is frozen, what is many, what has left.
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { know, SessionsHere } from '../cgroup-session.test-fixture.ts'
import { until } from '../fake-server.test-fixture.ts'
import { readCgroupPids } from '../observe/cgroup-pids.ts'
import { isAlive } from '../observe/members.ts'
import { readStat } from '../observe/read-process.ts'
import { finding, leaveOut } from '../probe-rig.test-fixture.ts'
import { cgroupKill } from './cgroup-kill.ts'

const skip = leaveOut('the kill of a cgroup')
const home = finding.ok ? finding.home.folder : '/nowhere'

describe.skipIf(skip !== undefined)(`ending a cgroup${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`, () => {
  const here = new SessionsHere()
  const outsiders: ChildProcess[] = []
  afterEach(async () => {
    for (const child of outsiders.splice(0)) child.kill('SIGKILL')
    await here.end()
  })
  const pidOf = (file: string): number => Number(fs.readFileSync(file, 'utf8'))

  test('ends a relay of processes that fork and exit, and says dead only when the cgroup reads populated 0', async () => {
    const session = here.inCgroup('relay')
    const killer = cgroupKill(home)
    await here.start(session, 'bash', ['-c', 'relay() { relay & }; export -f relay; relay; while :; do (: &) ; done'])
    await until('it forks', () => readCgroupPids(session.cgroupFolder).length > 0)
    expect(killer.observe(session)).toMatchObject({ dead: false, observed: 'populated 1' })
    expect(killer.count(session)).toBeGreaterThan(0)
    const startMs = performance.now()
    expect(killer.kill(session)).toBe(`1 written to ${session.cgroupFolder}/cgroup.kill`)
    await until('dead', () => killer.observe(session).dead, 2_000)
    console.info(`relay dead after ${(performance.now() - startMs).toFixed(1)} ms`)
    expect(killer.observe(session)).toEqual({
      dead: true,
      observed: 'populated 0',
      observedFrom: `${session.cgroupFolder}/cgroup.events`,
      left: [],
    })
    expect(killer.count(session)).toBe(0)
  })

  test('ends a frozen cgroup without thawing it', async () => {
    const session = here.inCgroup('frozen')
    const killer = cgroupKill(home)
    await here.start(session, 'sleep', ['60'])
    fs.writeFileSync(path.join(session.cgroupFolder, 'cgroup.freeze'), '1')
    const events = (): string => fs.readFileSync(path.join(session.cgroupFolder, 'cgroup.events'), 'utf8')
    await until('frozen', () => events().includes('frozen 1'))
    killer.kill(session)
    await until('dead', () => killer.observe(session).dead, 2_000)
    expect(fs.readFileSync(path.join(session.cgroupFolder, 'cgroup.freeze'), 'utf8').trim()).toBe('1')
  })

  test('ends a tree of 200 processes, those in a cgroup below its own included', async () => {
    const session = here.inCgroup('many')
    const killer = cgroupKill(home)
    const inner = path.join(session.cgroupFolder, 'inner')
    fs.mkdirSync(inner)
    await here.start(session, 'bash', [
      '-c',
      `for i in $(seq 1 99); do sleep 60 & done; (echo $BASHPID >${inner}/cgroup.procs; for i in $(seq 1 99); do sleep 60 & done; wait) & wait`,
    ])
    await until('200 processes', () => readCgroupPids(session.cgroupFolder).length >= 200)
    const startMs = performance.now()
    killer.kill(session)
    await until('dead', () => killer.observe(session).dead, 5_000)
    console.info(`200 processes dead after ${(performance.now() - startMs).toFixed(1)} ms`)
    expect(readCgroupPids(session.cgroupFolder)).toEqual([])
  })

  test('of a cgroup that is gone is dead, and a repeat is harmless', () => {
    const session = here.inCgroup('gone')
    fs.rmdirSync(session.cgroupFolder)
    const killer = cgroupKill(home)
    expect(killer.kill(session)).toBe(`${session.cgroupFolder} is gone`)
    expect(killer.kill(session)).toBe(`${session.cgroupFolder} is gone`)
    expect(killer.observe(session)).toMatchObject({ dead: true, observed: 'cgroup is gone', left: [] })
  })

  test('also ends a process that left the cgroup, and the child it has there, and is not dead while they live', async () => {
    const session = here.inCgroup('escaped')
    const killer = cgroupKill(home)
    const note = path.join(fs.mkdtempSync('/tmp/vigil-kill-'), 'child')
    const pid = await here.start(session, 'bash', ['-c', `sleep 1; sleep 60 & echo $! >${note}; wait`])
    know(session, pid)
    const outer = path.resolve(session.cgroupFolder, '../..')
    fs.writeFileSync(path.join(outer, 'cgroup.procs'), String(pid))
    await until('its child is born outside', () => fs.existsSync(note) && fs.readFileSync(note, 'utf8') !== '')
    const child = { pid: pidOf(note), startTicks: readStat(pidOf(note))?.startTicks ?? 0 }
    expect(killer.observe(session)).toMatchObject({
      dead: false,
      observed: 'populated 0, 1 process outside it alive',
      left: [`bash[${pid}] left the cgroup and is still alive`],
    })
    expect(killer.kill(session)).toContain('SIGKILL sent to 2 processes outside it')
    await until('dead', () => killer.observe(session).dead, 2_000)
    expect(isAlive(child)).toBe(false)
    fs.rmSync(path.dirname(note), { recursive: true })
  })

  test('never signals a PID whose start time differs', async () => {
    const session = here.inCgroup('other')
    const child = spawn('sleep', ['60'], { stdio: 'ignore' })
    outsiders.push(child)
    const pid = child.pid ?? 0
    const startTicks = readStat(pid)?.startTicks ?? 0
    know(session, pid, { startTicks: startTicks - 1, escaped: true })
    session.main = { pid, startTicks: startTicks + 1 }
    const killer = cgroupKill(home)
    killer.kill(session)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(isAlive({ pid, startTicks })).toBe(true)
    expect(killer.observe(session)).toMatchObject({ dead: true, left: [] })
  })

  test('sees a process outside whose first thread has ended while another runs on, and ends it', async () => {
    const session = here.inCgroup('leaderless')
    const script = `import threading,time,ctypes,platform
threading.Thread(target=lambda: time.sleep(60)).start()
ctypes.CDLL(None).syscall(60 if platform.machine()=='x86_64' else 93, 0)`
    const child = spawn('python3', ['-c', script], { stdio: 'ignore' })
    outsiders.push(child)
    const failed = new Promise<boolean>((resolve) => child.once('error', () => resolve(true)))
    const pid = child.pid ?? 0
    if (pid === 0 && (await failed)) return console.warn('LEFT OUT: a process without its first thread (needs python3)')
    await until('its first thread ends', () => readStat(pid)?.state === 'Z')
    know(session, pid, { escaped: true })
    const killer = cgroupKill(home)
    expect(killer.observe(session).dead).toBe(false)
    killer.kill(session)
    await until('dead', () => killer.observe(session).dead, 2_000)
  })
})

test('a kernel without cgroup.kill is said before anyone clicks, and what can be done is said to be final', () => {
  expect(cgroupKill('/nowhere').can()).toMatchObject({ name: 'end', can: 'no', enforcer: '' })
  if (finding.ok) expect(cgroupKill(home).can()).toMatchObject({ name: 'end', can: 'proven', enforcer: 'cgroup-kill' })
  if (finding.ok) expect(cgroupKill(home).can().detail).toContain('cannot be undone')
})
