// LangChain's own agent and human-in-the-loop middleware, a scripted model, and a real Vigil that decides.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decide, holdCommands, keyToAsk, startSession, waitingOf } from '../server/gate-for-test.ts'
import { startForTest, type TestServer } from '../server/start-for-test.ts'
import { gate } from './gate.ts'
import { type AskGate, decideActionRequests } from './langchain.ts'
import { runAgent } from './langchain-agent.test-fixture.mjs'

describe('an agent of LangChain', () => {
  let server: TestServer
  let key: string
  let isStopped = false
  beforeAll(async () => {
    server = await startForTest()
    await holdCommands(server)
    key = await keyToAsk(server)
    await startSession(server, 'chain')
  }, 60_000)
  afterAll(async () => {
    if (!isStopped) await server.stop()
  })

  /** Gives what ran, and what the model was told. */
  async function run(calls: { name: string; args: { text: string } }[], deadlineMs = 20_000) {
    const { ranBefore, ran, told } = await runAgent(calls, (request, interrupt) =>
      decideActionRequests(request, ({ tool, input, index }) =>
        gate({ session: 'chain', callId: `${interrupt}-${index}`, tool, input }, { url: server.url, key, deadlineMs }),
      ),
    )
    expect(ranBefore, 'nothing runs before it was asked about').toEqual([])
    return { ran, told }
  }
  const one = (name: string, text: string) => [{ name, args: { text } }]

  it('runs what the policy allows; is told why something was denied, which did not run', async () => {
    expect((await run(one('Read', 'a'))).ran).toEqual(['Read a'])
    const denied = await run(one('WebFetch', 'b'))
    expect(denied).toEqual({ ran: [], told: [expect.stringContaining('this run works offline')] })
  })

  it('waits for a person: approved it runs, edited it runs as it was edited, denied it does not', async () => {
    const held = async (decision: object) => {
      const running = run(one('Bash', 'asked'))
      await decide(server, (await waitingOf(server, 'chain')).approval, decision)
      return await running
    }
    expect((await held({ decision: 'approve' })).ran).toEqual(['Bash asked'])
    expect((await held({ decision: 'edit', input: { text: 'edited' } })).ran).toEqual(['Bash edited'])
    const denied = await held({ decision: 'deny', reason: 'not on a Friday' })
    expect(denied).toEqual({ ran: [], told: [expect.stringContaining('not on a Friday')] })
  })

  it('decides each of several calls; where one is denied, LangChain runs none of those that were asked about', async () => {
    const free = [...one('Read', 'a'), ...one('Read', 'b')]
    expect((await run(free)).ran.sort()).toEqual(['Read a', 'Read b'])
    expect((await run([...free, ...one('WebFetch', 'c')])).ran).toEqual([])
  })

  it('runs nothing once the server is gone', async () => {
    isStopped = true
    await server.stop()
    const said = await run(one('Read', 'a'), 1_000)
    expect(said).toEqual({ ran: [], told: [expect.stringContaining('cannot be reached')] })
  }, 60_000)
})

describe('a request', () => {
  const request = (allowedDecisions: string[]) => ({
    actionRequests: [{ name: 'a', args: { x: 1 } }],
    reviewConfigs: [{ actionName: 'a', allowedDecisions }],
  })
  const saying = (answer: Awaited<ReturnType<AskGate>>) => async () => answer

  it('is not edited where an edit is not allowed, nor approved where an approval is not: it is rejected', async () => {
    const edit = saying({ decision: 'edit', reason: '', input: {} })
    const rejected = { decisions: [{ type: 'reject', message: expect.any(String) }] }
    expect(await decideActionRequests(request(['approve', 'reject']), edit)).toEqual(rejected)
    expect(await decideActionRequests(request(['edit', 'reject']), saying({ decision: 'allow', reason: '' }))).toEqual(
      rejected,
    )
  })

  it.each<[string, unknown]>([
    ['may not be rejected and is denied', request(['approve'])],
    ['has no decisions that are allowed', { ...request([]), reviewConfigs: [] }],
    ['is none', {}],
    ['holds something that is no action', { ...request(['reject']), actionRequests: [{ name: 'a' }] }],
  ])('that %s is not answered at all', async (_, asked) => {
    await expect(decideActionRequests(asked, saying({ decision: 'deny', reason: '' }))).rejects.toThrow('do not resume')
  })

  it('is never approved or edited in a part that the gate did not allow, whatever the gate says or throws', async () => {
    const answer = fc.oneof(
      fc.constantFrom('throws' as const, undefined, null, {}),
      fc.record({
        decision: fc.constantFrom('allow', 'deny', 'edit', 'ALLOW', 1),
        reason: fc.string(),
        input: fc.jsonValue(),
      }),
    )
    const allowed = fc.subarray(['approve', 'edit', 'reject', 'respond'])
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(answer, allowed), { minLength: 1, maxLength: 4 }), async (actions) => {
        const asked = {
          actionRequests: actions.map((_, index) => ({ name: `t${index}`, args: { index } })),
          reviewConfigs: actions.map(([, allowedDecisions], index) => ({ actionName: `t${index}`, allowedDecisions })),
        }
        const ask = async ({ index }: { index: number }) => {
          const said = actions[index]?.[0]
          if (said === 'throws') throw new Error('gone')
          return said as never
        }
        const answered = await decideActionRequests(asked, ask).catch(() => undefined)
        if (!answered) return
        expect(answered.decisions).toHaveLength(actions.length)
        for (const [index, decision] of answered.decisions.entries()) {
          const [said, may] = actions[index] as [{ decision?: unknown; input?: unknown } | null, string[]]
          expect(may).toContain(decision.type)
          if (decision.type === 'approve') expect(said?.decision).toBe('allow')
          if (decision.type === 'edit')
            expect([said?.decision, decision.editedAction]).toEqual(['edit', { name: `t${index}`, args: said?.input }])
        }
      }),
    )
  })
})
