// When a session's flags together wake somebody, and when they never do.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Flag, type Severity, severities } from '../flag.ts'
import { addFlag, noRisk, opensAt, opensIncident, riskAt, type SessionRisk, usualRisk } from './session-risk.ts'

const minutes = (n: number) => n * 60_000
const startMs = 1_790_000_000_000

/** One flag a line: `mm severity rule[/what] [tactic,tactic]`. */
function told(drawing: string): { risk: SessionRisk; lastMs: number } {
  let risk = noRisk
  let lastMs = startMs
  for (const line of drawing.split('\n').map((each) => each.trim())) {
    if (line === '') continue
    const [at = '0', severity = 'low', name = '', tactics = 'execution'] = line.split(/\s+/)
    lastMs = startMs + minutes(Number(at))
    risk = addFlag(risk, flag(severity as Severity, name, tactics.split(',')), lastMs)
  }
  return { risk, lastMs }
}

function flag(severity: Severity, name: string, tactics: string[]): Flag {
  const [rule = '', what = ''] = name.split('/')
  return {
    rule,
    title: `Title of ${rule}`,
    severity,
    ruleSeverity: severity,
    techniques: [],
    tactics,
    behaviour: undefined,
    source: 'command',
    // Hostile: the flag's own time must not count.
    atMs: 1,
    session: 'ep-1',
    host: undefined,
    call: undefined,
    matched: [],
    fingerprint: `${rule} ${what}`,
    context: [],
    notFully: undefined,
  }
}

const riskAfter = (drawing: string, laterMinutes = 0) => {
  const { risk, lastMs } = told(drawing)
  return riskAt(risk, lastMs + minutes(laterMinutes))
}

describe('an incident', () => {
  it('is opened by one page, whatever the sum', () => {
    expect(opensIncident(riskAfter('0 high tunnel command-and-control'))).toBe(true)
    expect(opensIncident(riskAfter('0 critical mining impact'))).toBe(true)
  })

  it('is opened by three mediums of different tactics, not by two', () => {
    const two = '0 medium beacon command-and-control\n1 medium volume exfiltration'
    expect(opensIncident(riskAfter(two))).toBe(false)
    expect(opensIncident(riskAfter(`${two}\n2 medium recon discovery`))).toBe(true)
  })

  it('is not opened by lows, however many, of however many tactics, for however long', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            at: fc.integer({ min: 0, max: 600 }),
            severity: fc.constantFrom<Severity>('informational', 'low'),
            name: fc.string({ maxLength: 4 }),
            tactics: fc.array(fc.string({ maxLength: 3 }), { maxLength: 9 }),
          }),
          { maxLength: 200 },
        ),
        (flags) => {
          let risk = noRisk
          let nowMs = startMs
          for (const { at, severity, name, tactics } of flags) {
            nowMs = Math.max(nowMs, startMs + minutes(at))
            risk = addFlag(risk, flag(severity, name, tactics), nowMs)
            const seen = riskAt(risk, nowMs)
            expect(opensIncident(seen)).toBe(false)
            expect(seen.score).toBeLessThanOrEqual(8)
          }
        },
      ),
    )
  })

  it('is not opened by two mediums and any number of lows', () => {
    const lows = Array.from({ length: 40 }, (_, n) => `2 low r${n} t${n}`).join('\n')
    expect(riskAfter(`0 medium a discovery\n1 medium b exfiltration\n${lows}`).score).toBeLessThan(opensAt)
  })

  it('is not opened by one noisy rule with ever new findings', () => {
    const noisy = Array.from({ length: 50 }, (_, n) => `${n / 10} medium beacon/${n} command-and-control`).join('\n')
    expect(opensIncident(riskAfter(noisy))).toBe(false)
  })
})

describe('the score', () => {
  it('counts the same fingerprint once a window, and afresh after it', () => {
    const once = riskAfter('0 medium a')
    expect(riskAfter('0 medium a\n0 medium a\n0 medium a').score).toBe(once.score)
    expect(riskAfter('0 medium a\n61 medium a').score).toBe(20)
  })

  it('takes the worse of the same fingerprint at once', () => {
    expect(opensIncident(riskAfter('0 medium a\n1 high a'))).toBe(true)
    expect(riskAfter('0 high a\n1 low a').score).toBeGreaterThan(50)
  })

  it('halves in a half-life, and is forgotten in the end', () => {
    expect(riskAfter('0 medium a', 30).score).toBe(10)
    expect(riskAfter('0 medium a', 60).score).toBe(5)
    expect(riskAfter('0 medium a', 600)).toMatchObject({ score: 0, contributions: [] })
    const { risk, lastMs } = told('0 medium a')
    expect(riskAt(risk, lastMs + minutes(10), { ...usualRisk, halfLifeMs: minutes(10) }).score).toBe(10)
  })

  it('weighs more where more tactics are used', () => {
    const same = riskAfter('0 medium a discovery\n0 medium b discovery').score
    const different = riskAfter('0 medium a discovery\n0 medium b exfiltration').score
    expect(different).toBeGreaterThan(same)
  })

  it('explains itself to the last point', () => {
    const seen = riskAfter(`
      0  medium beacon command-and-control
      0  medium beacon command-and-control
      10 medium volume exfiltration
      11 low    odd    discovery
    `)
    expect(seen.contributions.map(({ rule, why }) => `${rule}: ${why}`)).toEqual([
      'volume: medium: 20 points, 1 min ago',
      'beacon: medium: 20 points, 11 min ago, raised 2 times, counted once',
      'odd: low: 2 points, just now',
    ])
    expect(seen.why[0]).toContain('times 1.25 for 2 tactics (command-and-control, exfiltration)')
    expect(seen.why[1]).toBe('2 points of low flags (at most 8 together)')
  })

  it('adds up: what the contributions say is the score', () => {
    const flagDrawn = fc.record({
      at: fc.integer({ min: 0, max: 120 }),
      severity: fc.constantFrom(...severities),
      name: fc.constantFrom('a', 'b', 'c/1', 'c/2', 'd'),
      tactic: fc.constantFrom('x', 'y', 'z'),
    })
    fc.assert(
      fc.property(fc.array(flagDrawn, { maxLength: 60 }), (flags) => {
        let risk = noRisk
        let nowMs = startMs
        for (const { at, severity, name, tactic } of flags) {
          nowMs = Math.max(nowMs, startMs + minutes(at))
          risk = addFlag(risk, flag(severity, name, [tactic]), nowMs)
        }
        const seen = riskAt(risk, nowMs)
        const sum = seen.contributions.reduce(
          (all, { severity, points }) => all + points * (severity === 'low' ? 1 : seen.factor),
          0,
        )
        expect(Math.abs(sum - seen.score)).toBeLessThan(1.5)
      }),
    )
  })

  it('holds a bounded number of contributions under a flood, and keeps the heaviest', () => {
    let risk = addFlag(noRisk, flag('critical', 'worst', ['impact']), startMs)
    for (let n = 0; n < 2_000; n += 1) risk = addFlag(risk, flag('low', `r${n}`, []), startMs + n)
    expect(risk.counted.length).toBeLessThanOrEqual(64)
    expect(riskAt(risk, startMs + 2_000).pages).toMatchObject([{ rule: 'worst' }])
  })

  it('does not let a clock that steps back take anything away', () => {
    const { risk } = told('100 high a')
    expect(opensIncident(riskAt(risk, startMs))).toBe(true)
  })
})
