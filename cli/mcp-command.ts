// `vigil mcp -- SERVER ARGS…` and `vigil mcp --url URL`: a gate before one MCP server, which is a program or an address. Its clients come over
// stdio, or with `--http PORT` over Streamable HTTP on this machine's loopback.
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { type Command, InvalidArgumentError } from 'commander'
import { withoutSecrets } from './command-environment.ts'
import { type AskGate, passOn } from './mcp.ts'
import { type AskerOptions, openAsker } from './mcp-asker.ts'
import { secondsOption } from './seconds-option.ts'

/** Clients of the SDK give a call 60 s. */
const usualCallSeconds = 55

type McpOptions = AskerOptions & { name?: string; url?: string; http?: number }
type Explain = (text: string) => void

/** Resolves to the exit code when it is over. */
async function runMcp(argv: string[], options: McpOptions, explain: Explain): Promise<number> {
  const [command] = argv
  if ((command === undefined) === (options.url === undefined))
    throw new Error('name the MCP server: either its command after --, or --url of one that runs')
  const askForCall = openAsker(options, process.env, 'mcp-gateway')
  const name = options.name ?? nameOf(options.url ?? command ?? '')
  const ask: AskGate = ({ tool, input }, signal) => askForCall({ tool: `mcp__${name}__${tool}`, input }, signal)
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })
  if (options.http === undefined) return await overStdio(argv, options, ask, explain, stopped)
  const { listenForMcp } = await import('./mcp-http.ts')
  const given = process.env.VIGIL_MCP_TOKEN?.trim()
  const token = given || randomBytes(24).toString('base64url')
  const door = await listenForMcp({
    port: options.http,
    token,
    explain,
    async open(client, started) {
      const server = await openServer(argv, options.url)
      try {
        await passOn(client, server, ask, explain, started)
      } finally {
        await server.close()
      }
    },
  })
  explain(`vigil: clients connect to ${door.url}\n`)
  explain(`vigil: with the header "authorization: Bearer ${given ? '$VIGIL_MCP_TOKEN' : token}"\n`)
  await stopped
  await door.close()
  return 0
}

async function overStdio(
  argv: string[],
  { url }: McpOptions,
  ask: AskGate,
  explain: Explain,
  stopped: Promise<void>,
): Promise<number> {
  const { StdioServerTransport } = await import('@modelcontextprotocol/sdk/server/stdio.js')
  const server = await openServer(argv, url)
  const client = new StdioServerTransport()
  process.stdin.once('end', () => void client.close())
  void stopped.then(() => client.close())
  const first = await passOn(client, server, ask, explain)
  await server.close()
  if (first === 'server') explain('vigil: the MCP server has ended\n')
  return first === 'client' ? 0 : 1
}

/** Not started yet. It gets no key of Vigil. */
async function openServer([command, ...args]: string[], url: string | undefined): Promise<Transport> {
  if (command !== undefined) {
    const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js')
    return new StdioClientTransport({ command, args, env: withoutSecrets(process.env), stderr: 'inherit' })
  }
  const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js')
  const authorization = process.env.VIGIL_MCP_UPSTREAM_AUTHORIZATION
  // Its types leave out that an id may be missing, which `exactOptionalPropertyTypes` minds.
  return new StreamableHTTPClientTransport(new URL(url ?? ''), {
    requestInit: authorization ? { headers: { authorization } } : {},
  }) as Transport
}

function nameOf(server: string): string {
  const name = URL.canParse(server) ? new URL(server).hostname : path.basename(server).replace(/\.[a-z]+$/, '')
  return name.replace(/[^\w-]/g, '-')
}

function portOption(text: string): number {
  const port = Number(text)
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) throw new InvalidArgumentError('a port, 0 to 65535')
  return port
}

function urlOption(text: string): string {
  if (!/^https?:/.test(text) || !URL.canParse(text)) throw new InvalidArgumentError('an http address')
  return text
}

export function addMcpCommand(program: Command, explain: Explain): void {
  program
    .command('mcp')
    .description('stand before an MCP server: each of its tool calls asks the gate first')
    .usage('[options] -- SERVER ARGS…')
    .option('--session <id>', 'the session that calls (VIGIL_SESSION)')
    .option('--name <name>', 'what policies call the server: its tools are mcp__NAME__tool (the name of the command)')
    .option('--timeout <seconds>', 'a call is denied after so long', secondsOption, usualCallSeconds * 1_000)
    .option(
      '--url <url>',
      'the MCP server runs here (Streamable HTTP; VIGIL_MCP_UPSTREAM_AUTHORIZATION is its header)',
      urlOption,
    )
    .option(
      '--http <port>',
      'serve clients on 127.0.0.1, not stdio; they need the token (VIGIL_MCP_TOKEN, else printed)',
      portOption,
    )
    .argument('[server...]', 'the MCP server and its arguments, after --')
    .passThroughOptions()
    .action(async (argv: string[], options: McpOptions) => {
      process.exitCode = await runMcp(argv, options, explain)
    })
}
