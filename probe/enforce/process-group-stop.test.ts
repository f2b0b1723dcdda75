import { type ChildProcess, spawn } from 'node:child_process'
import { afterEach, expect, test } from 'vitest'
import { SessionId } from '../../server/protocol/ids.ts'
import { until } from '../fake-server.test-fixture.ts'
import { observeProcesses } from '../observe/processes.ts'
import { readStat } from '../observe/read-process.ts'
import { applyToSession, newSession } from '../session.ts'
import { noRest } from '../turns.ts'
import { processGroupStop } from './process-group-stop.ts'

const children: ChildProcess[] = []
afterEach(() => {
  for (const { pid } of children.splice(0)) if (pid !== undefined) process.kill(-pid, 'SIGKILL')
})

test('without cgroups a session is stopped and continued by signals, read back from /proc, and labelled best effort', async () => {
  const child = spawn('bash', ['-c', 'sleep 30 & wait'], { detached: true, stdio: 'ignore' })
  children.push(child)
  const pid = child.pid ?? 0
  const session = newSession({
    id: SessionId.parse('group'),
    held: 'process-group',
    cgroupFolder: undefined,
    cgroupPath: undefined,
    bootId: 'b',
    openedAtMs: Date.now(),
  })
  session.started = true
  session.main = { pid, startTicks: readStat(pid)?.startTicks ?? 0 }
  const look = () =>
    observeProcesses([session], (fact) => applyToSession(session, { v: 1, atMs: Date.now(), ...fact } as never), noRest)
  await until('both processes are known', () => {
    void look()
    return session.processes.size === 2
  })
  const stop = processGroupStop('No cgroup here.')
  expect(stop.can()).toMatchObject({ can: 'best-effort' })
  expect(stop.observe(session).restricted).toBe(false)
  stop.apply(session)
  await until('all read T', () => stop.observe(session).restricted === true)
  expect(stop.observe(session).observed).toBe('2 of 2 known processes read T')
  stop.revert(session)
  await until('all run', () => stop.observe(session).restricted === false)
})

test('a PID whose start time differs is never signalled', async () => {
  const child = spawn('sleep', ['30'], { detached: true, stdio: 'ignore' })
  children.push(child)
  const pid = child.pid ?? 0
  const session = newSession({
    id: SessionId.parse('other'),
    held: 'process-group',
    cgroupFolder: undefined,
    cgroupPath: undefined,
    bootId: 'b',
    openedAtMs: 0,
  })
  session.main = { pid, startTicks: (readStat(pid)?.startTicks ?? 0) + 1 }
  processGroupStop('').apply(session)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(readStat(pid)?.state).not.toBe('T')
  expect(processGroupStop('').observe(session).empty).toBe(true)
})
