// A model server on loopback that follows a script, in the form of Anthropic's streaming Messages API: it asks for one tool call, and when
// it is told what became of it, it ends. What it was told is what the agent was told. For tests only.
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { z } from 'zod'

export type ToolCall = { name: string; input: Record<string, unknown> }

const Block = z.looseObject({ type: z.string() })
const Request = z.looseObject({
  stream: z.boolean().optional(),
  tools: z.array(z.looseObject({ name: z.string() })).optional(),
  messages: z.array(z.object({ role: z.string(), content: z.union([z.string(), z.array(Block)]) })),
})
type Request = z.infer<typeof Request>

export async function openScriptedModel(toolCall: ToolCall) {
  /** Results of the tool call, as the agent gave them to the model. */
  const results: { isError: boolean; text: string }[] = []
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST' || !request.url?.startsWith('/v1/messages')) return void response.writeHead(404).end()
    if (request.url.includes('count_tokens')) return void response.end('{"input_tokens":1}')
    const asked = await readRequest(request)
    const found = resultsIn(asked)
    results.push(...found)
    // Some tools are not told until they are looked for; side questions come without any.
    const mayCall = found.length === 0 && asked.tools !== undefined && asked.tools.length > 0
    const block = mayCall
      ? { type: 'tool_use', id: `toolu_${randomUUID()}`, ...toolCall }
      : { type: 'text', text: 'done' }
    const events = eventsOf(block)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const event of events) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, results, close }
}

async function readRequest(request: IncomingMessage): Promise<Request> {
  return Request.parse(JSON.parse(await text(request)))
}

function resultsIn({ messages }: Request) {
  return messages
    .flatMap(({ content }) => (typeof content === 'string' ? [] : content))
    .filter(({ type }) => type === 'tool_result')
    .map(({ is_error, content }) => ({ isError: is_error === true, text: JSON.stringify(content) }))
}

function eventsOf(block: { type: string; [field: string]: unknown }): { type: string; [field: string]: unknown }[] {
  const isCall = block.type === 'tool_use'
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'scripted',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  }
  const delta = isCall
    ? { type: 'input_json_delta', partial_json: JSON.stringify(block.input) }
    : { type: 'text_delta', text: block.text }
  return [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: isCall ? { ...block, input: {} } : { ...block, text: '' } },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: isCall ? 'tool_use' : 'end_turn', stop_sequence: null },
      usage: { output_tokens: 1 },
    },
    { type: 'message_stop' },
  ]
}
