// `vigil hook claude-code` against a real server: asked, held, answered; and that whatever fails blocks the call (exit code 2).
import { type ChildProcess, spawn } from 'node:child_process'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtProgram } from '../probe/built-program.test-fixture.ts'
import { deriveSessionToken } from '../probe/derive-session-token.ts'
import { decide, holdCommands, keyToAsk, startSession, waitingOf } from '../server/gate-for-test.ts'
import { canarySettleMs, type GateHealthView, gateVerdict } from '../server/protocol/gate-health.ts'
import { SessionId } from '../server/protocol/ids.ts'
import { startForTest, type TestServer } from '../server/start-for-test.ts'
import { claudeCodeCanary, claudeCodeHook } from './hook.ts'

let server: TestServer
let key: string
let isStopped = false
let door: Awaited<ReturnType<typeof openDoor>>
beforeAll(async () => {
  server = await startForTest()
  await holdCommands(server)
  key = await keyToAsk(server)
  door = await openDoor()
})
afterAll(async () => {
  door.close()
  if (!isStopped) await server.stop()
})

/** One address for the server of a test, which has another port after each restart. */
async function openDoor() {
  const sockets = new Set<Socket>()
  const listening: Server = createServer((from) => {
    const to = connect(Number(new URL(server.url).port), '127.0.0.1')
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      sockets.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  const close = () => {
    listening.close()
    cut()
  }
  return { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}`, cut, close }
}

let calls = 0
const preToolUse = (session_id: string, tool_name: string, more: object = {}) => ({
  session_id,
  cwd: '/home/agent/ws',
  hook_event_name: 'PreToolUse',
  tool_name,
  tool_input: { command: 'ls' },
  tool_use_id: `toolu_${++calls}`,
  ...more,
})
async function run(input: unknown, { env = {}, timeoutMs = 20_000 }: { env?: object; timeoutMs?: number } = {}) {
  const said = { out: '', explained: '' }
  const text = typeof input === 'string' ? input : JSON.stringify(input)
  const code = await claudeCodeHook(
    { timeoutMs },
    {
      input: input instanceof Readable ? input : Readable.from([Buffer.from(text)]),
      out: async (out) => {
        said.out += out
      },
      explain: (explained) => {
        said.explained += explained
      },
      env: { VIGIL_URL: door.url, VIGIL_KEY: key, ...env } as unknown as NodeJS.ProcessEnv,
    },
  )
  const decision = said.out === '' ? undefined : JSON.parse(said.out).hookSpecificOutput.permissionDecision
  return { code, decision, ...said }
}

describe('a call', () => {
  it('is answered as the server answers: allowed, denied with the reason', async () => {
    expect(await run(preToolUse('hooked', 'Read'))).toMatchObject({ code: 0, decision: 'allow', explained: '' })
    const denied = await run(preToolUse('hooked', 'WebFetch'))
    expect(denied).toMatchObject({ code: 0, decision: 'deny' })
    expect(denied.out).toContain('this run works offline')
  })

  it('that is held finds its approval again after the server was restarted: decided there, it runs; before, nothing does', async () => {
    let isAnswered = false
    const asked = run(preToolUse('through', 'Bash')).finally(() => {
      isAnswered = true
    })
    const before = await waitingOf(server, 'through')
    await server.restart()
    const after = await waitingOf(server, 'through')
    expect(after.approval).toBe(before.approval)
    expect(isAnswered).toBe(false)
    await new Promise((resolve) => setTimeout(resolve, 1_000)) // it has asked again by now
    await decide(server, after.approval, { decision: 'approve' })
    expect(await asked).toMatchObject({ code: 0, decision: 'allow' })
  })

  it('whose connection was cut asks again: the answer that nobody read did not use up its approval', async () => {
    const asked = run(preToolUse('cut', 'Bash'))
    const { approval } = await waitingOf(server, 'cut')
    door.cut()
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    await decide(server, approval, { decision: 'approve' })
    expect(await asked).toMatchObject({ code: 0, decision: 'allow' })
  })

  it('of a session under `vigil run` is asked with that session’s token, whatever id Claude Code gives its own', async () => {
    await startSession(server, 'under-run')
    const probeKey = await keyToAsk(server, { name: 'probe', scopes: ['probe'], host: 'h1' })
    const env = { VIGIL_KEY: '', VIGIL_TOKEN: deriveSessionToken(probeKey, SessionId.parse('under-run')) }
    expect(await run(preToolUse('its-own-id', 'Read'), { env })).toMatchObject({ code: 0, decision: 'allow' })
    expect((await server.api('/api/sessions/its-own-id')).status).toBe(404)
    const other = { ...env, VIGIL_SESSION: 'hooked' }
    expect(await run(preToolUse('its-own-id', 'Read'), { env: other })).toMatchObject({ decision: 'deny' })
  })

  it('that nobody decides is denied in time', async () => {
    expect(await run(preToolUse('late', 'Bash'), { timeoutMs: 2_000 })).toMatchObject({ decision: 'deny' })
  })
})

describe('whether this door really blocks', () => {
  const canary = (session: string, url = door.url) =>
    claudeCodeCanary(
      { timeoutMs: 5_000 },
      {
        input: Readable.from([
          JSON.stringify({ hook_event_name: 'SessionStart', session_id: session, source: 'startup' }),
        ]),
        out: () => Promise.reject(new Error('Claude Code gives what is printed here to the model')),
        explain: () => undefined,
        env: { VIGIL_URL: url, VIGIL_KEY: key } as unknown as NodeJS.ProcessEnv,
      },
    )
  const gateOf = async (session: string) => {
    const { gate } = (await (await server.api(`/api/sessions/${session}`)).json()) as { gate?: GateHealthView }
    return gate
  }
  const verdictOf = async (session: string) => gateVerdict(await gateOf(session), Date.now() + canarySettleMs)
  const until = async (session: string, is: string) => {
    for (let tries = 0; tries < 250; tries += 1) {
      if ((await verdictOf(session)).is === is) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error(`the gate of ${session} is ${JSON.stringify(await gateOf(session))}`)
  }
  const ran = (session: string, tool_use_id: string) =>
    run({ ...preToolUse(session, 'Read'), hook_event_name: 'PostToolUse', tool_use_id, tool_response: { ok: true } })

  it('is proven by a canary and a call that was asked and ran; in part when one ran unasked; bypassed when a denied one ran', async () => {
    // Given: a call that asked, and a canary at the start of the session.
    const first = preToolUse('watched', 'Read')
    await run(first)
    expect(await canary('watched')).toBe(0)
    // Then: as long as nothing is seen to run, nothing is proven.
    expect((await verdictOf('watched')).is).toBe('unproven')
    await ran('watched', first.tool_use_id)
    await until('watched', 'proven')
    expect((await gateOf('watched'))?.doors).toMatchObject([
      { name: 'claude-code-command-hook', version: '0.1.0', lastDecision: 'deny', canaryAtMs: expect.any(Number) },
    ])
    // When: something runs that never asked. Then: it says so, until the next canary.
    await ran('watched', 'toolu_never_asked')
    await until('watched', 'ungated')
    expect(await canary('watched')).toBe(0)
    await until('watched', 'proven')
    // When: what was denied runs all the same.
    const denied = preToolUse('watched', 'WebFetch')
    expect(await run(denied)).toMatchObject({ decision: 'deny' })
    await ran('watched', denied.tool_use_id)
    await until('watched', 'bypassed')
  })

  it('is not proven where the server cannot be asked, and says so by its exit code', async () => {
    expect(await canary('watched', 'http://127.0.0.1:9')).toBe(1)
  })
})

describe('what goes wrong blocks the call', () => {
  it.each<[string, unknown, { env?: object; timeoutMs?: number }, RegExp]>([
    [
      'no server',
      preToolUse('s', 'Read'),
      { env: { VIGIL_URL: 'http://127.0.0.1:2' }, timeoutMs: 1_500 },
      /ECONNREFUSED/,
    ],
    ['an address that is none', preToolUse('s', 'Read'), { env: { VIGIL_URL: 'nowhere' } }, /VIGIL_URL/],
    ['nobody who asks', preToolUse('s', 'Read'), { env: { VIGIL_KEY: '' } }, /vigil run/],
    ['nothing on standard input', '', {}, /not the JSON of a hook/],
    ['half a hook', '{"hook_event_name": "PreTool', {}, /not the JSON of a hook/],
    ['no hook', '[1]', {}, /names no hook_event_name/],
    ['an input without an end', new PassThrough(), { timeoutMs: 1_000 }, /in time/],
  ])('%s', async (_, input, options, why) => {
    const said = await run(input, options)
    expect(said).toMatchObject({ code: 2, out: '' })
    expect(said.explained).toMatch(why)
  })

  it.each([
    ['what answers is no JSON', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok', /not this version/],
    ['what answers decides nothing', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}', /not this version/],
    [
      'what answers is half an answer',
      'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"hookSpecificOutput":',
      /not decided in time/,
    ],
    ['what answers sends elsewhere', 'HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n', /answered 302/],
    ['what answers says nothing', '', /not decided in time|aborted/],
  ])('%s', async (_, answer, why) => {
    const open: Socket[] = []
    const other = createServer((socket) => {
      open.push(socket)
      socket.on('error', () => undefined)
      socket.once('data', () => (answer === '' ? undefined : socket.end(answer)))
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    const said = await run(preToolUse('s', 'Read'), { env: { VIGIL_URL: url }, timeoutMs: 1_500 })
    expect(said).toMatchObject({ code: 2, out: '' })
    expect(said.explained).toMatch(why)
    for (const socket of open) socket.destroy()
    other.close()
  })
})

it('records another hook and says nothing; where it cannot, it does not block: a blocked "Stop" would never let the agent end', async () => {
  const stop = { session_id: 'hooked', hook_event_name: 'Stop' }
  expect(await run(stop)).toMatchObject({ code: 0, out: '' })
  expect(await run(stop, { env: { VIGIL_KEY: '' } })).toMatchObject({ code: 1, out: '' })
})

describe('as a program', () => {
  const start = (args: string[]): ChildProcess =>
    spawn(process.execPath, [...builtProgram('cli'), ...args], {
      env: { ...process.env, VIGIL_URL: door.url, VIGIL_KEY: key },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
  const ended = (child: ChildProcess) => new Promise((resolve) => child.once('exit', (code) => resolve(code)))

  it('ends in 2 when its server goes away while a person is asked, also when it is told to end, and when its options are wrong', async () => {
    const wrong = start(['hook', 'claude-code', '--time', '5'])
    const other = start(['hook', 'claude'])
    expect(await Promise.all([ended(wrong), ended(other)])).toEqual([2, 2])
    const told = start(['hook', 'claude-code'])
    told.stdin?.end(JSON.stringify(preToolUse('told', 'Bash')))
    await waitingOf(server, 'told')
    const toldEnd = ended(told)
    told.kill('SIGTERM')
    expect(await toldEnd).toBe(2)
    const held = start(['hook', 'claude-code', '--timeout', '8'])
    let out = ''
    held.stdout?.on('data', (chunk) => {
      out += chunk
    })
    const heldEnd = ended(held)
    held.stdin?.end(JSON.stringify(preToolUse('gone', 'Bash')))
    await waitingOf(server, 'gone')
    isStopped = true
    await server.stop()
    expect(await heldEnd).toBe(2)
    expect(out).toBe('')
  }, 120_000)
})
