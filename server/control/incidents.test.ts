// given an incident, when people write its postmortem, each having read some version, then nobody's text is lost; and who can own one.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyEvent, nothingTouched } from '../model/reduce.ts'
import { stateFromJson, stateToJson } from '../model/snapshot-state.ts'
import { type ConsoleState, emptyState } from '../model/state.ts'
import type { EventInput, StoredEvent } from '../protocol/event.ts'
import type { EventId } from '../protocol/ids.ts'
import { IncidentId } from '../protocol/incident.ts'
import { changeIncident, type IncidentWish, ownerOf } from './incidents.ts'
import type { Role } from './request-control.ts'

const id = IncidentId.parse('INC-1')
const person = (name: string) => ({ type: 'operator' as const, id: name, name })

/** A console with one incident, and the log of it. */
function story() {
  const state = emptyState()
  const log: EventInput[] = []
  const append = (events: readonly EventInput[], to: ConsoleState = state) => {
    for (const event of events) {
      log.push(event)
      const seq = log.length
      const eventId = `00000000-0000-4000-9000-${String(seq).padStart(12, '0')}` as EventId
      const stored = { ...event, id: eventId, partition: 0, seq, seenAtMs: seq * 1_000, trust: 'operator' }
      applyEvent(to, stored as StoredEvent, nothingTouched())
    }
  }
  const opened = { incident: id, because: 'a flag', isDrill: false }
  append([{ v: 1, kind: 'incident.opened', atMs: 0, data: opened }])
  const wish = (by: string, wanted: IncidentWish, role: Role = 'responder') => {
    const outcome = changeIncident(state, { incident: id, wish: wanted, by: person(by), role, nowMs: 5 })
    if (outcome.ok) append(outcome.events)
    return outcome.ok ? 'done' : `${outcome.refusal.status} ${outcome.refusal.title}`
  }
  const causes = () => state.incidents.get(id)?.written?.find(({ section }) => section === 'causes')
  const write = (by: string, text: string, basedOn: number, role?: Role) =>
    wish(by, { type: 'write', section: 'causes', text, basedOn }, role)
  return { state, log, wish, write, causes }
}

describe('a section of a postmortem', () => {
  it('is saved with who wrote it and when, and its versions are counted', () => {
    const { write, causes } = story()
    expect(write('ada', 'No gate.', 0)).toBe('done')
    expect(write('eve', 'No gate on ssh.', 1)).toBe('done')
    expect(causes()).toEqual({ section: 'causes', text: 'No gate on ssh.', by: person('eve'), atMs: 3_000, version: 2 })
  })

  it('refuses who had not read what stands, and says who wrote it', () => {
    const { write, causes, log } = story()
    write('ada', 'No gate.', 0)
    expect(write('eve', 'No probe.', 0)).toBe('409 Written meanwhile')
    expect(write('eve', 'No probe.', 7)).toBe('409 Written meanwhile')
    expect(causes()?.text).toBe('No gate.')
    expect(log).toHaveLength(2)
  })

  it('takes the same text of the same person twice as one saving: the first answer may have got lost', () => {
    const { write, log } = story()
    expect([write('ada', 'No gate.', 0), write('ada', 'No gate.', 0)]).toEqual(['done', 'done'])
    expect(log).toHaveLength(2)
  })

  it('is written by no viewer; after the incident was resolved it still is, and after it became a part of another it is not', () => {
    const { write, wish, state } = story()
    expect(write('vic', 'x', 0, 'viewer')).toBe('403 Not allowed')
    wish('ada', { type: 'resolve', verdict: 'true' })
    expect(write('ada', 'No gate.', 0)).toBe('done')
    const incident = state.incidents.get(id)
    if (incident) incident.mergedInto = IncidentId.parse('INC-2')
    expect(write('ada', 'More.', 1)).toBe('409 Merged')
  })

  it('does not fill the log of the incident with its text, which stands once', () => {
    const { write, state, causes } = story()
    write('ada', 'x'.repeat(20_000), 0)
    const [entry] = state.incidents.get(id)?.log ?? []
    expect(JSON.stringify(entry).length).toBeLessThan(400)
    expect(JSON.stringify(entry)).toContain('characters cut')
    expect(causes()?.text).toHaveLength(20_000)
  })

  it('loses nobody’s text, in whatever order people read and save, and stands the same after a restart', () => {
    const saving = fc.record({ by: fc.constantFrom('ada', 'eve', 'bob'), reads: fc.boolean(), text: fc.string() })
    fc.assert(
      fc.property(fc.array(saving, { maxLength: 30 }), (savings) => {
        const { write, causes, log, state } = story()
        const read: Record<string, number> = {}
        for (const { by, reads, text } of savings) {
          if (reads) read[by] = causes()?.version ?? 0
          const before = causes()
          const outcome = write(by, text, read[by] ?? 0)
          // Whoever takes another's place had read it.
          if (causes() !== before) expect([outcome, read[by] ?? 0]).toEqual(['done', before?.version ?? 0])
          else if (outcome !== 'done') expect(read[by] ?? 0).not.toBe(before?.version ?? 0)
        }
        const saved = log.flatMap((event) =>
          event.kind === 'incident.changed' && event.data.change.type === 'write' ? [event.data.change.basedOn] : [],
        )
        expect(saved).toEqual(saved.map((_, n) => n))
        expect(stateFromJson(stateToJson(state))).toEqual(state)
      }),
    )
  })
})

describe('who is given an incident', () => {
  it.each([
    ['a responder', { role: 'responder', joined: true }, 'ok'],
    ['an admin', { role: 'admin', joined: true }, 'ok'],
    ['a viewer', { role: 'viewer', joined: true }, '409 A viewer'],
    ['one who has not joined', { role: 'admin', joined: false }, '409 Not joined yet'],
    ['nobody that is known', undefined, '404 No such operator'],
  ] as const)('%s: %s', (_who, given, expected) => {
    const answer = ownerOf(given && { id: 'u', name: 'Ada', ...given })
    expect(answer.ok ? 'ok' : `${answer.refusal.status} ${answer.refusal.title}`).toBe(expected)
    if (answer.ok) expect(answer.owner).toEqual({ type: 'operator', id: 'u', name: 'Ada' })
  })
})
