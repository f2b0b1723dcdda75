// A real MCP server with three tools, each of which writes down that it ran: what is not in that file did not run. For tests only.
import { appendFileSync } from 'node:fs'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { z } from 'zod'

const file = process.argv[2] ?? ''
const server = new McpServer({ name: 'tiny', version: '1.0.0' })
for (const name of ['free', 'ask', 'never'])
  server.registerTool(name, { inputSchema: { text: z.string() } }, ({ text }) => {
    appendFileSync(file, `${name} ${text}\n`)
    const secrets = ['VIGIL_KEY', 'VIGIL_TOKEN'].filter((each) => process.env[each] !== undefined)
    return { content: [{ type: 'text', text: [`${name} said ${text}`, ...secrets].join(', ') }] }
  })
server.registerResource('note', 'tiny://note', {}, (uri) => ({ contents: [{ uri: uri.href, text: 'a note' }] }))
await server.connect(new StdioServerTransport())
