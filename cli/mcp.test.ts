// `vigil mcp` between a client of the official SDK and a real MCP server, on a real Vigil: what runs, what waits, and what never ran.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtProgram } from '../probe/built-program.test-fixture.ts'
import { decide, holdCommands, keyToAsk, waitingOf } from '../server/gate-for-test.ts'
import { startForTest, type TestServer } from '../server/start-for-test.ts'
import { type AskGate, passOn } from './mcp.ts'

describe('between a client and a server', () => {
  let server: TestServer
  let isStopped = false
  let folder: string
  let client: Client
  beforeAll(async () => {
    server = await startForTest()
    await holdCommands(server)
    folder = await mkdtemp(path.join(tmpdir(), 'vigil-mcp-'))
    await writeFile(path.join(folder, 'ran'), '')
    const program = (file: string) => ['--import', 'tsx', path.resolve(import.meta.dirname, file)]
    client = new Client({ name: 'test', version: '1.0.0' })
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [
          ...[...builtProgram('cli'), 'mcp', '--session', 'mcp-test', '--name', 'tiny', '--timeout', '8', '--'],
          ...[process.execPath, ...program('tiny-mcp-server.test-fixture.ts'), path.join(folder, 'ran')],
        ],
        env: { VIGIL_URL: server.url, VIGIL_KEY: await keyToAsk(server) },
      }),
    )
  }, 60_000)
  afterAll(async () => {
    await client.close()
    if (!isStopped) await server.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const call = async (name: string, text: string, options = {}) => {
    const said = await client.callTool({ name, arguments: { text } }, undefined, options)
    return { isError: said.isError === true, text: (said.content as { text: string }[])[0]?.text }
  }
  const ran = () => readFile(path.join(folder, 'ran'), 'utf8')

  it('passes everything but calls on as it is: who the server is, its tools, its resources', async () => {
    expect(client.getServerVersion()).toMatchObject({ name: 'tiny' })
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['free', 'ask', 'never'])
    expect(await client.readResource({ uri: 'tiny://note' })).toMatchObject({ contents: [{ text: 'a note' }] })
  })

  it('lets a call run that the policy allows, and hands the server no key of Vigil', async () => {
    expect(await call('free', 'one')).toEqual({ isError: false, text: 'free said one' })
    expect(await ran()).toBe('free one\n')
  })

  it('answers a denied call as an error of the tool, with the reason; the tool did not run', async () => {
    const said = await call('never', 'two')
    expect(said).toMatchObject({ isError: true, text: expect.stringContaining('this run works offline') })
    expect(await ran()).toBe('free one\n')
  })

  it('holds a call for a person: approved it runs, edited it runs with the edited arguments, denied it does not', async () => {
    const held = async (text: string, decision: object) => {
      const asked = call('ask', text)
      const { approval, tool } = await waitingOf(server, 'mcp-test')
      expect([tool, await ran()]).toEqual(['mcp__tiny__ask', expect.not.stringContaining(text)])
      await decide(server, approval, decision)
      return await asked
    }
    expect(await held('three', { decision: 'approve' })).toEqual({ isError: false, text: 'ask said three' })
    const edit = { decision: 'edit', input: { text: 'another' } }
    expect(await held('four', edit)).toEqual({ isError: false, text: 'ask said another' })
    expect(await held('five', { decision: 'deny', reason: 'no' })).toMatchObject({ isError: true })
    expect(await ran()).toBe('free one\nask three\nask another\n')
  })

  it('forgets a call that its client gave up: approved afterwards, it does not run', async () => {
    const stop = new AbortController()
    const asked = call('ask', 'six', { signal: stop.signal }).catch(() => 'given up')
    const { approval } = await waitingOf(server, 'mcp-test')
    stop.abort()
    expect(await asked).toBe('given up')
    await decide(server, approval, { decision: 'approve' })
    await call('free', 'seven')
    expect(await ran()).not.toContain('six')
  })

  it('denies every call once Vigil’s server is gone, also one that was held then', async () => {
    const held = call('ask', 'eight')
    await waitingOf(server, 'mcp-test')
    isStopped = true
    await server.stop()
    expect(await held).toMatchObject({ isError: true, text: expect.stringContaining('cannot be reached') })
    expect(await call('free', 'nine')).toMatchObject({ isError: true })
    expect(await ran()).not.toMatch(/eight|nine/)
  }, 60_000)
})

describe('a message', () => {
  /** Both ends in the test's hands. */
  function between(ask: AskGate) {
    const [toServer, toClient]: [JSONRPCMessage[], JSONRPCMessage[]] = [[], []]
    const end = (sent: JSONRPCMessage[]): Transport => ({
      start: async () => undefined,
      close: async () => undefined,
      send: async (message) => void sent.push(message),
    })
    const [client, server] = [end(toClient), end(toServer)]
    void passOn(client, server, ask, () => undefined)
    const say = async (message: object) => {
      client.onmessage?.({ jsonrpc: '2.0', ...message } as JSONRPCMessage)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return { say, toServer, toClient }
  }
  const allow: AskGate = async () => ({ decision: 'allow', reason: '' })

  it.each<[string, object]>([
    [
      'a call without an id, which a careless server would run unasked',
      { method: 'tools/call', params: { name: 'free' } },
    ],
    ['a call without a name', { id: 1, method: 'tools/call', params: {} }],
    ['a call whose arguments are a list', { id: 1, method: 'tools/call', params: { name: 'free', arguments: ['x'] } }],
  ])('never reaches the server: %s', async (_, message) => {
    const { say, toServer } = between(allow)
    await say(message)
    expect(toServer).toEqual([])
  })

  it.each<[string, AskGate]>([
    ['the gate throws', async () => Promise.reject(new Error('gone'))],
    ['an edit is no object', async () => ({ decision: 'edit', reason: '', input: 'x' })],
  ])('is denied where %s', async (_, ask) => {
    const { say, toServer, toClient } = between(ask)
    await say({ id: 1, method: 'tools/call', params: { name: 'free' } })
    expect(toServer).toEqual([])
    expect(toClient).toMatchObject([{ id: 1, result: { isError: true } }])
  })

  it('is asked about with everything that it holds, also a key that parsers like to leave out', async () => {
    const asked: unknown[] = []
    const { say, toServer } = between(async ({ input }) => {
      asked.push(input)
      return { decision: 'allow', reason: '' }
    })
    const text = '{"a":1,"__proto__":{"b":2}}'
    await say({ id: 1, method: 'tools/call', params: { name: 'free', arguments: JSON.parse(text) } })
    const ran = toServer.map((message) => ('params' in message ? message.params?.arguments : undefined))
    expect([...asked, ...ran].map((each) => JSON.stringify(each))).toEqual([text, text])
  })

  it('is the one that was asked about, with all that a newer protocol adds to it', async () => {
    const { say, toServer } = between(allow)
    const params = { name: 'free', arguments: {}, _meta: { progressToken: 7 }, task: { ttl: 60_000 } }
    await say({ id: 1, method: 'tools/call', params })
    expect(toServer).toEqual([{ jsonrpc: '2.0', id: 1, method: 'tools/call', params }])
  })
})
