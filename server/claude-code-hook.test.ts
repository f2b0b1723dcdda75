// `POST /hooks/claude-code` on a whole server: what Claude Code is told before each call, and that nothing that goes wrong lets one run.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decide, holdCommands, keyToAsk, startSession, waitingOf } from './gate-for-test.ts'
import { describeFixtures, fixtureText } from './sources/fixtures-for-test.ts'
import { startForTest, type TestServer } from './start-for-test.ts'

let server: TestServer
let key: string
beforeAll(async () => {
  server = await startForTest()
  await holdCommands(server)
  key = await keyToAsk(server)
})
afterAll(async () => {
  await server.stop()
})

let calls = 0
/** As Claude Code 2.1 sends it. */
const hook = (session_id: string, tool_name: string, more: object = {}) => ({
  session_id,
  transcript_path: `/home/agent/.claude/projects/ws/${session_id}.jsonl`,
  cwd: '/home/agent/ws',
  prompt_id: 'cbb09367-c42d-469d-a686-37d5e490e120',
  permission_mode: 'acceptEdits',
  hook_event_name: 'PreToolUse',
  tool_name,
  tool_input: { command: 'ls -la', description: 'List workspace' },
  tool_use_id: `toolu_${++calls}`,
  ...more,
})
type Said = { permissionDecision?: string; permissionDecisionReason?: string; updatedInput?: object }
async function post(body: unknown, { query = '', bearer = key, path = '/hooks/claude-code' } = {}) {
  const answer = await fetch(`${server.url}${path}${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const said = (await answer.json()) as { hookSpecificOutput?: Said & { hookEventName: string } }
  return { status: answer.status, whole: said, ...said.hookSpecificOutput }
}
const eventsOf = async (session: string) =>
  ((await (await server.api(`/api/sessions/${session}/events?limit=200`)).json()) as { events: Event[] }).events
type Event = { kind: string; trust: string; data: { [name: string]: unknown } }
const until = async (is: () => Promise<boolean>) => {
  for (let tries = 0; tries < 200 && !(await is()); tries += 1) await new Promise((resolve) => setTimeout(resolve, 25))
  expect(await is()).toBe(true)
}

describe('a PreToolUse hook', () => {
  it('is answered in Claude Code’s own form: what the policy lets run is allowed, what it refuses is denied with the reason', async () => {
    const allowed = await post(hook('ours', 'Read'))
    expect(allowed.whole).toEqual({
      hookSpecificOutput: {
        hookEventName: 'PreToolUse',
        permissionDecision: 'allow',
        permissionDecisionReason: 'Vigil: nothing restricts it',
      },
    })
    expect(await post(hook('ours', 'WebFetch'))).toMatchObject({
      permissionDecision: 'deny',
      permissionDecisionReason: 'Vigil: this run works offline',
    })
  })

  it('makes its session known where its key may ingest, in the agent’s word, and records what was allowed and what was only tried', async () => {
    await post(hook('recorded', 'Read', { tool_use_id: 'ran' }))
    await post(hook('recorded', 'WebFetch', { tool_use_id: 'tried' }))
    await until(async () => (await eventsOf('recorded')).some(({ kind }) => kind === 'action.ended'))
    const events = await eventsOf('recorded')
    expect(events[0]).toMatchObject({
      kind: 'session.started',
      trust: 'agent',
      data: { agent: 'claude-code', held: 'none' },
    })
    expect(
      events.filter(({ kind }) => kind.startsWith('action.')).map(({ kind, data }) => [kind, data.call, data.outcome]),
    ).toEqual([
      ['action.started', 'ran', undefined],
      ['action.started', 'tried', undefined],
      ['action.ended', 'tried', 'denied'],
    ])
  })

  it('waits for a person: approved it runs, edited it runs with the edited input, denied it does not', async () => {
    for (const [decision, expected] of [
      [{ decision: 'approve' }, { permissionDecision: 'allow' }],
      [
        { decision: 'edit', input: { command: 'ls' } },
        { permissionDecision: 'allow', updatedInput: { command: 'ls' } },
      ],
      [{ decision: 'edit', input: 'ls' }, { permissionDecision: 'deny' }],
      [{ decision: 'deny', reason: 'not today' }, { permissionDecision: 'deny' }],
    ] as const) {
      const asked = post(hook('waits', 'Bash'))
      const { approval } = await waitingOf(server, 'waits')
      await decide(server, approval, decision)
      expect(await asked).toMatchObject(expected)
    }
  })

  it('is denied before its own time is over when nobody decides', async () => {
    const from = Date.now()
    const said = await post(hook('late', 'Bash'), { query: '?timeoutMs=2000' })
    expect(said).toMatchObject({ status: 200, permissionDecision: 'deny' })
    expect(said.permissionDecisionReason).toContain('nobody decided')
    expect(Date.now() - from).toBeLessThan(2_000)
  })

  it('asks for the session that the address names, and for no other than its key’s own', async () => {
    await startSession(server, 'named')
    const bound = await keyToAsk(server, { session: 'named' })
    expect(await post(hook('their-id', 'Read'), { query: '?session=named' })).toMatchObject({
      permissionDecision: 'allow',
    })
    expect(await post(hook('their-id', 'Read'), { bearer: bound })).toMatchObject({ permissionDecision: 'allow' })
    expect((await server.api('/api/sessions/their-id')).status).toBe(404)
    expect(await post(hook('their-id', 'Read'), { bearer: bound, query: '?session=ours' })).toMatchObject({
      status: 200,
      permissionDecision: 'deny',
    })
  })

  it.each<[string, () => ReturnType<typeof post>]>([
    ['a key that is not known', () => post(hook('ours', 'Read'), { bearer: 'no-such-key' })],
    [
      'a key that only reads',
      async () => post(hook('ours', 'Read'), { bearer: await keyToAsk(server, { scopes: ['read'] }) }),
    ],
    [
      'a session that is not known, and a key that may not make it so',
      async () => post(hook('unheard-of', 'Read'), { bearer: await keyToAsk(server, { scopes: ['control'] }) }),
    ],
    ['a body that is not JSON', () => post('{"hook_event_name": "PreToolUse"')],
    ['a body without a hook', () => post('[]')],
    ['a call without an id', () => post(hook('ours', 'Read', { tool_use_id: undefined }))],
    ['a call without a tool', () => post(hook('ours', ''))],
    ['a session id that is no name', () => post(hook('<b>', 'Read'))],
    [
      'an input that no person could read to its end',
      () => post(hook('ours', 'Write', { tool_input: 'x'.repeat(70_000) })),
    ],
    ['a body that is too large', () => post(hook('ours', 'Write', { tool_input: 'x'.repeat(1_100_000) }))],
    ['a time that is none', () => post(hook('ours', 'Read'), { query: '?timeoutMs=soon' })],
    ['an address that was mistyped', () => post(hook('ours', 'Read'), { path: '/hooks/claude' })],
  ])('denies, with status 200 since others let the call run: %s', async (_, asked) => {
    const said = await asked()
    expect(said).toMatchObject({ status: 200, permissionDecision: 'deny' })
    expect(said.permissionDecisionReason).toMatch(/^Vigil: .{10}/)
  })
})

describe('another hook', () => {
  it('is recorded, and answered with nothing that could steer the agent; the end of a session is not, since it may be resumed', async () => {
    const done = { hook_event_name: 'PostToolUse', tool_response: { stdout: 'x'.repeat(100_000) }, tool_use_id: 'done' }
    expect((await post(hook('goes-on', 'Read', done))).whole).toEqual({})
    expect((await post(hook('goes-on', 'Read', { hook_event_name: 'SessionEnd' }))).whole).toEqual({})
    expect((await post(hook('goes-on', 'Read', { hook_event_name: 'Notification' }))).whole).toEqual({})
    expect((await eventsOf('goes-on')).map(({ kind }) => kind)).toEqual(['session.started', 'action.ended'])
    expect(await post(hook('goes-on', 'Read'))).toMatchObject({ permissionDecision: 'allow' })
  })
})

describeFixtures('a whole session that the real Claude Code told its hooks', () => {
  it('is answered hook by hook, and each of its calls is in the log', async () => {
    const lines = fixtureText('claude-code-hooks/A_hook_payloads.jsonl').trim().split('\n')
    const hooks = lines.map((line) => JSON.parse(line) as { [name: string]: string })
    for (const [index, told] of hooks.entries()) {
      const asked = post(lines[index])
      const isHeld = told.hook_event_name === 'PreToolUse' && told.tool_name === 'Bash'
      if (isHeld)
        await decide(server, (await waitingOf(server, told.session_id ?? '')).approval, { decision: 'approve' })
      const { whole, permissionDecision } = await asked
      if (told.hook_event_name === 'PreToolUse') expect(permissionDecision).toBe('allow')
      else expect(whole).toEqual({})
    }
    const asked = hooks.filter((each) => each.hook_event_name === 'PreToolUse')
    expect(asked.length).toBeGreaterThan(3)
    const session = asked[0]?.session_id ?? ''
    const started = async () => (await eventsOf(session)).filter(({ kind }) => kind === 'action.started')
    await until(async () => (await started()).length === asked.length)
    expect((await started()).map(({ data }) => data.call)).toEqual(asked.map((each) => each.tool_use_id))
  })
})
