// given a log that was judged, when the server starts again, then its end is not judged by the incidents of today; what a crash cut off is made up for.
import { describe, expect, it } from 'vitest'
import { keepIncidents } from './incident-keeper.ts'
import { episodeStartMs } from './model/event-for-test.ts'
import { incidentBounds } from './model/incident-state.ts'
import { applyEvent, nothingTouched } from './model/reduce.ts'
import { type ConsoleState, emptyState } from './model/state.ts'
import type { Pipeline } from './pipeline.ts'
import type { EventInput, EventOf, StoredEvent } from './protocol/event.ts'
import { type EventId, SessionId } from './protocol/ids.ts'

const minuteMs = 60_000
const session = SessionId.parse('ep-1')

class Log {
  readonly events: StoredEvent[] = []
  readonly state: ConsoleState = emptyState()
  nowMs = episodeStartMs
  readonly #listeners: ((announcement: never) => void)[] = []

  write(events: readonly EventInput[]): void {
    const stored = events.map((event, index) => {
      const seq = this.events.length + index + 1
      const id = `00000000-0000-4000-9000-${String(seq).padStart(12, '0')}` as EventId
      return { ...event, id, partition: 0, seq, seenAtMs: this.nowMs, trust: 'vigil' } as StoredEvent
    })
    this.events.push(...stored)
    const touched = nothingTouched()
    for (const event of stored) applyEvent(this.state, event, touched)
    for (const listener of this.#listeners) listener({ events: stored, touched } as never)
  }

  /** A server that starts with this log, decides what there is to decide, and is gone again. What it said is what it could not do. */
  async run(whileItRuns: () => void = () => undefined, fails = false): Promise<void> {
    const wrong: unknown[] = []
    const keeper = keepIncidents({
      pipeline: {
        state: this.state,
        onCommit: (listener: (announcement: never) => void) => this.#listeners.push(listener),
        command: async (decide: (state: ConsoleState) => { events: EventInput[]; result: unknown }) => {
          // The writer never answers in the turn in which it is asked.
          await Promise.resolve()
          if (fails) throw new Error('the database is away')
          const { events, result } = decide(this.state)
          this.write(events)
          return result
        },
      } as unknown as Pipeline,
      headSeq: this.events.length,
      readLog: async (after, limit) => this.events.filter(({ seq }) => seq > after).slice(0, limit),
      isDrill: () => false,
      nowMs: () => this.nowMs,
      onError: (_context, error) => wrong.push(error),
    })
    await keeper.settled()
    whileItRuns()
    await keeper.settled()
    await keeper.close()
    this.#listeners.length = 0
    expect(wrong).toHaveLength(fails ? 1 : 0)
  }

  flag(minute: number, severity: 'medium' | 'high', rule = 'tunnel'): void {
    this.nowMs = episodeStartMs + minute * minuteMs
    const flag: Pick<EventOf<'flag.raised'>, 'kind' | 'data'> = {
      kind: 'flag.raised',
      data: {
        rule,
        title: rule,
        severity,
        techniques: [],
        tactics: [],
        source: 'command',
        matched: [],
        fingerprint: rule,
        context: [],
      },
    }
    this.write([{ v: 1, atMs: this.nowMs, session, ...flag }])
  }

  change(change: EventOf<'incident.changed'>['data']['change']): void {
    const by = { type: 'operator' as const, id: 'u', name: 'eve' }
    this.write([{ v: 1, kind: 'incident.changed', atMs: this.nowMs, data: { incident: 'INC-1' as never, by, change } }])
  }
}

describe('after a restart', () => {
  it('a mild flag that belonged to nothing does not join what opened later, and no time changes', async () => {
    const log = new Log()
    await log.run(() => {
      log.flag(40, 'medium', 'discovery')
      log.flag(60, 'high')
    })
    log.nowMs = episodeStartMs + 62 * minuteMs
    log.change({ type: 'acknowledge', untilMs: log.nowMs + 30 * minuteMs })
    const before = log.events.length
    await log.run()
    expect(log.events).toHaveLength(before)
    expect(log.state.incidents.get('INC-1' as never)).toMatchObject({
      detectedAtMs: episodeStartMs + 60 * minuteMs,
      acknowledgedAtMs: episodeStartMs + 62 * minuteMs,
      flagCount: 1,
    })
  })

  it('flags beyond those that an incident keeps do not join again, and wake nobody once it is resolved', async () => {
    const log = new Log()
    const flags = incidentBounds.flags + 20
    await log.run(() => {
      for (let n = 0; n < flags; n += 1) log.flag(n / 10, 'high', `rule-${n}`)
    })
    expect(log.state.incidents.get('INC-1' as never)).toMatchObject({ flagCount: flags })
    const before = log.events.length
    await log.run()
    expect(log.events).toHaveLength(before)
    log.change({ type: 'resolve', verdict: 'true' })
    await log.run()
    expect(log.events).toHaveLength(before + 1)
    expect([...log.state.incidents.keys()]).toEqual(['INC-1'])
  })

  it('flags that nobody decided before the server went are decided, mild ones of an open incident too', async () => {
    const log = new Log()
    await log.run(() => log.flag(1, 'high'))
    log.flag(2, 'medium', 'discovery')
    log.flag(3, 'high', 'mining')
    await log.run()
    expect(log.state.incidents.get('INC-1' as never)).toMatchObject({ flagCount: 3 })
  })

  it('a flag that pages and could not be written down is made up for, though later ones were', async () => {
    const log = new Log()
    await log.run(() => log.flag(1, 'high'), true)
    await log.run(() => log.flag(2, 'high', 'mining'))
    await log.run()
    expect(log.state.incidents.get('INC-1' as never)).toMatchObject({ flagCount: 2 })
  })
})
