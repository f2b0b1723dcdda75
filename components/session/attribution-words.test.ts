// given a conclusion of attribution, then the stream says what it rests on, and no more than that.
import { describe, expect, it } from 'vitest'
import { EventView } from '../../server/protocol/browser-messages.ts'
import { activityLines, countByTab } from './activity-lines.ts'
import { alertsByAction, replacedTies, sameChips } from './alert-chips.ts'
import { causeText } from './attribution-sentence.ts'
import { bitsText, clockCorrectionText, scoreText, subjectsText, tieOf, timesText } from './attribution-words.ts'
import { kindOf } from './event-sentence.ts'

const t0 = Date.UTC(2026, 10, 21, 14, 27, 55)
const alert = { event: 'a-1', kind: 'alert.raised', atMs: t0 + 762 }
const flow = (index: number) => ({ event: `f-${index}`, kind: 'flow.observed', atMs: t0 })
const likely = {
  subjects: [alert],
  about: 'ET POLICY Cryptocurrency Miner Checkin',
  level: 'likely',
  score: 0.934,
  call: 'call-41',
  tool: 'shell',
  actionText: 'nohup python3 miner.py',
  actionAtMs: t0,
  features: [{ name: 'the call names the address', weightBits: 7 }],
  clock: { offsetMs: 38, spreadMs: 12, pairs: 24 },
}
const kind = kindOf('attribution.made')
const said = (data: Record<string, unknown>) =>
  kind
    .say(data)
    .map((part) => part.text)
    .join(' ')

describe('the sentence of a tie', () => {
  it('says which alert came from which call, how sure that is, and how long after', () => {
    expect(said(likely)).toBe('Alert ET POLICY Cryptocurrency Miner Checkin tied to shell call nohup python3 miner.py')
    expect(kind.mark?.(likely)).toEqual({ level: 'likely', words: 'likely 0.93', when: '0.8 s after the call began' })
  })

  it('takes the clock’s correction into the time between, and keeps the raw time', () => {
    expect(timesText(tieOf(likely))).toEqual({ raw: '14:27:55.762Z', corrected: '14:27:55.800Z' })
    expect(clockCorrectionText(likely.clock)).toBe('+38 ms ±12 ms, from 24 pairs of facts')
    const early = { ...likely, clock: { offsetMs: -800, spreadMs: 12, pairs: 24 } }
    expect(kind.mark?.(early)?.when).toBe('38 ms before the call began')
    expect(timesText(tieOf({ ...likely, clock: undefined }))?.corrected).toBe('')
  })

  it('says of a withdrawn tie only that nothing is known', () => {
    const withdrawn = { subjects: [alert], about: 'ET POLICY', features: [], corrects: 'e-1' }
    expect(said(withdrawn)).toBe('Alert ET POLICY no longer tied: the evidence does not decide corrects an earlier tie')
    expect(kind.mark?.(withdrawn)).toBeUndefined()
    expect(kind.tone?.(withdrawn)).toBe('normal')
  })

  it('names the session alone where the call is not known', () => {
    expect(said({ ...likely, call: undefined })).toContain('tied to this session which of its calls is not known')
  })

  it('counts the facts that share it, by kind', () => {
    const many = { ...likely, subjects: [flow(0), alert, ...Array.from({ length: 40 }, (_, index) => flow(index + 1))] }
    expect(said(many)).toContain('Miner Checkin and 41 more tied to')
    expect(subjectsText(tieOf(many))).toBe('41 flows and 1 alert')
  })

  it('begins with the fact itself where it is no alert', () => {
    expect(said({ ...likely, subjects: [flow(0)], about: 'flow to 203.0.113.40:22' })).toMatch(/^Flow to 203/)
  })

  it('cuts a long command, so that it cannot push the rest off the line', () => {
    const long = kind.say({ ...likely, actionText: 'x'.repeat(500) }).find((part) => part.text.startsWith('xxx'))
    expect(long?.text).toHaveLength(121)
  })

  it('never states a certainty that a number does not give', () => {
    expect([0.934, 0.999, 1, 0.001, 0].map(scoreText)).toEqual(['0.93', 'over 0.99', '1.00', 'under 0.01', '0.00'])
    expect(kind.mark?.({ ...likely, level: 'confirmed', score: 0.999 })?.words).toBe('confirmed')
    expect([7, -3.54].map(bitsText)).toEqual(['+7.0', '−3.5'])
  })

  it('shows what it can of a conclusion with fields that this console does not know', () => {
    expect(said({ ...likely, level: 'certain', features: 'none', more: 1 })).toContain('no longer tied')
    expect(said({})).toBe('A fact no longer tied: the evidence does not decide')
  })

  it('stands in the tab of the fact that it is about', () => {
    const tabOf = (subject: string) =>
      countByTab(activityLines([event('attribution.made', { ...likely, subjects: [{ ...alert, kind: subject }] })]))
    expect(tabOf('alert.raised').network).toBe(1)
    expect(tabOf('file.transferred').network).toBe(1)
    expect(tabOf('process.reported').processes).toBe(1)
  })

  it('about a process or connection that the host saw stands on its line, not beside it', () => {
    const opened = event('connection.opened', { connection: 'c1' })
    const about = event('attribution.made', {
      ...likely,
      subjects: [{ ...alert, event: opened.id, kind: 'connection.opened' }],
    })
    const lines = activityLines([opened, about])
    expect(lines).toHaveLength(1)
    expect(lines[0]?.cause?.seq).toBe(about.seq)
    expect(
      causeText(about.data)
        .map((part) => part.text)
        .join(' '),
    ).toMatch(/^by \S+ call .+ likely/)
  })
})

