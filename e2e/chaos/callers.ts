// Agents that ask the gate before they act, again with the same call id until they are answered. Everything they ever hear is kept.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Api, textIn } from './api.ts'

/** Commands with "deploy" wait for a person; others run. */
export const gatePolicy = `rules:
  - name: Deployments wait for a person
    when: { tools: [Deploy] }
    do: ask
otherwise: { all: allow }
`
const deadlineMs = 15_000
const giveUpMs = 45_000

export type AskedCall = { session: string; call: string; mustAsk: boolean; answers: string[] }
export type Callers = { calls: readonly AskedCall[]; stop(): Promise<void> }

export async function startCallers(api: Api, prefix: string, count: number): Promise<Callers> {
  const calls: AskedCall[] = []
  let stopping = false
  async function ask(asked: AskedCall, deep: number): Promise<void> {
    const { session, call, mustAsk } = asked
    const body = { session, callId: call, tool: mustAsk ? 'Deploy' : 'Make', input: { target: `t${deep}` }, deadlineMs }
    const untilMs = performance.now() + giveUpMs
    while (performance.now() < untilMs) {
      const answer = await api.call('POST', '/api/gate', body, deadlineMs + 5_000)
      const decision = answer?.status === 200 ? textIn(answer, 'decision') : undefined
      if (decision !== undefined) {
        asked.answers.push(decision)
        return
      }
      if (stopping) return
      await sleep(300)
    }
  }
  async function run(session: string): Promise<void> {
    for (let n = 1; !stopping; n += 1) {
      const asked = { session, call: `${session}-${n}`, mustAsk: n % 2 === 0, answers: [] }
      calls.push(asked)
      await ask(asked, n)
      // Asked once more with the same id: what was let through once is not let through again under another answer.
      if (n % 5 === 0) await ask(asked, n)
      await sleep(150)
    }
  }
  const sessions = Array.from({ length: count }, (_, index) => `${prefix}-gate-${index}`)
  for (const session of sessions) await known(api, session)
  const running = Promise.all(sessions.map(run))
  return {
    calls,
    async stop() {
      stopping = true
      await running
    },
  }
}

/** The gate denies who is not known. */
async function known(api: Api, session: string): Promise<void> {
  const event = { v: 1, kind: 'session.started', atMs: Date.now(), session, data: { held: 'none', abilities: [] } }
  const answer = await api.call('POST', '/api/ingest/events', event)
  if (answer?.status !== 200) throw new Error(`the session ${session} was not taken: ${JSON.stringify(answer)}`)
}
