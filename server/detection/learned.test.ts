// When the same thing in several episodes is one finding about the policy.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Flag, Severity } from './flag.ts'
import { createLearned, type LearnedFinding } from './learned.ts'

const startMs = 1_790_000_000_000

/** One flag a line: `mm run episode severity fingerprint`; a dash: the run is not known. */
function told(drawing: string): LearnedFinding[] {
  const { observe } = createLearned()
  return drawing
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .flatMap((line) => {
      const [at = '0', run = '', episode = '', severity = 'medium', fingerprint = 'f'] = line.split(/\s+/)
      const nowMs = startMs + Number(at) * 60_000
      return observe(flag(episode, severity as Severity, fingerprint), run === '-' ? undefined : run, nowMs) ?? []
    })
}

function flag(session: string, severity: Severity, fingerprint: string): Flag {
  return {
    rule: fingerprint,
    title: 'Opens a tunnel',
    severity,
    ruleSeverity: severity,
    techniques: ['T1572'],
    tactics: ['command-and-control'],
    behaviour: undefined,
    source: 'command',
    atMs: 1,
    session,
    host: undefined,
    call: undefined,
    matched: [],
    fingerprint,
    context: [],
    notFully: undefined,
  }
}

describe('learned behaviour', () => {
  it('is one finding when three episodes of a run do the same within an hour', () => {
    const found = told(`
      00 run-1 ep-1 high tunnel
      10 run-1 ep-2 high tunnel
      50 run-1 ep-3 high tunnel
    `)
    expect(found).toMatchObject([
      {
        id: 'run-1 tunnel',
        title: 'Learned behaviour: Opens a tunnel',
        severity: 'high',
        episodes: 3,
        examples: ['ep-3', 'ep-2', 'ep-1'],
      },
    ])
  })

  it('is told again only when twice as many do it, under the same name', () => {
    const many = Array.from({ length: 30 }, (_, n) => `${n} run-1 ep-${n} high tunnel`).join('\n')
    expect(told(many).map(({ id, episodes }) => `${id} ${episodes}`)).toEqual([
      'run-1 tunnel 3',
      'run-1 tunnel 6',
      'run-1 tunnel 12',
      'run-1 tunnel 24',
    ])
  })

  it('is not one episode that does it often, nor two that do', () => {
    expect(told('0 run-1 ep-1 high f\n1 run-1 ep-1 high f\n2 run-1 ep-1 high f\n3 run-1 ep-2 high f')).toEqual([])
  })

  it('is not three episodes of different runs, or of none', () => {
    expect(told('0 run-1 ep-1 high f\n1 run-2 ep-2 high f\n2 run-3 ep-3 high f')).toEqual([])
    expect(told('0 - ep-1 high f\n1 - ep-2 high f\n2 - ep-3 high f')).toEqual([])
  })

  it('is not three episodes spread over half a day, nor different things', () => {
    expect(told('0 run-1 ep-1 high f\n50 run-1 ep-2 high f\n100 run-1 ep-3 high f\n150 run-1 ep-4 high f')).toEqual([])
    expect(told('0 run-1 ep-1 high a\n1 run-1 ep-2 high b\n2 run-1 ep-3 high c')).toEqual([])
  })

  it('is not what everybody does every day', () => {
    expect(told('0 run-1 ep-1 low f\n1 run-1 ep-2 low f\n2 run-1 ep-3 low f')).toEqual([])
  })

  it('has the severity of the worst among them', () => {
    expect(told('0 run-1 ep-1 critical f\n1 run-1 ep-2 medium f\n2 run-1 ep-3 medium f')).toMatchObject([
      { severity: 'critical' },
    ])
  })

  it('never throws, and tells at most a handful of findings of one thing', () => {
    const drawn = fc.record({
      run: fc.constantFrom('a', '__proto__', ''),
      episode: fc.string({ maxLength: 3 }),
      at: fc.integer({ min: -1e12, max: 1e12 }),
    })
    fc.assert(
      fc.property(fc.array(drawn, { maxLength: 300 }), (flags) => {
        const { observe } = createLearned()
        const found = flags.flatMap(
          ({ run, episode, at }) => observe(flag(episode, 'high', 'f'), run, startMs + at) ?? [],
        )
        for (const finding of found) expect(finding.examples.length).toBeLessThanOrEqual(8)
      }),
    )
  })
})