let seq = 0
function event(kindName: string, data: Record<string, unknown>, change: Record<string, unknown> = {}): EventView {
  seq += 1
  const base = { seq, id: `e-${seq}`, kind: kindName, atMs: t0, seenAtMs: t0, trust: 'vigil', data }
  return EventView.parse({ ...base, ...change })
}
const tie = (id: string, change: Record<string, unknown> = {}) =>
  event('attribution.made', { ...likely, subjects: [{ ...alert, event: id }], ...change })
const chipsOf = (events: readonly EventView[]) => {
  const lines = activityLines(events)
  const chips = alertsByAction(lines)
  return lines.map((line) => (chips.get(line.seq) ?? []).map((chip) => `${chip.title} ${chip.level} ×${chip.count}`))
}

describe('alerts beside an action', () => {
  it('stand on the line of the call that they are tied to', () => {
    expect(
      chipsOf([
        event('action.started', { call: 'call-40' }),
        event('action.started', { call: 'call-41' }),
        tie('a-1', { about: 'miner' }),
      ]),
    ).toEqual([[], ['miner likely ×1'], []])
  })

  it('follow the newest conclusion about each alert, and go when it is withdrawn', () => {
    const start = event('action.started', { call: 'call-41' })
    const first = tie('a-1', { about: 'miner', level: 'possible' })
    expect(chipsOf([start, first, tie('a-1', { about: 'miner', level: 'confirmed' })])[0]).toEqual([
      'miner confirmed ×1',
    ])
    expect(chipsOf([start, first, tie('a-1', { level: undefined, call: undefined })])[0]).toEqual([])
  })

  it('are counted, not repeated, where they read the same', () => {
    const ties = ['a-1', 'a-2', 'a-3'].map((id) => tie(id, { about: 'miner' }))
    const lines = activityLines([event('action.started', { call: 'call-41' }), ...ties])
    expect([...alertsByAction(lines).values()][0]).toEqual([
      { seq: ties[2]?.seq, title: 'miner', level: 'likely', count: 3 },
    ])
  })

  it('say nothing of flows: only alerts stand there', () => {
    const data = { ...likely, subjects: [flow(1)] }
    expect(chipsOf([event('action.started', { call: 'call-41' }), event('attribution.made', data)])[0]).toEqual([])
  })

  it('find the right one of two calls with one id by the time at which it began', () => {
    const later = event('action.started', { call: 'call-41' }, { atMs: t0 + 60_000 })
    expect(chipsOf([event('action.started', { call: 'call-41' }), later, tie('a-1', { about: 'miner' })])).toEqual([
      ['miner likely ×1'],
      [],
      [],
    ])
  })

  it('stand on the end of a call whose start is not on screen', () => {
    expect(chipsOf([event('action.ended', { call: 'call-41' }), tie('a-1', { about: 'miner' })])[0]).toHaveLength(1)
  })

  it('are the same chips until something in them changes', () => {
    const chip = { seq: 1, title: 'miner', level: 'likely', count: 1 } as const
    expect(sameChips([chip], [{ ...chip }])).toBe(true)
    expect(sameChips([chip], [{ ...chip, count: 2 }])).toBe(false)
    expect(sameChips(undefined, undefined)).toBe(true)
  })
})

describe('a conclusion that was replaced', () => {
  it('says so once a later one corrects what it was about, and not when only a part of it was corrected', () => {
    const first = event('attribution.made', { ...likely, subjects: [flow(1), flow(2)] })
    const corrects = (subject: ReturnType<typeof flow>) =>
      event('attribution.made', { ...likely, subjects: [subject], corrects: first.id })
    expect([...replacedTies(activityLines([first, corrects(flow(1))]))]).toEqual([first.seq])
    expect([...replacedTies(activityLines([first, corrects(flow(2))]))]).toEqual([])
  })
})
