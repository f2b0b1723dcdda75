import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SessionId } from '../../server/protocol/ids.ts'
import type { KnownConnection, KnownProcess } from '../session.ts'
import { newSession } from '../session.ts'
import { diffConnections, isConnection } from './connection-diff.ts'
import type { Stat } from './parse-proc.ts'
import type { SocketLine } from './parse-ss.ts'
import { diffProcesses } from './process-diff.ts'
import { processGroupMembers } from './processes.ts'
import type { ProcessReading } from './read-process.ts'
import { type SynSeen, shortConnections } from './short-connections.ts'

const reading = (pid: number, startTicks: number, argv = ['a']): ProcessReading => ({
  pid,
  ppid: 1,
  startTicks,
  comm: 'a',
  exe: '/a',
  argv,
  uid: 0,
  netns: 1,
})
const knownProcess = (pid: number, startTicks: number, commandLine = 'a', escaped = false): KnownProcess => ({
  pid,
  ppid: 1,
  startTicks,
  comm: 'a',
  exe: '/a',
  commandLine,
  escaped,
  seenAtMs: 0,
  checkedAtMs: 0,
  netns: 1,
})
const socket = (over: Partial<SocketLine> = {}): SocketLine => ({
  protocol: 'tcp',
  state: 'ESTAB',
  local: { address: '127.0.0.1', port: 1000 },
  remote: { address: '127.0.0.1', port: 80 },
  inode: 1,
  cookie: '1',
  cgroup: '/vigil/a',
  bytesOut: 0,
  bytesIn: 0,
  ...over,
})

describe('processes', () => {
  test('a reused PID is an exit and a new start, not a change of program', () => {
    const changes = diffProcesses(new Map([[5, knownProcess(5, 10)]]), {
      present: new Map([[5, reading(5, 11)]]),
      absent: new Map(),
    })
    expect(changes.map(({ type }) => type)).toEqual(['exited', 'started'])
  })
  test('a process alive outside its cgroup has escaped, and is told once', () => {
    const absent = new Map([[5, { startTicks: 10, cgroup: '/elsewhere' }]])
    expect(diffProcesses(new Map([[5, knownProcess(5, 10)]]), { present: new Map(), absent })).toEqual([
      { type: 'escaped', pid: 5, startTicks: 10, cgroup: '/elsewhere' },
    ])
    expect(diffProcesses(new Map([[5, knownProcess(5, 10, 'a', true)]]), { present: new Map(), absent })).toEqual([])
  })
  test('arguments that read empty during execve are no change', () => {
    const known = new Map([[5, knownProcess(5, 10)]])
    expect(diffProcesses(known, { present: new Map([[5, reading(5, 10, [])]]), absent: new Map() })).toEqual([])
    expect(diffProcesses(known, { present: new Map([[5, reading(5, 10, ['b'])]]), absent: new Map() })[0]?.type).toBe(
      'executed',
    )
  })
  test('never starts a process twice without an exit between, whatever is seen in which order', () => {
    const world = fc.dictionary(fc.constantFrom('1', '2', '3'), fc.integer({ min: 1, max: 3 }))
    fc.assert(
      fc.property(fc.array(world, { maxLength: 12 }), (worlds) => {
        const known = new Map<number, KnownProcess>()
        const alive = new Set<string>()
        for (const seen of worlds) {
          const present = new Map(
            Object.entries(seen).map(([pid, ticks]) => [Number(pid), reading(Number(pid), ticks)]),
          )
          const absent = new Map(
            [...known.keys()].filter((pid) => !present.has(pid)).map((pid) => [pid, 'gone' as const]),
          )
          for (const change of diffProcesses(known, { present, absent })) {
            if (change.type === 'started') {
              const key = `${change.reading.pid} ${change.reading.startTicks}`
              expect([...alive].some((other) => other.startsWith(`${change.reading.pid} `))).toBe(false)
              alive.add(key)
              known.set(change.reading.pid, knownProcess(change.reading.pid, change.reading.startTicks))
            } else if (change.type === 'exited') {
              expect(alive.delete(`${change.pid} ${change.startTicks}`)).toBe(true)
              known.delete(change.pid)
            }
          }
          expect(alive.size).toBe(present.size)
        }
      }),
    )
  })
  test('without a cgroup a session is its group and every descendant, and never an older process of the same group', () => {
    const session = newSession({
      id: SessionId.parse('s'),
      held: 'process-group',
      cgroupFolder: undefined,
      cgroupPath: undefined,
      bootId: 'b',
      openedAtMs: 0,
    })
    session.main = { pid: 10, startTicks: 100 }
    const stat = (pid: number, ppid: number, pgrp: number, startTicks: number, state = 'S'): Stat => ({
      pid,
      ppid,
      pgrp,
      sid: pgrp,
      startTicks,
      state,
      comm: '',
      threads: 1,
      rssPages: 0,
    })
    const stats = [
      stat(10, 1, 10, 100),
      stat(11, 10, 11, 101),
      stat(12, 11, 12, 102),
      stat(13, 1, 10, 99),
      stat(14, 1, 10, 105, 'Z'),
      stat(15, 1, 15, 200),
    ]
    expect(processGroupMembers(session, stats).sort()).toEqual([10, 11, 12])
  })
})

