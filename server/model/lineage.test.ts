// Which session started which: by processes that the kernel of one host told of.
import { describe, expect, it } from 'vitest'
import type { StoredEvent } from '../protocol/event.ts'
import { SessionId } from '../protocol/ids.ts'
import type { Trust } from '../protocol/trust.ts'
import { isStartedBy } from './lineage.ts'
import { applyEvent, nothingTouched } from './reduce.ts'
import { emptyState, type SessionState } from './state.ts'

/** A line each: session, host, `+`/`-`, pid, parent's pid, start in ticks; at its own second. */
function drawn(text: string, trust: Trust = 'kernel') {
  const state = emptyState()
  let seq = 0
  const tell = (event: object) => {
    seq += 1
    const atMs = 1_790_000_000_000 + seq * 1_000
    const stored = { v: 1, atMs, id: `e${seq}`, partition: 0, seq, seenAtMs: atMs, trust, ...event }
    applyEvent(state, stored as StoredEvent, nothingTouched())
  }
  const lines = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  for (const [session, host] of new Map(lines.map(([session = '', host = '']) => [session, host])))
    tell({ kind: 'session.started', session, host, data: { held: 'cgroup', abilities: [] } })
  for (const [session, host, sign, pid, ppid, startTicks] of lines) {
    const of = { pid: Number(pid), startTicks: Number(startTicks) }
    const started = { kind: 'process.started', data: { ...of, ppid: Number(ppid), comm: 'sh', argv: ['sh'] } }
    tell({ session, host, ...(sign === '+' ? started : { kind: 'process.exited', data: of }) })
  }
  const of = (id: string) => state.sessions.get(SessionId.parse(id)) as SessionState
  return { isStartedBy: (child: string, parent: string) => isStartedBy(of(child), of(parent)) }
}

describe('a session that another one started', () => {
  it('is known by its first process, whose parent is a process of the other', () => {
    const { isStartedBy } = drawn(`
      outer  node-1  +  100  1    50
      outer  node-1  +  110  100  60
      inner  node-1  +  200  110  70
      inner  node-1  +  210  200  80`)
    expect([isStartedBy('inner', 'outer'), isStartedBy('outer', 'inner')]).toEqual([true, false])
  })

  it('is known as well when the process that started it has exited since', () => {
    const { isStartedBy } = drawn(`
      outer  node-1  +  110  100  60
      inner  node-1  +  200  110  70
      outer  node-1  -  110  0    60`)
    expect(isStartedBy('inner', 'outer')).toBe(true)
  })
})

describe('a session is not taken for the child of another', () => {
  it.each([
    ['when the PID is one of another host', 'outer node-1 + 110 100 60\ninner node-2 + 200 110 70'],
    [
      'when that PID had exited before, and was used again',
      'outer node-1 + 110 100 60\nouter node-1 - 110 0 60\ninner node-1 + 200 110 70',
    ],
    ['when that PID was started later', 'outer node-1 + 110 100 90\ninner node-1 + 200 110 70'],
    ['when both were started by the same', 'outer node-1 + 110 90 60\ninner node-1 + 200 90 70'],
    ['when its parent is init: whoever lost its parent has that one', 'outer node-1 + 1 0 1\ninner node-1 + 200 1 70'],
  ])('%s', (_, text) => {
    expect(drawn(text).isStartedBy('inner', 'outer')).toBe(false)
  })

  it('when only an agent says so', () => {
    const text = 'outer node-1 + 110 100 60\ninner node-1 + 200 110 70'
    expect(drawn(text, 'agent').isStartedBy('inner', 'outer')).toBe(false)
    expect(drawn(text).isStartedBy('inner', 'outer')).toBe(true)
  })
})
