// `vigil mcp -- SERVER ARGS…`: stands between an MCP client and one MCP server, both over stdio. Every message passes as it is, but a
// `tools/call` reaches the server only after the gate allowed it; whatever goes wrong on the way, it does not.
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js'
import type { Command } from 'commander'
import { z } from 'zod'
import { SessionId } from '../server/protocol/ids.ts'
import { withoutSecrets } from './command-environment.ts'
import { askUntil, type GateAnswer, type GateReach, gate, gateReachOf } from './gate-client.ts'
import { secondsOption } from './hook.ts'

/** Clients of the SDK give a call 60 s. */
const usualCallSeconds = 55

const ToolCall = z.looseObject({
  id: z.union([z.string(), z.number()]),
  params: z.looseObject({ name: z.string().min(1), arguments: z.record(z.string(), z.unknown()).optional() }),
})
const Cancelled = z.looseObject({ params: z.looseObject({ requestId: z.union([z.string(), z.number()]) }) })

export type AskGate = (call: { tool: string; input: unknown }, signal: AbortSignal) => Promise<GateAnswer>

/**
 * Passes messages on between the two until one of them closes, and resolves to which. Not the SDK's `Client` and `Server`: they would answer
 * for the two what only they can say (versions, capabilities, what a newer protocol adds).
 */
export async function passOn(client: Transport, server: Transport, ask: AskGate, explain: (text: string) => void) {
  const held = new Map<RequestId, AbortController>()
  const closed = new Promise<'client' | 'server'>((resolve) => {
    client.onclose = () => resolve('client')
    server.onclose = () => resolve('server')
  })
  const send = (to: Transport, message: JSONRPCMessage) => {
    to.send(message).catch((error: unknown) => explain(`vigil: a message was lost: ${messageOf(error)}\n`))
  }
  client.onerror = (error) => explain(`vigil: from the client: ${error.message}\n`)
  server.onerror = (error) => explain(`vigil: from the server: ${error.message}\n`)
  server.onmessage = (message) => send(client, message)
  client.onmessage = (message) => {
    if ('method' in message && message.method === 'tools/call') {
      void callTool(message).catch((error: unknown) => explain(`vigil: a call was dropped: ${messageOf(error)}\n`))
      return
    }
    const cancelled = 'method' in message && message.method === 'notifications/cancelled'
    const id = cancelled ? Cancelled.safeParse(message).data?.params.requestId : undefined
    const waiting = id === undefined ? undefined : held.get(id)
    // The server has not heard of it yet, and must not: what its client gave up is not run when a person allows it later.
    if (waiting) waiting.abort(new Error('the client gave it up'))
    else send(server, message)
  }

  async function callTool(message: JSONRPCMessage): Promise<void> {
    const call = ToolCall.safeParse(message).data
    // Without an id nobody waits for it, and a careless server would run it all the same.
    if (!call)
      return denyTo(message, 'this is no call of a tool: it needs an id, a name and arguments that are an object')
    if (held.has(call.id)) return denyTo(message, 'a call with this id is waiting already')
    const stop = new AbortController()
    held.set(call.id, stop)
    try {
      const input = call.params.arguments ?? {}
      const answer = await ask({ tool: call.params.name, input }, stop.signal)
      if (stop.signal.aborted) return
      if (answer.decision === 'deny') return denyTo(message, answer.reason)
      const edited = answer.decision === 'edit' ? z.record(z.string(), z.unknown()).safeParse(answer.input) : undefined
      if (edited && !edited.success) return denyTo(message, 'it was edited into something that is no input of a tool')
      send(
        server,
        edited ? ({ ...message, params: { ...call.params, arguments: edited.data } } as JSONRPCMessage) : message,
      )
    } catch (error) {
      if (!stop.signal.aborted) denyTo(message, messageOf(error))
    } finally {
      held.delete(call.id)
    }
  }

  function denyTo(message: JSONRPCMessage, why: string): void {
    if (!('id' in message) || message.id === undefined) return
    const text = `Denied by Vigil: ${why}. The tool did not run.`
    send(client, { jsonrpc: '2.0', id: message.id, result: { isError: true, content: [{ type: 'text', text }] } })
  }

  await server.start()
  await client.start()
  const first = await closed
  for (const stop of held.values()) stop.abort(new Error('the connection was closed'))
  return first
}

export type McpOptions = { session?: string; name?: string; timeout: number }

/** Resolves to the exit code when one of the two has gone. */
export async function runMcp(argv: string[], options: McpOptions, explain: (text: string) => void): Promise<number> {
  const [command, ...args] = argv
  if (command === undefined) throw new Error('name the MCP server after --')
  const reach = gateReachOf(process.env)
  const session = SessionId.safeParse(options.session ?? process.env.VIGIL_SESSION)
  if (!session.success)
    throw new Error(
      'whose calls are these? Give --session ID of a session that Vigil knows, or start it under "vigil run"',
    )
  const name = options.name ?? path.basename(command).replace(/\.[a-z]+$/, '')
  const run = randomUUID().slice(0, 13)
  let calls = 0
  // Asking alone makes no session known; a key may say that there is one. A session's token need not: its host does.
  let known = !(process.env.VIGIL_KEY && options.session)
  const ask: AskGate = async ({ tool, input }, signal) => {
    calls += 1
    const callId = `mcp-${run}-${calls}`
    const untilMs = Date.now() + options.timeout
    if (!known) await makeKnown(reach, session.data, untilMs, signal)
    known = true
    const action = { session: session.data, callId, tool: `mcp__${name}__${tool}`, input, cwd: process.cwd() }
    return await gate(reach, action, untilMs, signal)
  }
  // Here, not above: a hook is started for every call of an agent, and must not load them each time.
  const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js')
  const { StdioServerTransport } = await import('@modelcontextprotocol/sdk/server/stdio.js')
  const server = new StdioClientTransport({ command, args, env: withoutSecrets(process.env), stderr: 'inherit' })
  const client = new StdioServerTransport()
  process.stdin.once('end', () => void client.close())
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => void client.close())
  const first = await passOn(client, server, ask, explain)
  await server.close()
  if (first === 'server') explain('vigil: the MCP server has ended\n')
  return first === 'client' ? 0 : 1
}

async function makeKnown(reach: GateReach, session: SessionId, untilMs: number, signal: AbortSignal): Promise<void> {
  const data = { held: 'none', abilities: [] }
  const body = { v: 1, kind: 'session.started', atMs: Date.now(), session, data }
  await askUntil(reach, () => ({ path: '/api/ingest/events', body }), z.looseObject({}), untilMs, signal)
}

export function addMcpCommand(program: Command, explain: (text: string) => void): void {
  program
    .command('mcp')
    .description('stand before an MCP server: each of its tool calls asks the gate first')
    .usage('[options] -- SERVER ARGS…')
    .option('--session <id>', 'the session that calls (VIGIL_SESSION)')
    .option('--name <name>', 'what policies call the server: its tools are mcp__NAME__tool (the name of the command)')
    .option('--timeout <seconds>', 'a call is denied after so long', secondsOption, usualCallSeconds * 1_000)
    .argument('<server...>', 'the MCP server and its arguments, after --')
    .passThroughOptions()
    .action(async (argv: string[], options: McpOptions) => {
      process.exitCode = await runMcp(argv, options, explain)
    })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