describe('connections', () => {
  test('listening and finished sockets are no connections; an unconnected UDP socket is one only where flows are not counted', () => {
    expect(isConnection(socket({ state: 'LISTEN', remote: { address: '0.0.0.0', port: 0 } }), true)).toBe(false)
    expect(isConnection(socket({ state: 'TIME-WAIT' }), true)).toBe(false)
    const udp = socket({ protocol: 'udp', state: 'UNCONN', remote: { address: '0.0.0.0', port: 0 } })
    expect([isConnection(udp, true), isConnection(udp, false)]).toEqual([false, true])
  })
  test('never opens a connection twice without a close between, whatever the kernel lists', () => {
    const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'))
    fc.assert(
      fc.property(fc.array(ids, { maxLength: 20 }), fc.integer({ min: 1, max: 3 }), (lists, missingMax) => {
        const known = new Map<string, KnownConnection>()
        for (const list of lists) {
          const diff = diffConnections(
            known.values(),
            list.map((id) => ({ id, socket: socket() })),
            missingMax,
          )
          for (const before of known.values()) before.missing = list.includes(before.id as 'a') ? 0 : before.missing + 1
          for (const { id } of diff.closed) expect(known.delete(id)).toBe(true)
          for (const { id } of diff.opened) {
            expect(known.has(id)).toBe(false)
            known.set(id, {
              id,
              protocol: 'tcp',
              localPort: 1,
              remoteAddress: '',
              remotePort: 1,
              openedAtMs: 0,
              state: '',
              pid: undefined,
              bytesOut: 0,
              bytesIn: 0,
              missing: 0,
            })
          }
          for (const id of list) expect(known.has(id)).toBe(true)
        }
      }),
    )
  })
  test('an opening that never showed as a connection is told once, with its final bytes when the kernel announced them', () => {
    const memory = new Map<string, SynSeen>()
    const syn = {
      key: 'k',
      packets: 1,
      ip: { localPort: 1000, remoteAddress: '127.0.0.1', remotePort: 80 },
      open: false,
      hurry: false,
    }
    expect(shortConnections([syn], memory, [], 1_000)).toEqual([])
    expect(shortConnections([syn], memory, [socket({ bytesOut: 3 })], 1_100)).toMatchObject([
      { key: 'k', sinceMs: 1_000, final: { bytesOut: 3 } },
    ])
    expect(shortConnections([syn], memory, [socket({ bytesOut: 3 })], 5_000)).toEqual([])
    expect(shortConnections([{ ...syn, key: 'seen', open: true }], memory, [], 9_000)).toEqual([])
    expect(shortConnections([{ ...syn, key: 'seen' }], memory, [], 19_000)).toEqual([])
  })
})
