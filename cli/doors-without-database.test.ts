// The server is there and its database answers nothing: what was held through the hook and the MCP gateway is denied in time, and does not run.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { holdCommands, keyToAsk, waitingOf } from '../server/gate-for-test.ts'
import { startForTest, type TestServer } from '../server/start-for-test.ts'
import { vigil } from './claude-code.test-fixture.ts'

let server: TestServer
let folder: string
beforeAll(async () => {
  server = await startForTest()
  await holdCommands(server)
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-no-database-'))
  await writeFile(path.join(folder, 'ran'), '')
}, 60_000)
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

/** PostgreSQL's own process and all that it started. */
function databasePids(): number[] {
  const file = path.join(server.dataDir, 'postgres/cluster/postmaster.pid')
  const first = Number(readFileSync(file, 'utf8').split('\n')[0])
  const parentOf = (pid: string) => {
    try {
      return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1])
    } catch {
      return undefined
    }
  }
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return [first, ...pids.filter((pid) => parentOf(pid) === first).map(Number)]
}

it.skipIf(process.platform !== 'linux')(
  'denies what was held, and what is asked then',
  async () => {
    const env = { VIGIL_URL: server.url, VIGIL_KEY: await keyToAsk(server) }
    const [program = '', ...args] = vigil
    const tiny = ['--import', 'tsx', path.resolve(import.meta.dirname, 'tiny-mcp-server.test-fixture.ts')]
    const client = new Client({ name: 'test', version: '1.0.0' })
    const gateway = ['mcp', '--session', 'by-mcp', '--name', 'tiny', '--timeout', '8', '--', process.execPath, ...tiny]
    await client.connect(
      new StdioClientTransport({ command: program, args: [...args, ...gateway, path.join(folder, 'ran')], env }),
    )
    const hook = spawn(program, [...args, 'hook', 'claude-code', '--timeout', '8'], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    const hooked = Promise.all([text(hook.stdout), new Promise((resolve) => hook.once('exit', resolve))])
    hook.stdin.end(
      JSON.stringify({
        session_id: 'by-hook',
        hook_event_name: 'PreToolUse',
        tool_name: 'Bash',
        tool_input: { command: 'ls' },
        tool_use_id: 'one',
      }),
    )
    const call = (name: string) => client.callTool({ name, arguments: { text: name } })
    const held = call('ask')
    await Promise.all([waitingOf(server, 'by-hook'), waitingOf(server, 'by-mcp')])
    const pids = databasePids()
    expect(pids.length).toBeGreaterThan(1)
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    try {
      // What the policy allows must be on record first, too.
      const then = call('free')
      expect(await hooked).toEqual([expect.not.stringContaining('"allow"'), expect.anything()])
      expect(await held).toMatchObject({ isError: true })
      expect(await then).toMatchObject({ isError: true })
      const [said, code] = await hooked
      expect(code === 2 || said.includes('"deny"')).toBe(true)
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT')
    }
    await client.close()
    expect(await readFile(path.join(folder, 'ran'), 'utf8')).toBe('')
  },
  90_000,
)
