// What tests of the gate's doors share: a policy that holds, keys that ask, and a person who decides. For tests only.
import type { TestServer } from './start-for-test.ts'

const json = { 'content-type': 'application/json' }

/** `Bash` waits for a person, `WebFetch` is denied, the rest runs; a call whose tool ends in `ask` or `never` likewise. */
const policyText = `rules:
  - name: Commands wait for a person
    when: { tools: [Bash, mcp__tiny__ask] }
    do: ask
  - name: Nothing is fetched
    when: { tools: [WebFetch, mcp__tiny__never] }
    do: deny
    reason: this run works offline
otherwise: { all: allow }
`

async function call<T>(server: TestServer, method: string, path: string, body?: object): Promise<T> {
  const answer = await server.api(path, { method, headers: json, ...(body && { body: JSON.stringify(body) }) })
  const said = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${said}`)
  return JSON.parse(said) as T
}

export async function holdCommands(server: TestServer): Promise<void> {
  await call(server, 'PUT', '/api/rule-documents', { name: 'policy.yml', text: policyText, base: 0 })
}

/** A key of its own: who asks cannot decide. */
export async function keyToAsk(server: TestServer, more: object = {}): Promise<string> {
  const made = await call<{ key: string }>(server, 'POST', '/api/keys', { name: 'asks', scopes: ['ingest'], ...more })
  return made.key
}

export async function startSession(server: TestServer, session: string): Promise<void> {
  const event = { v: 1, kind: 'session.started', atMs: Date.now(), session, data: { held: 'none', abilities: [] } }
  await server.api('/api/ingest/events', { method: 'POST', body: JSON.stringify(event) })
}

export type Waiting = { approval: string; session: string; call: string; tool: string }

/** Resolves to the call of this session that waits for a person. */
export async function waitingOf(server: TestServer, session: string): Promise<Waiting> {
  for (let tries = 0; tries < 400; tries += 1) {
    const { approvals } = await call<{ approvals: Waiting[] }>(server, 'GET', '/api/approvals?state=waiting')
    const found = approvals.find((each) => each.session === session)
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`nothing of ${session} waits for a person`)
}

export async function decide(server: TestServer, approval: string, decision: object): Promise<void> {
  await call(server, 'POST', `/api/approvals/${approval}/decision`, decision)
}
