// When a session's gate may be called proven, and every way in which it may not. An episode is a line: what happened, second by second.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StoredEvent } from '../protocol/event.ts'
import { canarySettleMs, canaryTool, type GateVerdict, gateVerdict, proofMs } from '../protocol/gate-health.ts'
import { projectDetail } from './project-detail.ts'
import { applyEvent, nothingTouched } from './reduce.ts'
import { emptySampleHistory } from './sample-history.ts'
import { stateFromJson, stateToJson } from './snapshot-state.ts'
import { type ConsoleState, emptyState } from './state.ts'

const session = 'ep-1'
const held = {
  tool: 'Bash',
  input: '{}',
  digest: 'd'.repeat(64),
  severity: 'high',
  people: 1,
  policy: 'because',
  heldFor: [],
  expiresAtMs: 9_000_000_000_000,
  askedBy: { type: 'key', id: 'k', name: 'k' },
}

/** `ask ID`, `deny ID`, `hold ID`, `canary ID`, `canary-let ID`, `ran ID`, `denied ID` (reported as denied), `end`, `.`: a second apart. */
function play(episode: string): { state: ConsoleState; atMs: number } {
  const state = emptyState()
  let seq = 0
  let atMs = 1_000_000
  const happen = (kind: string, data: object) => {
    seq += 1
    const event = { v: 1, kind, session, data, id: `e-${seq}`, partition: 0, seq, atMs, seenAtMs: atMs, trust: 'vigil' }
    applyEvent(state, event as unknown as StoredEvent, nothingTouched())
  }
  happen('session.started', { held: 'none', abilities: [] })
  for (const step of episode.split(/\s*→\s*/).filter((each) => each !== '')) {
    atMs += 1_000
    const [what, call = ''] = step.split(' ')
    const decided = (tool: string, decision: string, name = 'hook') =>
      happen('gate.decided', {
        call,
        tool,
        decision,
        reason: 'because',
        door: { name, version: '1.2.3' },
        deadlineMs: 55_000,
      })
    if (what === 'ask') decided('Bash', 'allow')
    else if (what === 'deny') decided('Bash', 'deny')
    else if (what === 'other-door') decided('Bash', 'allow', 'other')
    else if (what === 'hold') happen('approval.requested', { ...held, approval: `approval-${call}`, call })
    else if (what === 'canary') decided(canaryTool, 'deny')
    else if (what === 'canary-let') decided(canaryTool, 'allow')
    else if (what === 'ran') happen('action.ended', { call, outcome: 'ok' })
    else if (what === 'denied') happen('action.ended', { call, outcome: 'denied' })
    else if (what === 'end') happen('session.ended', {})
    else if (what !== '.') throw new Error(`no such step: ${step}`)
  }
  return { state, atMs }
}

function viewOf(state: ConsoleState) {
  const found = state.sessions.get(session as never)
  if (!found) throw new Error('there is no session')
  return projectDetail(state, found, emptySampleHistory()).gate
}

function verdictOf(episode: string, laterMs = 0): GateVerdict {
  const { state, atMs } = play(episode)
  return gateVerdict(viewOf(state), atMs + laterMs)
}

