// The real Claude Code against a scripted model, its own hooks and permission tool, and a real Vigil. Nothing but Vigil stands between the model
// and the command: the settings allow it. What left no file behind did not run.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { decide, holdCommands, keyToAsk, startSession, waitingOf } from '../server/gate-for-test.ts'
import { startForTest, type TestServer } from '../server/start-for-test.ts'
import { type Claude, isNewClaude, startClaude, vigil } from './claude-code.test-fixture.ts'
import { openScriptedModel, type ToolCall } from './scripted-model.test-fixture.ts'

let server: TestServer
let key: string
let isStopped = false
const toClear: (() => unknown)[] = []
beforeAll(async () => {
  server = await startForTest()
  await holdCommands(server)
  key = await keyToAsk(server)
}, 60_000)
afterAll(async () => {
  if (!isStopped) await server.stop()
})
afterEach(async () => {
  for (const clear of toClear.splice(0)) await clear()
})

const allowed = { permissions: { allow: ['Bash', 'Write', 'WebFetch'] } }
const preToolUse = (hook: object) => ({ ...allowed, hooks: { PreToolUse: [{ matcher: '*', hooks: [hook] }] } })
const quoted = (argv: string[]) => argv.map((each) => `'${each}'`).join(' ')
const throughCommand = preToolUse({
  type: 'command',
  command: quoted([...vigil, 'hook', 'claude-code', '--timeout', '12']),
  timeout: 20,
})
const throughHttp = () =>
  preToolUse({
    type: 'http',
    url: `${server.url}/hooks/claude-code`,
    headers: { Authorization: 'Bearer $VIGIL_KEY' },
    allowedEnvVars: ['VIGIL_KEY'],
    timeout: 60,
    // From 2.1.295 on; before, it is not known and says nothing.
    onFailure: 'block',
  })

const touch: ToolCall = { name: 'Bash', input: { command: 'touch ran', description: 'x' } }
const write: ToolCall = { name: 'Write', input: { file_path: 'ran', content: 'x' } }
const fetchIt: ToolCall = { name: 'WebFetch', input: { url: 'http://127.0.0.1:2/', prompt: 'x' } }

/** The session is a name of ours: Claude Code's own is not known before it has started. */
async function start(session: string, call: ToolCall, settings: object, args: string[] = []) {
  const model = await openScriptedModel(call)
  const env = { VIGIL_URL: server.url, VIGIL_KEY: key, VIGIL_SESSION: session }
  const claude = await startClaude({ modelUrl: model.url, settings, args, env })
  toClear.push(model.close, claude.clear)
  return {
    hasRun: () => existsSync(path.join(claude.folder, 'ran')),
    /** What the model was told of its call. */
    async told() {
      const { code, out } = await claude.ended
      const told = { code, results: model.results.length, ...model.results[0] }
      expect(told, out).toMatchObject({ code: 0, results: 1 })
      return told
    },
    ended: claude.ended,
  } satisfies { ended: Claude['ended']; [more: string]: unknown }
}

describe('through the command hook', () => {
  const run = (session: string, call: ToolCall) => start(session, call, throughCommand)

  it('runs a call that the policy allows', async () => {
    const claude = await run('c-allowed', write)
    expect(await claude.told()).toMatchObject({ isError: false })
    expect(claude.hasRun()).toBe(true)
  }, 60_000)

  it('does not run a call that the policy denies, and tells the model the operator’s reason', async () => {
    const claude = await run('c-denied', fetchIt)
    expect(await claude.told()).toMatchObject({
      isError: true,
      text: expect.stringContaining('this run works offline'),
    })
  }, 60_000)

  it('waits for a person: nothing has run before it was approved, then it runs; as it was edited, where it was', async () => {
    const claude = await run('c-held', touch)
    const { approval } = await waitingOf(server, 'c-held')
    expect(claude.hasRun()).toBe(false)
    await decide(server, approval, { decision: 'approve' })
    expect(await claude.told()).toMatchObject({ isError: false })
    expect(claude.hasRun()).toBe(true)
    const edited = await run('c-edited', { ...touch, input: { command: 'touch other', description: 'x' } })
    const input = { command: 'touch ran', description: 'x' }
    await decide(server, (await waitingOf(server, 'c-edited')).approval, { decision: 'edit', input })
    await edited.told()
    expect(edited.hasRun()).toBe(true)
  }, 90_000)

  it('does not run what a person denies, and tells the model why', async () => {
    const claude = await run('c-refused', touch)
    const { approval } = await waitingOf(server, 'c-refused')
    await decide(server, approval, { decision: 'deny', reason: 'not on a Friday' })
    expect(await claude.told()).toMatchObject({ isError: true, text: expect.stringContaining('not on a Friday') })
    expect(claude.hasRun()).toBe(false)
  }, 60_000)
})

