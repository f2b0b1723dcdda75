// Whatever agents ask and people decide, in whatever order: nothing runs whose exact digest was not approved, or allowed by the policy.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { approvalsDue, decideApproval } from '../control/approvals.ts'
import { applyEvent, nothingTouched } from '../model/reduce.ts'
import { emptyState } from '../model/state.ts'
import type { EventInput, StoredEvent } from '../protocol/event.ts'
import { ApprovalId, SessionId } from '../protocol/ids.ts'
import { digestOf } from './gate.ts'
import { answerWith, decideCall, type GateAsk, type GateWriter, settleCall } from './gate-decide.ts'
import type { PipelinePort } from './ports.ts'

const session = SessionId.parse('ep-1')
const people = ['ann', 'ben'].map((id) => ({ type: 'operator' as const, id, name: id }))

function world() {
  const state = emptyState()
  const clock = { now: 1_790_000_000_000, nowMs: () => clock.now }
  let seq = 0
  const take = (events: readonly EventInput[]) => {
    for (const event of events) {
      seq += 1
      const id = `00000000-0000-4000-8000-${String(seq).padStart(12, '0')}`
      const stored = { partition: 0, seq, id, seenAtMs: clock.now, trust: 'vigil', ...event } as StoredEvent
      applyEvent(state, stored, nothingTouched())
    }
  }
  const pipeline = {
    state,
    async command(decide: Parameters<PipelinePort['command']>[0]) {
      const { result, events } = decide(state)
      take(events)
      return result
    },
  } as unknown as PipelinePort
  let approvals = 0
  const writer: GateWriter = {
    pipeline,
    clock,
    // Inputs from 5 on are risky.
    judge: (_state, { input }) => ({
      outcome: Number(input) < 5 ? 'allow' : 'ask',
      policy: 'risky',
      reason: undefined,
      withinMs: 10_000,
      severity: 'high',
      heldFor: [],
    }),
    newApprovalId: () => ApprovalId.parse(`apr-${++approvals}`),
  }
  take([{ v: 1, kind: 'session.started', atMs: clock.now, session, data: { held: 'none', abilities: [] } }])
  return { state, clock, writer, take, count: () => approvals }
}

const step = fc.oneof(
  fc.record({ do: fc.constant('ask' as const), call: fc.nat(3), input: fc.integer({ min: 3, max: 8 }) }),
  fc.record({ do: fc.constant('settle' as const), call: fc.nat(3), input: fc.integer({ min: 3, max: 8 }) }),
  fc.record({
    do: fc.constant('decide' as const),
    approval: fc.integer({ min: 1, max: 6 }),
    by: fc.nat(1),
    decision: fc.constantFrom('approve' as const, 'edit' as const, 'deny' as const),
    scope: fc.constantFrom('once' as const, 'session' as const, 'hour' as const),
    edited: fc.integer({ min: 3, max: 8 }),
    /** A caller waits for it meanwhile, with this call and input: it is answered in the same transaction. */
    waits: fc.option(fc.record({ call: fc.nat(3), input: fc.integer({ min: 3, max: 8 }) })),
  }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 4_000, 11_000, 3_700_000) }),
  fc.record({ do: fc.constant('due' as const) }),
)

it('lets nothing through whose exact digest was not approved or allowed by policy, and each "once" one time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { state, clock, writer, take } = world()
      /** Digests that people let through, with how often they still may. */
      const mayRun = new Map<string, number>()
      const granted: { digest: string; untilMs: number }[] = []
      const digest = (input: number) => digestOf({ session, tool: 'Bash', input })
      const askOf = (call: number, input: number): GateAsk => ({
        session,
        call: `c${call}`,
        tool: 'Bash',
        input: String(input),
        cwd: undefined,
        digest: digest(input),
        askedBy: { type: 'key', id: 'k', name: 'k' },
        untilMs: clock.now + 60_000,
        door: undefined,
        deadlineMs: 60_000,
        lastMs: clock.now + 61_000,
      })
      const check = (ask: GateAsk, answer: Awaited<ReturnType<typeof decideCall>>) => {
        if (answer === undefined || answer.decision === 'wait' || answer.decision === 'deny') return
        const runs = answer.decision === 'edit' ? digest(Number(answer.input)) : ask.digest
        if (answer.decision === 'allow' && Number(ask.input) < 5 && answer.approval === undefined) return
        const isGranted = granted.some((grant) => grant.digest === runs && clock.now < grant.untilMs)
        const left = mayRun.get(runs) ?? 0
        expect(isGranted || left > 0, `${answer.decision} of ${ask.input} was approved`).toBe(true)
        if (!isGranted) mayRun.set(runs, left - 1)
      }
      for (const each of steps) {
        if (each.do === 'wait') clock.now += each.ms
        else if (each.do === 'due') take(approvalsDue(state, clock.now))
        else if (each.do === 'decide') {
          const approval = ApprovalId.parse(`apr-${each.approval}`)
          const known = state.approvals.get(approval)
          const edited = { input: String(each.edited), digest: digest(each.edited) }
          const decided = decideApproval(state, {
            approval,
            by: people[each.by] as (typeof people)[number],
            role: 'responder',
            decision: each.decision,
            scope: each.scope,
            edited,
            nowMs: clock.now,
          })
          if (!decided.ok) continue
          // The same from the same person again: answered, and nothing of it is new.
          if (known?.decided) {
            expect(decided.events, 'the first decision counts').toEqual([])
            expect(known.decided.by.id).toBe(people[each.by]?.id)
            continue
          }
          const waits = each.waits && askOf(each.waits.call, each.waits.input)
          const along = waits && decided.events[0] ? answerWith(state, waits, decided.events[0], clock.now) : undefined
          take([...decided.events, ...(along?.events ?? [])])
          if (each.decision === 'approve') {
            mayRun.set(known?.digest ?? '', (mayRun.get(known?.digest ?? '') ?? 0) + 1)
            if (each.scope !== 'once')
              granted.push({
                digest: known?.digest ?? '',
                untilMs: each.scope === 'hour' ? clock.now + 3_600_000 : Number.POSITIVE_INFINITY,
              })
          }
          if (each.decision === 'edit') mayRun.set(edited.digest, (mayRun.get(edited.digest) ?? 0) + 1)
          if (waits && along) check(waits, along.answer)
        } else {
          const ask = askOf(each.call, each.input)
          check(ask, await (each.do === 'ask' ? decideCall : settleCall)(writer, ask, () => false))
        }
      }
    }),
    { numRuns: 1_000 },
  )
})
