// What the gate does when its answer comes too late: with a writer in the test's hands.
import { expect, it } from 'vitest'
import { emptyState } from '../model/state.ts'
import type { EventInput } from '../protocol/event.ts'
import { ApprovalId, SessionId } from '../protocol/ids.ts'
import { createApiApp } from './api-app.ts'
import { createGate } from './gate.ts'
import { allowAll } from './gate-judge-port.ts'
import { gateRoutes } from './gate-routes.ts'
import type { KeyRecord } from './identity.ts'
import type { PipelinePort } from './ports.ts'

const session = SessionId.parse('ep-1')
const key: KeyRecord = { id: 'k', name: 'k', hash: '', hint: '', scopes: ['ingest'], createdAtMs: 0 }

/** The writer decides at once or only when told, and answers when `commit` resolves. */
function gateWith(isDecidedAtOnce: boolean) {
  const state = emptyState()
  state.sessions.set(session, { session, holds: [] } as never)
  const written: EventInput[] = []
  let commit = () => {}
  const database = new Promise<void>((resolve) => {
    commit = resolve
  })
  const pipeline = {
    state,
    onCommit: () => undefined,
    async command(decide: Parameters<PipelinePort['command']>[0]) {
      const early = isDecidedAtOnce ? decide(state) : undefined
      await database
      const { result, events } = early ?? decide(state)
      written.push(...events)
      return result
    },
  } as unknown as PipelinePort
  const routes = [
    gateRoutes(
      createGate({
        pipeline,
        clock: { nowMs: () => 1 },
        judge: allowAll,
        newApprovalId: () => ApprovalId.parse('apr-1'),
      }),
    ),
  ]
  const app = createApiApp({ identify: async () => ({ type: 'key', key }), onError: () => undefined, routes })
  const ask = (who: string = session) =>
    app.request('/api/gate', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ session: who, callId: 'c', tool: 'Bash', input: {}, deadlineMs: 10 }),
    })
  const decisions = () => written.map((event) => 'decision' in event.data && event.data.decision)
  const settle = async () => {
    commit()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { ask, decisions, settle }
}

it('corrects an "allow" that became durable after nobody waited for it any more: the log ends with a denial', async () => {
  const gate = gateWith(true)
  const answer = await gate.ask()
  expect([answer.status, await answer.json()]).toMatchObject([503, { decision: 'deny' }])
  await gate.settle()
  expect(gate.decisions()).toEqual(['allow', 'deny'])
})

it('decides nothing at all for a call whose caller has gone before its turn came', async () => {
  const gate = gateWith(false)
  expect((await gate.ask()).status).toBe(503)
  await gate.settle()
  expect(gate.decisions()).toEqual([])
})

it('lets eight asks of a session wait and 256 in all, denies what is beyond, and has room again once they were settled', async () => {
  const gate = gateWith(false)
  const reasons = async (who: string[]) => {
    const answers = await Promise.all(who.map((each) => gate.ask(each)))
    expect(new Set(answers.map((each) => each.status))).toEqual(new Set([503]))
    const said = (await Promise.all(answers.map((each) => each.json()))) as { decision: string; reason: string }[]
    expect(new Set(said.map((each) => each.decision))).toEqual(new Set(['deny']))
    return said.map((each) => each.reason)
  }
  const late = 'the decision was not on record in time'
  expect(await reasons(Array(9).fill('ep-1'))).toEqual([
    ...Array(8).fill(late),
    '8 calls of this session are waiting for a decision already',
  ])
  const others = Array.from({ length: 249 }, (_, index) => `other-${index}`)
  expect(await reasons(others)).toEqual([...Array(248).fill(late), 'too many calls are waiting for a decision'])
  await gate.settle()
  expect((await gate.ask()).status).toBe(200)
})
