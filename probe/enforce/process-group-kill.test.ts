// The kill without cgroups: best effort, and never at the cost of another's process.
import { afterEach, expect, test } from 'vitest'
import { know, SessionsHere } from '../cgroup-session.test-fixture.ts'
import { until } from '../fake-server.test-fixture.ts'
import { isAlive, readEveryLife } from '../observe/members.ts'
import { readStat } from '../observe/read-process.ts'
import { processGroupKill } from './process-group-kill.ts'

const here = new SessionsHere()
afterEach(() => here.end())
const startOf = (pid: number): number => readStat(pid)?.startTicks ?? 0

test('without cgroups a session of 200 processes, known only by its first, is ended, read back from /proc, and labelled best effort', async () => {
  const session = here.withoutCgroup('group')
  const pid = await here.start(session, 'bash', ['-c', 'for i in $(seq 1 199); do sleep 60 & done; wait'])
  session.main = { pid, startTicks: startOf(pid) }
  await until('200 processes', () => readEveryLife().filter(({ pgrp }) => pgrp === pid).length === 200)
  const killer = processGroupKill('No cgroup here.')
  expect(killer.can()).toMatchObject({ name: 'end', can: 'best-effort', enforcer: 'process-group-kill' })
  expect(killer.can().detail).toMatch(/cannot be undone.*No cgroup here\.$/)
  expect(killer.count(session)).toBe(200)
  const startMs = performance.now()
  killer.kill(session)
  await until('dead', () => killer.observe(session).dead, 5_000)
  console.info(`200 processes of a group dead after ${(performance.now() - startMs).toFixed(1)} ms`)
  expect(killer.observe(session)).toEqual({
    dead: true,
    observed: 'no known process is alive',
    observedFrom: '/proc/PID/stat',
    left: [],
  })
})

test('a child that made a group and a terminal session of its own is ended with its parent, and stays known when that ends first', async () => {
  const session = here.withoutCgroup('setsid')
  const pid = await here.start(session, 'bash', ['-c', 'setsid sleep 61 & wait'])
  session.main = { pid, startTicks: startOf(pid) }
  const killer = processGroupKill('')
  await until('its child left the group', () => readEveryLife().some((life) => life.ppid === pid && life.pgrp !== pid))
  const child = readEveryLife().find((life) => life.ppid === pid)
  expect(killer.observe(session).left).toHaveLength(2)
  process.kill(pid, 'SIGKILL')
  await until('its parent is gone', () => !isAlive({ pid, startTicks: session.main?.startTicks ?? 0 }))
  expect(killer.observe(session)).toMatchObject({ dead: false, left: [`sleep[${child?.pid}] is still alive`] })
  killer.kill(session)
  await until('dead', () => killer.observe(session).dead, 2_000)
})

test('a PID whose start time differs is never signalled, nor is the group of that number', async () => {
  const session = here.withoutCgroup('reused')
  const pid = await here.start(session, 'bash', ['-c', 'sleep 60 & wait'])
  await until('its child runs', () => readEveryLife().some(({ ppid }) => ppid === pid))
  const child = readEveryLife().find(({ ppid }) => ppid === pid)
  session.main = { pid, startTicks: startOf(pid) - 1 }
  know(session, child?.pid ?? 0, { startTicks: startOf(child?.pid ?? 0) - 1 })
  const killer = processGroupKill('')
  expect(killer.kill(session)).toBe('SIGKILL sent to 0 processes')
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(isAlive({ pid, startTicks: startOf(pid) })).toBe(true)
  expect(isAlive({ pid: child?.pid ?? 0, startTicks: child?.startTicks ?? 0 })).toBe(true)
  // It may be the session's after all: that is said, and is not called dead.
  expect(killer.observe(session)).toMatchObject({ dead: false, observed: 'no known process is alive' })
  expect(killer.observe(session).left[0]).toContain('cannot be shown to be the session')
})
