// given a fact as the server tells it, then its row says it in words that an operator can act on, and never more than is known.
import { describe, expect, it } from 'vitest'
import { SignalView } from '../../server/protocol/signal-view.ts'
import { fieldsMax, fieldsOf } from './fact-fields.ts'
import {
  bytesWords,
  certaintyWords,
  countWords,
  delayText,
  endWords,
  happenedText,
  kindBeside,
  kindText,
  namesWords,
  outcomeWords,
  protocolWords,
  shownText,
  waitingText,
} from './row-words.ts'

const t0 = Date.UTC(2026, 10, 21, 14, 27, 56)
const fact = (change: Record<string, unknown> = {}) =>
  SignalView.parse({
    id: '11111111-1111-4111-8111-111111111111',
    seq: 1,
    kind: 'alert.raised',
    atMs: t0,
    seenAtMs: t0 + 80,
    trust: 'firewall',
    title: 'SSH to a host on no allowlist',
    names: [],
    ...change,
  })

describe('the row of a fact', () => {
  it('tells the moment with its day, and how much later it was seen when that is more than five seconds', () => {
    expect(happenedText(fact())).toBe('11-21 14:27:56.000Z')
    expect([80, 5_000, 5_200, 7_500_000].map((ms) => delayText(fact({ seenAtMs: t0 + ms })))).toEqual([
      '',
      '',
      'seen 5.2 s later',
      'seen 2 h 05 min later',
    ])
  })

  it('tells the year of what did not happen in the year in which it was seen: an old log must not read as of today', () => {
    expect(happenedText(fact({ seenAtMs: Date.UTC(2029, 0, 1) }))).toBe('2026-11-21 14:27:56Z')
  })

  it('says that a clock runs ahead rather than that a fact was seen before it happened', () => {
    expect(delayText(fact({ seenAtMs: t0 - 9_000 }))).toBe('its clock 9.0 s ahead')
  })

  it('calls an alert blocked and a flow denied, and says nothing where the source did not', () => {
    expect(outcomeWords(fact({ outcome: 'denied' }))).toEqual({ word: 'blocked', stopped: true })
    expect(outcomeWords(fact({ kind: 'flow.observed', outcome: 'denied' }))).toEqual({ word: 'denied', stopped: true })
    expect(outcomeWords(fact({ outcome: 'allowed' }))?.stopped).toBe(false)
    expect([outcomeWords(fact({ outcome: 'unknown' })), outcomeWords(fact())]).toEqual([undefined, undefined])
  })

  it('writes both families of addresses, and an end without a port', () => {
    expect([
      endWords({ address: '203.0.113.40', port: 22 }),
      endWords({ address: '2001:db8::1', port: 443 }),
      endWords({ address: '203.0.113.40' }),
      endWords(undefined),
    ]).toEqual(['203.0.113.40:22', '[2001:db8::1]:443', '203.0.113.40', ''])
  })

  it('counts the names that it does not show, and leaves out bytes that nobody counted', () => {
    expect([[], ['a'], ['a', 'b', 'c', 'd']].map((names) => namesWords(fact({ title: '', names })))).toEqual([
      '',
      '(a)',
      '(a, b and 2 more)',
    ])
    expect(bytesWords(fact({ bytesOut: 1_200_000, bytesIn: 0 }))).toEqual(['1.2 MB out', '0 B in'])
    expect(bytesWords(fact())).toEqual([])
  })

  it('does not say again what stands beside it: the address as a name, the kind that begins the title', () => {
    const to = { address: '10.78.0.20', port: 80 }
    expect(namesWords(fact({ to, names: ['10.78.0.20', 'mirror.internal'] }))).toBe('(mirror.internal)')
    expect(namesWords(fact({ to, title: 'DNS mirror.internal', names: ['mirror.internal'] }))).toBe('')
    expect(kindBeside(fact({ kind: 'flow.observed', title: 'flow to 10.78.0.20:80' }))).toBe('')
    expect(kindBeside(fact({ kind: 'http.requested', title: 'HTTP mirror.internal' }))).toBe('')
    expect(kindBeside(fact({ kind: 'process.reported', title: 'processes.sh --all' }))).toBe('process')
  })

  it('shows no protocol where the sensor wrote that it did not know it', () => {
    expect([{ protocol: 'tcp' }, { protocol: 'unknown' }, {}].map((change) => protocolWords(fact(change)))).toEqual([
      'tcp',
      '',
      '',
    ])
  })

  it('gives a number to what was weighed, and none to what rests on a key', () => {
    expect(certaintyWords({ level: 'likely', score: 0.93 })).toBe('likely 0.93')
    expect(certaintyWords({ level: 'possible', score: 0.999 })).toBe('possible over 0.99')
    expect(certaintyWords({ level: 'confirmed', score: 1 })).toBe('confirmed')
  })

  it('names a kind that a newer server knows by its own word, whatever that word is', () => {
    expect([kindText('dns.queried'), kindText('vpn.opened'), kindText('constructor')]).toEqual([
      'lookup',
      'vpn.opened',
      'constructor',
    ])
  })
})