describe('a session’s gate', () => {
  it('is none where nothing asked, whatever ran', () => {
    expect(verdictOf('ran a → ran b')).toEqual({ is: 'none' })
  })

  it('is asked, not proven, without a canary', () => {
    expect(verdictOf('ask a → ran a').is).toBe('unproven')
  })

  it('is proven by a canary that was denied, where what asked is seen to run; until the proof is old', () => {
    expect(verdictOf('ask a → ran a → canary z', canarySettleMs)).toEqual({ is: 'proven', ageMs: canarySettleMs })
    expect(verdictOf('ask a → ran a → canary z', canarySettleMs - 1).is).toBe('unproven')
    expect(verdictOf('ask a → ran a → canary z', proofMs + 1).is).toBe('unproven')
  })

  it('is not proven by a canary alone: where nothing is seen to run, a canary that ran would not be seen either', () => {
    expect(verdictOf('ask a → canary z', 5_000).is).toBe('unproven')
  })

  it('holds only in part when something ran unasked after the canary, and is proven again by the next', () => {
    expect(verdictOf('ask a → ran a → canary z → ran x', 5_000)).toEqual({ is: 'ungated', unasked: 1, ran: 2 })
    expect(verdictOf('ask a → ran a → canary z → ran x → canary y', 5_000).is).toBe('proven')
  })

  it('is bypassed for good when a call ran that was denied, or the canary itself', () => {
    expect(verdictOf('ask a → ran a → deny b → ran b → canary z', 5_000)).toMatchObject({ is: 'bypassed', call: 'b' })
    expect(verdictOf('ask a → ran a → canary z → ran z → canary y', 5_000)).toMatchObject({ is: 'bypassed', call: 'z' })
  })

  it('is bypassed by a denied call also when another was allowed under its id since', () => {
    expect(verdictOf('ask a → ran a → deny b → ask b → ran b → canary z', 5_000)).toMatchObject({
      is: 'bypassed',
      call: 'b',
    })
  })

  it('is not proven by a canary that came through another door than the one that asks', () => {
    expect(verdictOf('ask a → ran a → other-door b → ran b → canary z', 5_000).is).toBe('unproven')
  })

  it('is not bypassed by a call that was held and then allowed', () => {
    expect(verdictOf('hold a → ask a → ran a → canary z', 5_000).is).toBe('proven')
    expect(verdictOf('hold a → ran a → ask a → canary z', 5_000).is).toBe('bypassed')
  })

  it('is not proven where nothing was seen to run lately: reporting may have stopped', () => {
    const minutes = (count: number) => ' → .'.repeat(count * 60)
    expect(verdictOf(`ask a → ran a${minutes(11)} → canary z`, 5_000).is).toBe('unproven')
    expect(verdictOf(`ask a → ran a${minutes(9)} → canary z`, 5_000).is).toBe('proven')
  })

  it('is not bypassed by a call that was denied and reported as denied', () => {
    expect(verdictOf('ask a → ran a → deny b → denied b → canary z', 5_000).is).toBe('proven')
  })

  it('begins anew with the session', () => {
    expect(verdictOf('ask a → ran a → canary z → end', 5_000)).toEqual({ is: 'none' })
  })

  it('knows each door by its own words, its deadline, its last answer and its canary; also from a snapshot', () => {
    const { state, atMs } = play('ask a → ran a → canary z → ask b')
    const expected = {
      name: 'hook',
      version: '1.2.3',
      deadlineMs: 55_000,
      lastAskedAtMs: atMs,
      lastDecision: 'allow',
      canaryAtMs: atMs - 1_000,
    }
    expect(viewOf(state)?.doors).toEqual([expected])
    expect(viewOf(stateFromJson(stateToJson(state)))?.doors).toEqual([expected])
  })

  it('is never called proven unless a canary was denied lately, nothing denied ran, and nothing after it ran unasked', () => {
    const call = fc.constantFrom('a', 'b', 'c', 'd')
    const step = fc
      .tuple(fc.constantFrom('ask', 'deny', 'canary', 'canary-let', 'ran', 'ran', 'denied'), call)
      .map((each) => each.join(' '))
    let proven = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 14 }), fc.nat(proofMs * 2), (steps, laterMs) => {
        if (verdictOf(steps.join(' → '), laterMs).is !== 'proven') return
        proven += 1
        const lastCanary = steps.findLastIndex((each) => each.startsWith('canary '))
        expect(lastCanary).toBeGreaterThanOrEqual(0)
        expect((steps.length - 1 - lastCanary) * 1_000 + laterMs).toBeLessThanOrEqual(proofMs)
        for (const [at, each] of steps.entries()) {
          const [what, id] = each.split(' ')
          if (what !== 'ran') continue
          const answers = steps
            .slice(0, at)
            .filter((before) => /^(ask|deny|canary|canary-let) /.test(before) && before.endsWith(` ${id}`))
          // What ran before anybody asked is not the gate's business yet.
          if (answers.length === 0) expect(at).toBeLessThan(lastCanary)
          for (const answer of answers) expect(answer).toMatch(/^(ask|canary-let) /)
        }
      }),
      { numRuns: 3_000 },
    )
    expect(proven).toBeGreaterThan(20)
  })
})