describe('through the HTTP hook', () => {
  // Its session is Claude Code's own id.
  const run = async (call: ToolCall) => {
    const session = crypto.randomUUID()
    return { session, claude: await start(session, call, throughHttp(), ['--session-id', session]) }
  }

  it('runs what the policy allows, and not what it denies', async () => {
    const { claude } = await run(write)
    expect(await claude.told()).toMatchObject({ isError: false })
    expect(claude.hasRun()).toBe(true)
    const denied = (await run(fetchIt)).claude
    expect(await denied.told()).toMatchObject({
      isError: true,
      text: expect.stringContaining('this run works offline'),
    })
  }, 90_000)

  it('waits for a person: approved it runs, denied it does not and the model is told why', async () => {
    const { session, claude } = await run(touch)
    const { approval } = await waitingOf(server, session)
    expect(claude.hasRun()).toBe(false)
    await decide(server, approval, { decision: 'approve' })
    await claude.told()
    expect(claude.hasRun()).toBe(true)
    const denied = await run(touch)
    const decision = { decision: 'deny', reason: 'not on a Friday' }
    await decide(server, (await waitingOf(server, denied.session)).approval, decision)
    expect(await denied.claude.told()).toMatchObject({
      isError: true,
      text: expect.stringContaining('not on a Friday'),
    })
    expect(denied.claude.hasRun()).toBe(false)
  }, 90_000)
})

describe('through the permission tool', () => {
  const tool = (more: string[] = []) => {
    const [command, ...args] = [...vigil, 'mcp-permission', '--session', 'p-asks', '--timeout', '12', ...more]
    const mcp = { mcpServers: { vigil: { command, args, env: { VIGIL_URL: server.url, VIGIL_KEY: key } } } }
    return ['--mcp-config', JSON.stringify(mcp), '--permission-prompt-tool', 'mcp__vigil__approve']
  }
  // Only what Claude Code itself would ask a person about comes to it: these settings allow nothing.
  const run = (call: ToolCall) => start('p-asks', call, {}, tool())

  it('runs what the policy allows and what a person approved, and not what was denied, with the reason', async () => {
    await startSession(server, 'p-asks')
    const free = await run(write)
    await free.told()
    expect(free.hasRun()).toBe(true)
    const held = await run(touch)
    const { approval, tool: name } = await waitingOf(server, 'p-asks')
    expect([name, held.hasRun()]).toEqual(['Bash', false])
    await decide(server, approval, { decision: 'approve' })
    await held.told()
    expect(held.hasRun()).toBe(true)
    const denied = await run(touch)
    const decision = { decision: 'deny', reason: 'not on a Friday' }
    await decide(server, (await waitingOf(server, 'p-asks')).approval, decision)
    expect(await denied.told()).toMatchObject({ isError: true, text: expect.stringContaining('not on a Friday') })
    expect(denied.hasRun()).toBe(false)
  }, 120_000)
})

it('raises no flag of a bypassed gate for all that the real one was allowed, held, denied and approved so far', async () => {
  for (const rule of ['vigil-gate-bypassed', 'vigil-gate-unasked']) {
    const said = await (await server.api(`/api/flags?rule=${rule}`)).json()
    expect(said, rule).toMatchObject({ flags: [] })
  }
})

it('runs nothing once the server is gone while a person is asked; only the HTTP hook of a Claude Code before 2.1.295 lets it run', async () => {
  const httpSession = crypto.randomUUID()
  const [command, http, permission] = await Promise.all([
    start('gone', touch, throughCommand),
    start(httpSession, touch, throughHttp(), ['--session-id', httpSession]),
    (async () => {
      const [program, ...args] = [...vigil, 'mcp-permission', '--session', 'p-gone', '--timeout', '12']
      const mcp = { mcpServers: { vigil: { command: program, args, env: { VIGIL_URL: server.url, VIGIL_KEY: key } } } }
      const more = ['--mcp-config', JSON.stringify(mcp), '--permission-prompt-tool', 'mcp__vigil__approve']
      return await start('p-gone', touch, {}, more)
    })(),
  ])
  for (const session of ['gone', httpSession, 'p-gone']) await waitingOf(server, session)
  isStopped = true
  await server.stop()
  expect(await command.told()).toMatchObject({ isError: true, text: expect.stringContaining('denied') })
  expect(await permission.told()).toMatchObject({ isError: true, text: expect.stringContaining('cannot be reached') })
  await http.told()
  expect([command, permission, http].map(({ hasRun }) => hasRun())).toEqual([false, false, !isNewClaude])
}, 120_000)
