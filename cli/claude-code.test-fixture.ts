// The real Claude Code (the npm package) in a folder of its own: no settings, no account and no network of whoever runs the tests.
// `VIGIL_TEST_CLAUDE` names another one to be tested, e.g. a newer one that is installed. For tests only.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { builtProgram } from '../probe/built-program.test-fixture.ts'

const [command, ...first] = process.env.VIGIL_TEST_CLAUDE
  ? [process.env.VIGIL_TEST_CLAUDE]
  : [process.execPath, createRequire(import.meta.url).resolve('@anthropic-ai/claude-code/cli.js')]

/** Knows `onFailure` of a hook (2.1.295): without it, an HTTP hook that cannot be asked lets the call run. */
export const isNewClaude = process.env.VIGIL_TEST_CLAUDE !== undefined

export const vigil = [process.execPath, ...builtProgram('cli')]

export type Claude = {
  /** Where its commands run. */
  folder: string
  ended: Promise<{ code: number | null; out: string }>
  clear(): Promise<void>
}

export async function startClaude(given: {
  modelUrl: string
  settings: object
  args?: string[]
  env: Record<string, string>
}): Promise<Claude> {
  const home = await mkdtemp(path.join(tmpdir(), 'vigil-claude-'))
  const folder = path.join(home, 'work')
  await mkdir(folder)
  await mkdir(path.join(home, '.claude'))
  await writeFile(path.join(home, '.claude', 'settings.json'), JSON.stringify(given.settings))
  const args = ['-p', 'do it', '--output-format', 'json', '--model', 'claude-sonnet-4-5', ...(given.args ?? [])]
  const child = spawn(command as string, [...first, ...args], {
    cwd: folder,
    // Not ours and then some: nothing of whoever runs this may reach it.
    env: {
      NODE_ENV: 'production',
      PATH: process.env.PATH,
      HOME: home,
      CLAUDE_CONFIG_DIR: path.join(home, '.claude'),
      ANTHROPIC_BASE_URL: given.modelUrl,
      ANTHROPIC_API_KEY: 'no-key-for-a-scripted-model',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_TELEMETRY: '1',
      DISABLE_ERROR_REPORTING: '1',
      DISABLE_AUTOUPDATER: '1',
      ...given.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return {
    folder,
    ended: endOf(child),
    async clear() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await new Promise((resolve) => child.once('exit', resolve))
      }
      await rm(home, { recursive: true, force: true })
    },
  }
}

function endOf(child: ChildProcess): Promise<{ code: number | null; out: string }> {
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      out += chunk
    })
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out })))
}