describe('the counts', () => {
  it('say how many wait, and that there are more than a page tells of', () => {
    expect([
      waitingText({ waiting: 0, gap: false }),
      waitingText({ waiting: 12, gap: false }),
      waitingText({ waiting: 200, gap: true }),
    ]).toEqual(['', '12 new', 'more than 200 new'])
  })

  it('say of how many the rows are a part, as long as no words narrow them', () => {
    const count = { kept: 683, untied: 436 }
    const all = { q: '', ties: 'all' as const }
    expect([
      shownText(200, all, count),
      shownText(200, { ...all, ties: 'untied' }, count),
      shownText(200, { ...all, ties: 'tied' }, count),
      shownText(683, all, count),
      shownText(12, { ...all, q: 'ep-1' }, count),
      shownText(12, all, undefined),
    ]).toEqual(['200 of 683', '200 of 436', '200 of 247', '683 shown', '12 shown', '12 shown'])
  })

  it('say how many nobody is held to', () => {
    expect([countWords({ kept: 1_204, untied: 37 }), countWords({ kept: 3, untied: 0 })]).toEqual([
      '1,204, 37 untied',
      '3, all of them tied',
    ])
  })
})

describe('the fields of a fact', () => {
  const event = (data: Record<string, unknown>) => ({
    seq: 7,
    id: 'e',
    kind: 'flow.observed',
    atMs: t0,
    seenAtMs: t0,
    trust: 'firewall' as const,
    data,
  })

  it('are named by their way through the record, its own first, and times are told as people read them too', () => {
    const { fields } = fieldsOf(
      event({ traffic: { source: { address: '10.0.4.17', port: 51_834 }, names: ['a', 'b'] }, verdict: 'denied' }),
    )
    expect(fields.slice(0, 5)).toEqual([
      { name: 'traffic.source.address', value: '10.0.4.17' },
      { name: 'traffic.source.port', value: '51834' },
      { name: 'traffic.names', value: 'a, b' },
      { name: 'verdict', value: 'denied' },
      { name: 'seq', value: '7' },
    ])
    expect(fields.find((field) => field.name === 'atMs')?.time).toBe('2026-11-21 14:27:56 UTC')
  })

  it('never grow without end, however deep or wide a hostile record is', () => {
    let deep: Record<string, unknown> = { end: 1 }
    for (let level = 0; level < 50; level += 1) deep = { deep }
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`label${index}`, 'x']))
    const { fields, more } = fieldsOf(event({ deep, wide }))
    expect(fields.length).toBe(fieldsMax)
    expect(more).toBeGreaterThan(700)
    expect(fields[0]?.name.split('.').length).toBeLessThan(10)
  })
})
