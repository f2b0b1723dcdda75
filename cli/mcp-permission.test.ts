// The permission tool in the official SDK's hands, without a server that could answer, and with whatever a gate may say. On a real Vigil and the
// real Claude Code: `claude-code-real.test.ts`.
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { vigil } from './claude-code.test-fixture.ts'
import { permissionOf } from './mcp-permission.ts'

const [command = '', ...args] = vigil

it.each<[string, Record<string, string>, object, RegExp]>([
  ['nobody is asking', {}, { tool_name: 'Bash', input: {} }, /nobody is asking/],
  ['there is no server', { VIGIL_KEY: 'k' }, { tool_name: 'Bash', input: {}, tool_use_id: 'one' }, /cannot be reached/],
  ['it is asked about nothing', { VIGIL_KEY: 'k' }, {}, /no call of a tool/],
  ['the input is no object', { VIGIL_KEY: 'k' }, { tool_name: 'Bash', input: 'ls' }, /no call of a tool/],
])('denies in its own form where %s', async (_, env, asked, why) => {
  const client = new Client({ name: 'test', version: '1.0.0' })
  const own = [...args, 'mcp-permission', '--session', 'one', '--timeout', '1']
  await client.connect(
    new StdioClientTransport({
      command,
      args: own,
      env: { VIGIL_URL: 'http://127.0.0.1:2', ...env },
      stderr: 'ignore',
    }),
  )
  const said = await client.callTool({ name: 'approve', arguments: { ...asked } })
  const [block] = said.content as { type: string; text: string }[]
  expect(JSON.parse(block?.text ?? '')).toEqual({ behavior: 'deny', message: expect.stringMatching(why) })
  await client.close()
})

it('never allows what the gate did not, nor another input than the one that it was asked about or that was edited', async () => {
  const said = fc.oneof(
    fc.constantFrom(undefined, null, {}, 'allow'),
    fc.record({
      decision: fc.constantFrom('allow', 'edit', 'deny', 'Allow'),
      reason: fc.string(),
      input: fc.jsonValue(),
    }),
  )
  await fc.assert(
    fc.asyncProperty(said, fc.dictionary(fc.string(), fc.jsonValue()), async (answer, input) => {
      const permission = await permissionOf({ tool_name: 'Bash', input }, async () => answer as never)
      if (permission.behavior === 'deny') return
      const { decision, input: edited } = answer as { decision: string; input: unknown }
      expect(['allow', 'edit']).toContain(decision)
      expect(JSON.stringify(permission.updatedInput)).toBe(JSON.stringify(decision === 'allow' ? input : edited))
    }),
  )
})
