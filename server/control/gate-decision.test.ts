// given (holds of a session) / when (it asks to call a tool) / then (allowed, or denied and by which hold).
import { describe, expect, it } from 'vitest'
import { applyEvent, nothingTouched } from '../model/reduce.ts'
import { emptyState } from '../model/state.ts'
import type { Capability, ControlAction } from '../protocol/control.ts'
import type { StoredEvent } from '../protocol/event.ts'
import { ControlId, SessionId } from '../protocol/ids.ts'
import { decideAtGate } from './gate-decision.ts'
import { capabilityOf } from './tool-capability.ts'

const session = SessionId.parse('ep-1')
type Ask = [action: ControlAction, capability?: Capability | undefined, lifts?: string]

/** A session whose controls are `c1`, `c2`, … in the order of `asks`. */
function given(...asks: Ask[]) {
  const state = emptyState()
  let seq = 0
  const add = (kind: string, data: object) => {
    const base = { v: 1, partition: 0, seq: ++seq, id: 'x', atMs: 1, seenAtMs: 1, trust: 'vigil', session }
    applyEvent(state, { ...base, kind, data } as unknown as StoredEvent, nothingTouched())
  }
  add('session.started', { held: 'none', abilities: [] })
  for (const [index, [action, capability, lifts]] of asks.entries()) {
    const control = ControlId.parse(`c${index + 1}`)
    const by = { type: 'operator', id: 'o', name: 'Ada' }
    add('control.requested', { control, action, by, reason: 'mining', capability, lifts: lifts ? [lifts] : [] })
  }
  return { add, session: () => state.sessions.get(session) }
}
const when = (asks: Ask[], tool: string) => {
  const { decision, control } = decideAtGate(given(...asks).session(), { tool, input: {} })
  return control === undefined ? decision : `${decision} by ${control}`
}

describe('the gate, by holds alone', () => {
  it('allows every call while nothing restricts the session, also of tools that it does not know', () => {
    expect(['Bash', 'Read', 'WebFetch', 'mcp__jira__create'].map((tool) => when([], tool))).toEqual(
      Array(4).fill('allow'),
    )
  })

  it('denies every session that it does not know, and every one that has ended', () => {
    expect(decideAtGate(undefined, { tool: 'Read', input: {} }).decision).toBe('deny')
    const ended = given()
    ended.add('session.ended', {})
    expect(decideAtGate(ended.session(), { tool: 'think', input: {} })).toMatchObject({ decision: 'deny' })
  })

  it('denies calls of a revoked capability, says which hold did it, and allows them once it is restored', () => {
    expect(when([['revoke', 'shell']], 'execute_bash')).toBe('deny by c1')
    expect(when([['revoke', 'shell']], 'Read')).toBe('allow')
    expect(when([['revoke', 'network']], 'WebFetch')).toBe('deny by c1')
    expect(
      when(
        [
          ['revoke', 'shell'],
          ['restore', 'shell', 'c1'],
        ],
        'Bash',
      ),
    ).toBe('allow')
    const { reason } = decideAtGate(given(['revoke', 'shell']).session(), { tool: 'bash', input: {} })
    expect(reason).toBe('shell is revoked for this session: revoke by Ada (mining)')
  })

  it('denies a shell call while files are revoked: a shell reads and writes files as well', () => {
    expect(when([['revoke', 'files']], 'Bash')).toBe('deny by c1')
    expect(when([['revoke', 'files']], 'WebFetch')).toBe('allow')
  })

  it('fails closed for a tool that it cannot classify while shell, files or network is revoked, and says so', () => {
    for (const capability of ['shell', 'files', 'network'] as const) {
      expect(when([['revoke', capability]], 'mcp__x__run')).toBe('deny by c1')
    }
    expect(when([['revoke', 'gpu']], 'mcp__x__run')).toBe('allow')
    const { reason } = decideAtGate(given(['revoke', 'network']).session(), { tool: 'mcp__x__run', input: {} })
    expect(reason).toContain('what this tool can reach is not known here')
  })

  it('denies every call of a contained session, harmless ones too, and a standing cause outlives another', () => {
    expect(when([['contain']], 'think')).toBe('deny by c1')
    expect(when([['contain'], ['contain'], ['release', undefined, 'c2']], 'Read')).toBe('deny by c1')
    expect(when([['contain'], ['release', undefined, 'c1']], 'Read')).toBe('allow')
  })

  it('takes upper and lower case alike, and no look-alike for the real name', () => {
    expect(['BASH', 'Execute_Bash', 'str_replace_editor', 'WebSearch', 'TodoWrite'].map(capabilityOf)).toEqual([
      'shell',
      'shell',
      'files',
      'network',
      'none',
    ])
    expect(['reаd', ' read', 'read\u200b', 'constructor', '__proto__'].map(capabilityOf)).toEqual(
      Array(5).fill('unknown'),
    )
  })
})
