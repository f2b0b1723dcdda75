// Actions that wait for a person, on a real server: real PostgreSQL, real rules, real waits; and a server that dies meanwhile.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decideApproval } from './control/approvals.ts'
import { emptyState } from './model/state.ts'
import type { Actor } from './protocol/actor.ts'
import type { ApprovalView } from './protocol/approval.ts'
import { ApprovalId, CallId, SessionId } from './protocol/ids.ts'
import { startForTest, type TestServer, testAdmin } from './start-for-test.ts'

let server: TestServer
beforeAll(async () => {
  server = await startForTest()
})
afterAll(async () => {
  await server.stop()
})

type Answer = {
  status: number
  decision?: string
  reason?: string
  approval?: string
  input?: unknown
  title?: string
  detail?: string
}
const json = { 'content-type': 'application/json' }
const tunnel = { command: 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40' }
let calls = 0

async function ask(session: string, input: unknown = tunnel, more: object = {}): Promise<Answer> {
  const body = JSON.stringify({ session, callId: `call-${++calls}`, tool: 'Bash', input, deadlineMs: 20_000, ...more })
  const answer = await server.api('/api/gate', { method: 'POST', headers: json, body })
  return { status: answer.status, ...((await answer.json()) as object) }
}
async function start(session: string): Promise<void> {
  const event = { v: 1, kind: 'session.started', atMs: Date.now(), session, data: { held: 'none', abilities: [] } }
  await server.api('/api/ingest/events', { method: 'POST', body: JSON.stringify(event) })
}
const approvals = async (query = 'state=waiting') =>
  ((await (await server.api(`/api/approvals?${query}`)).json()) as { approvals: ApprovalView[] }).approvals
async function waitingOf(session: string, count = 1): Promise<ApprovalView[]> {
  for (let tries = 0; tries < 250; tries += 1) {
    const found = await approvals(`state=waiting&session=${session}`)
    if (found.length >= count) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`no approval of ${session} waits within 5 s`)
}
let cookie: Record<string, string> | undefined
/** Decided by a signed-in person: the key that asks can never decide. */
async function decide(approval: ApprovalView | undefined, decision: string, more: object = {}): Promise<Answer> {
  cookie ??= await signIn(testAdmin.email, testAdmin.password)
  return decideAs(cookie, approval, decision, more)
}
async function decideAs(
  headers: Record<string, string>,
  approval: ApprovalView | undefined,
  decision: string,
  more: object = {},
) {
  const answer = await fetch(`${server.url}/api/approvals/${approval?.approval}/decision`, {
    method: 'POST',
    headers: { ...json, origin: server.url, ...headers },
    body: JSON.stringify({ decision, digest: approval?.digest, ...more }),
  })
  return { status: answer.status, ...((await answer.json()) as object) } as Answer
}
async function signIn(email: string, password: string): Promise<Record<string, string>> {
  const answer = await fetch(`${server.url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { ...json, origin: server.url },
    body: JSON.stringify({ email, password }),
  })
  expect(answer.status).toBe(200)
  return {
    cookie: answer.headers
      .getSetCookie()
      .map((each) => each.split(';', 1)[0])
      .join('; '),
  }
}
const eventsOf = async (session: string, kinds: string) =>
  (
    (await (await server.api(`/api/sessions/${session}/events?kinds=${kinds}`)).json()) as {
      events: { kind: string; seq: number; seenAtMs: number; data: Record<string, unknown> }[]
    }
  ).events

describe('an action that would page', () => {
  it('waits for a person, with the reasons that rules give, and runs when it is approved', async () => {
    await start('ep-1')
    expect(await ask('ep-1', { command: 'git status' })).toMatchObject({ status: 200, decision: 'allow' })
    const asked = ask('ep-1')
    const [card] = await waitingOf('ep-1')
    expect(card).toMatchObject({ tool: 'Bash', capability: 'shell', people: 1, input: JSON.stringify(tunnel), used: 0 })
    expect(['high', 'critical']).toContain(card?.severity)
    expect(card?.heldFor[0]?.matched.map(({ value }) => value).join()).toContain('-R')
    expect(await decide(card, 'approve')).toMatchObject({ status: 200 })
    expect(await asked).toMatchObject({ status: 200, decision: 'allow', approval: card?.approval })
    expect(
      (await eventsOf('ep-1', 'approval.requested,approval.decided,approval.used')).map(({ kind }) => kind),
    ).toEqual(['approval.requested', 'approval.decided', 'approval.used'])
  })

  it('is answered by what went on record with the decision: one commit holds it, its use and the answer', async () => {
    await start('ep-one-commit')
    const asked = ask('ep-one-commit')
    const [card] = await waitingOf('ep-one-commit')
    await decide(card, 'approve')
    expect(await asked).toMatchObject({ decision: 'allow' })
    const facts = await eventsOf('ep-one-commit', 'approval.decided,approval.used,gate.decided')
    expect(facts.map(({ kind }) => kind)).toEqual(['approval.decided', 'approval.used', 'gate.decided'])
    expect(new Set(facts.map(({ seenAtMs }) => seenAtMs)).size, 'one batch has one time').toBe(1)
    expect(facts.map(({ seq }) => seq - (facts[0]?.seq ?? 0))).toEqual([0, 1, 2])
  })

  it('is denied with the operator’s reason, and the agent is told', async () => {
    await start('ep-2')
    const asked = ask('ep-2')
    const [card] = await waitingOf('ep-2')
    await decide(card, 'deny', { reason: 'use the bastion instead' })
    expect(await asked).toMatchObject({ decision: 'deny', reason: expect.stringContaining('use the bastion instead') })
  })

  it('is denied before the caller’s own deadline when nobody decides, and a late decision is refused with the reason', async () => {
    await start('ep-3')
    const startedMs = Date.now()
    const asked = ask('ep-3', tunnel, { deadlineMs: 2_000 })
    const [card] = await waitingOf('ep-3')
    expect(await asked).toMatchObject({ decision: 'deny' })
    expect(Date.now() - startedMs).toBeLessThan(2_000)
    const late = await decide(card, 'approve')
    expect(late.status).toBe(409)
    expect(['Too late', 'Decided already']).toContain(late.title)
  })

  it('runs as the person edited it, and not as the agent asked', async () => {
    await start('ep-4')
    const asked = ask('ep-4')
    const [card] = await waitingOf('ep-4')
    await decide(card, 'edit', { input: { command: 'echo no tunnel' }, reason: 'this instead' })
    expect(await asked).toMatchObject({ decision: 'edit', input: { command: 'echo no tunnel' } })
  })

  it('is let through once: the same call again, and the same call with another argument, are refused', async () => {
    await start('ep-5')
    const asked = ask('ep-5', tunnel, { callId: 'same' })
    const [card] = await waitingOf('ep-5')
    await decide(card, 'approve')
    expect(await asked).toMatchObject({ decision: 'allow' })
    expect(await ask('ep-5', tunnel, { callId: 'same' })).toMatchObject({
      decision: 'deny',
      reason: expect.stringContaining('used already'),
    })
    expect(await ask('ep-5', { command: 'ssh -R 1:localhost:1 x@203.0.113.9' }, { callId: 'same' })).toMatchObject({
      decision: 'deny',
      reason: expect.stringContaining('other arguments'),
    })
  })

  it('may be approved for the whole session: exactly the same again runs at once, anything else does not', async () => {
    await start('ep-6')
    const asked = ask('ep-6')
    const [card] = await waitingOf('ep-6')
    await decide(card, 'approve', { scope: 'session' })
    expect(await asked).toMatchObject({ decision: 'allow' })
    expect(await ask('ep-6')).toMatchObject({ decision: 'allow', approval: card?.approval })
    expect(await ask('ep-6', { command: `${tunnel.command} ` }, { deadlineMs: 300 })).toMatchObject({
      decision: 'deny',
    })
  })
})

describe('a rule whose automatic response is to hold', () => {
  it('makes an action wait that the policy would let run', async () => {
    const id = '11111111-2222-4333-8444-555555555556'
    const text = `title: Runs frobnicate
id: ${id}
logsource: {product: linux, category: process_creation}
detection:
  selection: {Image|endswith: '/frobnicate'}
  condition: selection
level: medium
`
    const put = async (path: string, body: object) =>
      (await server.api(path, { method: 'PUT', headers: json, body: JSON.stringify(body) })).status
    expect(await put('/api/rule-documents', { name: 'console/mild.yml', text, base: 0 })).toBe(200)
    await start('ep-hold')
    const mild = { command: 'frobnicate --now' }
    expect(await ask('ep-hold', mild)).toMatchObject({ decision: 'allow' })
    expect(await put(`/api/rules/${id}/settings`, { automatic: { action: 'hold', minutes: 5 } })).toBe(200)
    const asked = ask('ep-hold', mild)
    const [card] = await waitingOf('ep-hold')
    expect(card?.policy).toContain('rule "')
    await decide(card, 'deny')
    expect(await asked).toMatchObject({ decision: 'deny' })
  })
})

describe('an action that cannot be read to its end', () => {
  it('waits as well: a tunnel behind sixty thousand characters does not pass as nothing', async () => {
    await start('ep-long')
    const padded = { command: `echo ${'a '.repeat(25_000)}; ${'('.repeat(200)} ${tunnel.command}` }
    const asked = ask('ep-long', padded)
    const [card] = await waitingOf('ep-long')
    expect(card?.heldFor.map(({ rule }) => rule).length).toBeGreaterThan(0)
    await decide(card, 'deny')
    expect(await asked).toMatchObject({ decision: 'deny' })
  })
})

describe('who may decide', () => {
  it('is never who asked, and never a key that only reports', async () => {
    await start('ep-7')
    const asked = ask('ep-7', tunnel, { deadlineMs: 3_000 })
    const [card] = await waitingOf('ep-7')
    const own = await server.api(`/api/approvals/${card?.approval}/decision`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ decision: 'approve' }),
    })
    expect([own.status, await own.json()]).toMatchObject([403, { detail: 'who asked cannot decide' }])
    const made = await server.api('/api/keys', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ name: 'gate', scopes: ['ingest'] }),
    })
    const { key } = (await made.json()) as { key: string }
    expect((await decideAs({ authorization: `Bearer ${key}` }, card, 'approve')).status).toBe(403)
    expect(await decide(card, 'approve', { digest: 'a'.repeat(64) })).toMatchObject({
      status: 409,
      title: 'Another action',
    })
    await decide(card, 'deny')
    await asked
  })

  it('is whoever was first: two decisions at once are one, and the other is told whose', async () => {
    await start('ep-8')
    const asked = ask('ep-8')
    const [card] = await waitingOf('ep-8')
    const both = await Promise.all([decide(card, 'approve'), decide(card, 'deny')])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
    expect(both.find(({ status }) => status === 409)?.detail).toContain('the first decision counts')
    expect((await asked).decision).toBe(both[0]?.status === 200 ? 'allow' : 'deny')
  })
})

describe('a decision that is sent again because its answer was lost', () => {
  it('has the same answer and is on record once; another decision, reason or person is still refused', async () => {
    await start('ep-again')
    const asked = ask('ep-again')
    const [card] = await waitingOf('ep-again')
    const words = { reason: 'use the bastion' }
    const [first, second] = await Promise.all([decide(card, 'deny', words), decide(card, 'deny', words)])
    expect([first.status, second.status]).toEqual([200, 200])
    expect(await decide(card, 'deny', words)).toEqual(first)
    expect(await asked).toMatchObject({ decision: 'deny' })
    expect(await eventsOf('ep-again', 'approval.decided')).toHaveLength(1)
    for (const [decision, more] of [
      ['approve', words],
      ['deny', {}],
      ['deny', { ...words, digest: 'a'.repeat(64) }],
    ] as const)
      expect(await decide(card, decision, more)).toMatchObject({ status: 409, title: 'Decided already' })
  })

  it('counts once among two people as well: the first who says yes twice is still the first', () => {
    const state = emptyState()
    const ann = { type: 'operator', id: 'ann', name: 'Ann' } as const
    const ben = { type: 'operator', id: 'ben', name: 'Ben' } as const
    const approval = ApprovalId.parse('apr-two')
    state.approvals.set(approval, {
      ...{ approval, session: SessionId.parse('ep-two'), call: CallId.parse('c'), tool: 'Bash', input: '{}' },
      ...{ digest: 'a'.repeat(64), severity: 'high', people: 2, policy: 'two', heldFor: [] },
      ...{ askedBy: { type: 'key', id: 'k', name: 'k' }, askedAtMs: 0, expiresAtMs: 1_000, endorsedBy: [], used: 0 },
    })
    const say = (by: Actor, nowMs = 500) =>
      decideApproval(state, { approval, by, role: 'responder', decision: 'approve', scope: 'once', nowMs })
    expect(say(ann)).toMatchObject({ events: [{ kind: 'approval.endorsed' }] })
    state.approvals.get(approval)?.endorsedBy.push(ann)
    expect(say(ann)).toEqual({ ok: true, events: [] })
    expect(say(ann, 2_000)).toMatchObject({ ok: false, refusal: { title: 'Too late' } })
    expect(say(ben)).toMatchObject({ events: [{ kind: 'approval.decided', data: { by: ben } }] })
  })
})

describe('holds', () => {
  it('go before any approval: what was approved does not run when a hold came meanwhile', async () => {
    await start('ep-9')
    const asked = ask('ep-9')
    const [card] = await waitingOf('ep-9')
    const revoke = await server.api('/api/sessions/ep-9/controls', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ action: 'revoke', capability: 'shell', reason: 'stop' }),
    })
    expect(revoke.status).toBe(202)
    await decide(card, 'approve')
    expect(await asked).toMatchObject({ decision: 'deny', reason: expect.stringContaining('shell is revoked') })
  })
})

describe('a call that was denied and ran all the same', () => {
  it('is flagged as a bypass of the gate; one that was allowed and ran is not', async () => {
    const ran = async (session: string, call: string) => {
      const event = { v: 1, kind: 'action.ended', atMs: Date.now(), session, data: { call, outcome: 'ok' } }
      expect((await server.api('/api/ingest/events', { method: 'POST', body: JSON.stringify(event) })).status).toBe(200)
    }
    const flagsOf = async (session: string) => await eventsOf(session, 'flag.raised')
    for (const session of ['ep-honest', 'ep-bypass']) await start(session)
    expect(await ask('ep-honest', { command: 'ls' }, { callId: 'c-1' })).toMatchObject({ decision: 'allow' })
    await ran('ep-honest', 'c-1')
    const asked = ask('ep-bypass', tunnel, { callId: 'c-1' })
    const [card] = await waitingOf('ep-bypass')
    await decide(card, 'deny')
    expect(await asked).toMatchObject({ decision: 'deny' })
    await ran('ep-bypass', 'c-1')
    for (let tries = 0; tries < 250 && (await flagsOf('ep-bypass')).length === 0; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await flagsOf('ep-bypass')).map(({ data }) => [data.rule, data.severity, data.call])).toEqual([
      ['vigil-gate-bypassed', 'high', 'c-1'],
    ])
    expect(await flagsOf('ep-honest')).toEqual([])
  })
})

describe('a server that dies while an action is held', () => {
  it('lets nothing run, finds the same approval again, and the call goes on where it was', async () => {
    await start('ep-10')
    const first = ask('ep-10', tunnel, { callId: 'held', deadlineMs: 60_000 }).catch(() => undefined)
    const [card] = await waitingOf('ep-10')
    await server.restart()
    expect((await first)?.decision, 'the wait ended without an answer that lets it run').not.toBe('allow')
    cookie = undefined
    const again = ask('ep-10', tunnel, { callId: 'held', deadlineMs: 60_000 })
    const waiting = await waitingOf('ep-10')
    expect(waiting.map(({ approval }) => approval)).toEqual([card?.approval])
    await decide(card, 'approve')
    expect(await again).toMatchObject({ decision: 'allow', approval: card?.approval })
  })
})

describe('two hundred calls held at once', () => {
  it('are each decided once, from two sides, and none is lost', async () => {
    const sessions = Array.from({ length: 20 }, (_, n) => `many-${n}`)
    for (const session of sessions) await start(session)
    const asked: Promise<Answer>[] = []
    for (let round = 0; round < 10; round += 1) {
      const batch = sessions.map((session) =>
        ask(session, { command: `${tunnel.command} # ${round}` }, { deadlineMs: 600_000 }),
      )
      asked.push(...batch)
      for (const session of sessions) await waitingOf(session, round + 1)
    }
    const cards = await approvals('state=waiting&limit=1000')
    expect(cards).toHaveLength(200)
    const sides = [
      ...cards.map((card) => decide(card, 'approve')),
      ...[...cards].reverse().map((card) => decide(card, 'deny')),
    ]
    const decided = await Promise.all(sides)
    expect(decided.filter(({ status }) => status === 200)).toHaveLength(200)
    expect(decided.filter(({ status }) => status === 409)).toHaveLength(200)
    const answers = await Promise.all(asked)
    const approved = decided.slice(0, 200).filter(({ status }) => status === 200).length
    expect(answers.filter(({ decision }) => decision === 'allow')).toHaveLength(approved)
    expect(answers.filter(({ decision }) => decision === 'deny')).toHaveLength(200 - approved)
    expect(await approvals()).toEqual([])
  }, 120_000)
})
