// What Claude Code is told when the gate itself fails: with a gate in the test's hands.
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { emptyState } from '../model/state.ts'
import { createApiApp } from './api-app.ts'
import { createBodyBudget } from './body-budget.ts'
import { claudeCodeHookRoutes } from './claude-code-hook-routes.ts'
import type { DeliveryPorts } from './deliver-facts.ts'
import type { Gate } from './gate.ts'
import type { KeyRecord } from './identity.ts'
import { ProblemError } from './problem.ts'

const key: KeyRecord = { id: 'k', name: 'k', hash: '', hint: '', scopes: ['ingest'], createdAtMs: 0 }

async function post(gate: Partial<Gate>, pipeline: object, timeoutMs = 1_000) {
  const ports = { pipeline: { state: emptyState(), ...pipeline }, clock: { nowMs: () => Date.now() } }
  const options = {
    gate: { requireMayAsk: (caller) => caller as never, ...gate } as Gate,
    formats: { get: () => undefined } as never,
    ports: ports as unknown as DeliveryPorts,
    budget: createBodyBudget(2 * 1024 * 1024),
  }
  const app = createApiApp({
    identify: async () => ({ type: 'key', key }),
    onError: () => undefined,
    routes: [claudeCodeHookRoutes(options)],
  })
  const body = { hook_event_name: 'PreToolUse', session_id: 's', tool_name: 'Bash', tool_use_id: 'c', tool_input: {} }
  const incoming = Object.assign(Readable.from([Buffer.from(JSON.stringify(body))]), { headers: {} })
  const answer = await app.request(`/hooks/claude-code?timeoutMs=${timeoutMs}`, { method: 'POST' }, { incoming })
  const { hookSpecificOutput } = (await answer.json()) as { hookSpecificOutput: { [name: string]: string } }
  const { permissionDecision, permissionDecisionReason } = hookSpecificOutput
  return [answer.status, permissionDecision, answer.headers.get('retry-after'), permissionDecisionReason]
}
const accepts = { submit: async () => ({}) }

it('denies when the gate could not decide, and says that asking again may help', async () => {
  const ask = async () => {
    throw new ProblemError(503, 'Not decided', 'the decision was not on record in time')
  }
  const why = expect.stringContaining('the decision was not on record in time')
  expect(await post({ ask }, accepts)).toEqual([200, 'deny', '1', why])
})

it('denies when the gate breaks', async () => {
  const ask = async () => {
    throw new TypeError('a fault of ours')
  }
  expect(await post({ ask }, accepts)).toEqual([200, 'deny', null, expect.stringContaining('Internal error')])
})

it('denies, within its time, when the database takes no session', async () => {
  const ask = async () => ({ decision: 'allow' as const, reason: 'never asked' })
  const why = expect.stringContaining('the session could not be put on record')
  const refuses = { submit: async () => Promise.reject(new Error('gone')) }
  expect(await post({ ask }, refuses)).toEqual([200, 'deny', '1', why])
  const hangs = { submit: () => new Promise(() => undefined) }
  expect(await post({ ask }, hangs, 100)).toEqual([200, 'deny', '1', why])
})
