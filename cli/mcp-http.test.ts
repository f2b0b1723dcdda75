// `vigil mcp --http` and `--url`, between the official SDK's client and a real MCP server, on a real Vigil.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtProgram } from '../probe/built-program.test-fixture.ts'
import { decide, holdCommands, keyToAsk, waitingOf } from '../server/gate-for-test.ts'
import { startForTest, type TestServer } from '../server/start-for-test.ts'

const token = 'token-for-tests-0123456789'
const program = (file: string) => ['--import', 'tsx', path.resolve(import.meta.dirname, file)]

let server: TestServer
let isStopped = false
let folder: string
let door: { url: string; child: ChildProcess }
/** Before the first: a second gate whose MCP server is the first door's address. */
let far: { url: string; child: ChildProcess }
beforeAll(async () => {
  server = await startForTest()
  await holdCommands(server)
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-mcp-'))
  await writeFile(path.join(folder, 'ran'), '')
  const key = await keyToAsk(server)
  const tiny = [process.execPath, ...program('tiny-mcp-server.test-fixture.ts'), path.join(folder, 'ran')]
  door = await openDoor(['--session', 'near', '--name', 'tiny', '--timeout', '8', '--', ...tiny], key)
  // Its calls are named so that its own policy lets all run: what holds them is the door behind it.
  far = await openDoor(['--session', 'far', '--name', 'behind', '--url', door.url], key)
}, 90_000)
afterAll(async () => {
  for (const { child } of [far, door]) {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }
  if (!isStopped) await server.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Resolves when it says where it listens. */
async function openDoor(args: string[], key: string) {
  const child = spawn(process.execPath, [...builtProgram('cli'), 'mcp', '--http', '0', ...args], {
    env: {
      ...process.env,
      VIGIL_URL: server.url,
      VIGIL_KEY: key,
      VIGIL_MCP_TOKEN: token,
      VIGIL_MCP_UPSTREAM_AUTHORIZATION: `Bearer ${token}`,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const url = await new Promise<string>((resolve, reject) => {
    let said = ''
    child.stderr.on('data', (chunk) => {
      said += chunk
      const found = /http:\/\/127\.0\.0\.1:\d+\/mcp/.exec(said)?.[0]
      if (found) resolve(found)
    })
    child.once('exit', () => reject(new Error(said)))
  })
  return { url, child }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' })
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }) as Transport)
  return client
}
const call = async (client: Client, name: string, text: string) => {
  const said = await client.callTool({ name, arguments: { text } })
  return { isError: said.isError === true, text: (said.content as { text: string }[])[0]?.text }
}
const ran = () => readFile(path.join(folder, 'ran'), 'utf8')

describe('over HTTP', () => {
  it('passes a client on to a server of its own: its tools, its resources, and the calls that the policy allows', async () => {
    const [one, two] = await Promise.all([connect(door.url), connect(door.url)])
    expect((await one.listTools()).tools.map(({ name }) => name)).toEqual(['free', 'ask', 'never'])
    expect(await two.readResource({ uri: 'tiny://note' })).toMatchObject({ contents: [{ text: 'a note' }] })
    expect(await call(one, 'free', 'one')).toEqual({ isError: false, text: 'free said one' })
    expect(await call(two, 'free', 'two')).toEqual({ isError: false, text: 'free said two' })
    expect(await call(two, 'never', 'three')).toMatchObject({
      isError: true,
      text: expect.stringContaining('this run works offline'),
    })
    expect(await ran()).not.toContain('three')
    await Promise.all([one.close(), two.close()])
  })

  it('holds a call for a person: approved it runs, denied it does not', async () => {
    const client = await connect(door.url)
    const held = async (text: string, decision: object) => {
      const asked = call(client, 'ask', text)
      const { approval } = await waitingOf(server, 'near')
      expect(await ran()).not.toContain(text)
      await decide(server, approval, decision)
      return await asked
    }
    expect(await held('four', { decision: 'approve' })).toEqual({ isError: false, text: 'ask said four' })
    expect(await held('five', { decision: 'deny', reason: 'no' })).toMatchObject({ isError: true })
    expect(await ran()).not.toContain('five')
    await client.close()
  })

  it('forgets what a client asked that has gone without a word: approved afterwards, it does not run', async () => {
    const client = await connect(door.url)
    const asked = call(client, 'ask', 'six').catch(() => 'gone')
    const { approval } = await waitingOf(server, 'near')
    await client.close()
    expect(await asked).toBe('gone')
    await new Promise((resolve) => setTimeout(resolve, 300))
    await decide(server, approval, { decision: 'approve' })
    const other = await connect(door.url)
    await call(other, 'free', 'seven')
    await other.close()
    expect(await ran()).toContain('seven')
    expect(await ran()).not.toContain('six')
  })

  it('stands before a server that is an address, which is told its own key and none of Vigil’s', async () => {
    const client = await connect(far.url)
    expect(await call(client, 'free', 'eight')).toEqual({ isError: false, text: 'free said eight' })
    const asked = call(client, 'ask', 'nine')
    const { approval, tool } = await waitingOf(server, 'near')
    expect(tool).toBe('mcp__tiny__ask')
    await decide(server, approval, { decision: 'approve' })
    expect(await asked).toEqual({ isError: false, text: 'ask said nine' })
    await client.close()
  })

  const initialize = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
  }
  const right = { authorization: `Bearer ${token}` }
  it.each<[string, number, Record<string, string>, object]>([
    ['without the token', 401, {}, initialize],
    ['with another token', 401, { authorization: 'Bearer token-for-tests-012345678X' }, initialize],
    [
      'for another host, as a page that was rebound to us would name it',
      403,
      { ...right, host: 'evil.example' },
      initialize,
    ],
    ['from a web page', 403, { ...right, origin: 'http://localhost:3000' }, initialize],
    ['that names a session that is over', 404, { ...right, 'mcp-session-id': 'x' }, initialize],
    ['that calls before it has said who it is', 400, right, { ...initialize, method: 'tools/call' }],
  ])('refuses a request %s', async (_, status, headers, body) => {
    // Not `fetch`: that does not let the host be set.
    const said = await new Promise<number | undefined>((resolve, reject) => {
      const accept = 'application/json, text/event-stream'
      const asked = request(door.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept, ...headers },
      })
      asked.on('response', (response) => resolve(response.resume().statusCode))
      asked.on('error', reject)
      asked.end(JSON.stringify(body))
    })
    expect(said).toBe(status)
  })

  it('denies every call once Vigil’s server is gone, also one that was held then', async () => {
    const client = await connect(door.url)
    const held = call(client, 'ask', 'ten')
    await waitingOf(server, 'near')
    isStopped = true
    await server.stop()
    expect(await held).toMatchObject({ isError: true, text: expect.stringContaining('cannot be reached') })
    expect(await call(client, 'free', 'eleven')).toMatchObject({ isError: true })
    expect(await ran()).not.toMatch(/ten|eleven/)
    await client.close()
  }, 60_000)
})
