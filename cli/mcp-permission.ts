// `vigil mcp-permission`: the MCP tool that Claude Code asks before it would ask a person (`--permission-prompt-tool mcp__vigil__approve`).
// Whatever goes wrong, it denies: in the tool's own answer, and where that cannot be, by an error.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import type { Command } from 'commander'
import { z } from 'zod'
import type { GateAnswer } from '../client/gate.ts'
import { type AskerOptions, type AskForCall, openAsker } from './mcp-asker.ts'
import { secondsOption } from './seconds-option.ts'
import { ToolInput } from './tool-input.ts'

const usualSeconds = 600

const Asked = z.object({ tool_name: z.string().min(1), input: ToolInput, tool_use_id: z.string().min(1).optional() })

/** Source: https://code.claude.com/docs/en/sdk/sdk-permissions */
export type Permission =
  | { behavior: 'allow'; updatedInput: Record<string, unknown> }
  | { behavior: 'deny'; message: string }

/** Never throws. */
export async function permissionOf(asked: unknown, ask: AskForCall, signal?: AbortSignal): Promise<Permission> {
  try {
    const call = Asked.safeParse(asked).data
    if (!call) return denied('this is no call of a tool: it needs tool_name and input')
    const { tool_name: tool, input, tool_use_id: callId } = call
    return permissionIn(await ask({ tool, input, callId }, signal), input)
  } catch (error) {
    return denied(error instanceof Error ? error.message : String(error))
  }
}

function permissionIn(answer: GateAnswer, input: Record<string, unknown>): Permission {
  if (answer.decision === 'allow') return { behavior: 'allow', updatedInput: input }
  if (answer.decision !== 'edit') return denied(answer.reason)
  const edited = ToolInput.safeParse(answer.input).data
  return edited
    ? { behavior: 'allow', updatedInput: edited }
    : denied('it was edited into something that is no input of a tool')
}

function denied(why: string): Permission {
  return { behavior: 'deny', message: `Vigil: ${why}` }
}

export function addMcpPermissionCommand(program: Command, explain: (text: string) => void): void {
  program
    .command('mcp-permission')
    .description('an MCP server with one tool, "approve", that Claude Code asks for permission')
    .option('--session <id>', 'the session that calls (VIGIL_SESSION)')
    .option('--timeout <seconds>', 'a call is denied after so long', secondsOption, usualSeconds * 1_000)
    .action(async (options: AskerOptions) => {
      let ask: AskForCall
      try {
        ask = openAsker(options, process.env, 'claude-code-permission-tool')
      } catch (error) {
        // A server that is not there, too, is a denial; one that says why is easier to mend.
        explain(`vigil: every call is denied: ${error instanceof Error ? error.message : String(error)}\n`)
        ask = () => Promise.reject(error)
      }
      const server = new McpServer({ name: 'vigil', version: '1.0.0' })
      const description = 'May this tool call run? Asks the gate of Vigil, and the person who watches it.'
      // Read by us: what does not fit is a denial in the tool's own form too.
      const any = z.unknown().optional()
      const inputSchema = z.looseObject({ tool_name: any, input: any, tool_use_id: any })
      server.registerTool('approve', { description, inputSchema }, async (asked, { signal }) => ({
        content: [{ type: 'text', text: JSON.stringify(await permissionOf(asked, ask, signal)) }],
      }))
      const transport = new StdioServerTransport()
      const closed = new Promise<void>((resolve) => {
        server.server.onclose = () => resolve()
        for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve())
        process.stdin.once('end', () => resolve())
      })
      await server.connect(transport)
      await closed
    })
}
