// Stands between an MCP client and one MCP server, whatever carries their messages. Every message passes as it is, but a `tools/call` reaches
// the server only after the gate allowed it; whatever goes wrong on the way, it does not.
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'
import type { GateAnswer } from '../client/gate.ts'
import { ToolInput } from './tool-input.ts'

const ToolCall = z.looseObject({
  id: z.union([z.string(), z.number()]),
  params: z.looseObject({ name: z.string().min(1), arguments: ToolInput.optional() }),
})
const Cancelled = z.looseObject({ params: z.looseObject({ requestId: z.union([z.string(), z.number()]) }) })

export type AskGate = (call: { tool: string; input: unknown }, signal: AbortSignal) => Promise<GateAnswer>

/**
 * Passes messages on between the two until one of them closes, and resolves to which. Not the SDK's `Client` and `Server`: they would answer
 * for the two what only they can say (versions, capabilities, what a newer protocol adds). `started` is called when both can be talked to.
 */
export async function passOn(
  client: Transport,
  server: Transport,
  ask: AskGate,
  explain: (text: string) => void,
  started: () => void = () => undefined,
) {
  const held = new Map<RequestId, AbortController>()
  const closed = new Promise<'client' | 'server'>((resolve) => {
    client.onclose = () => resolve('client')
    server.onclose = () => resolve('server')
  })
  const send = (to: Transport, message: JSONRPCMessage) => {
    to.send(message).catch((error: unknown) => {
      explain(`vigil: a message was lost: ${messageOf(error)}\n`)
      // Who asked would wait for ever.
      if (to !== server || !('method' in message) || !('id' in message)) return
      const told = { code: -32_000, message: `the MCP server did not take it: ${messageOf(error)}` }
      send(client, { jsonrpc: '2.0', id: message.id, error: told })
    })
  }
  client.onerror = (error) => explain(`vigil: from the client: ${error.message}\n`)
  server.onerror = (error) => explain(`vigil: from the server: ${error.message}\n`)
  server.onmessage = (message) => {
    // Over HTTP each later message names the version that the two agreed upon.
    const agreed = 'result' in message ? message.result.protocolVersion : undefined
    if (typeof agreed === 'string') server.setProtocolVersion?.(agreed)
    send(client, message)
  }
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
      const edited = answer.decision === 'edit' ? ToolInput.safeParse(answer.input) : undefined
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
  started()
  const first = await closed
  for (const stop of held.values()) stop.abort(new Error('the connection was closed'))
  return first
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
