// `vigil open`: the console over an evidence bundle, in a server of its own on a data folder that goes away with it. Checked first: what is not as it
// was signed is not shown unless it is asked for.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { verifyBundleFile } from '../server/bundle-file.ts'
import { type BundleOutput, keyOf, verdictText } from './verify-bundle.ts'

type OpenOptions = { port: string; key?: string; force?: boolean }
const reader = 'reader@bundle.invalid'

/** Resolves with the server's exit code once it has ended and its folder is gone. Throws one line when it cannot begin. */
export async function openBundle(file: string, options: OpenOptions, { out, explain }: BundleOutput): Promise<number> {
  const pin = options.key === undefined ? undefined : keyOf(options.key)
  const verdict = verifyBundleFile(file, pin)
  explain(
    verdictText(verdict, { entries: verdict.manifest?.files.find(({ name }) => name === 'audit.ndjson')?.lines ?? 0 }),
  )
  if (!verdict.manifest) throw new Error('nothing in it is signed: it cannot be opened')
  if (!verdict.whole && !options.force)
    throw new Error('THE BUNDLE IS NOT AS IT WAS SIGNED: it is not opened. With --force it is, and every page says so')
  const server = fileURLToPath(new URL('./server.mjs', import.meta.url))
  if (!existsSync(server)) throw new Error('the server is not built: run "npm run build" first')
  const folder = await mkdtemp(path.join(tmpdir(), 'vigil-open-'))
  const password = randomBytes(12).toString('base64url')
  // Nothing of this machine's own Vigil: no database, no key, no probe, no address but this machine's.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VIGIL_|DATABASE_URL$|HOST$)/.test(name))
  const child = spawn(process.execPath, ['--enable-source-maps', server], {
    env: {
      ...Object.fromEntries(inherited),
      NODE_ENV: 'production',
      PORT: options.port,
      VIGIL_DATA: folder,
      VIGIL_BUNDLE: path.resolve(file),
      VIGIL_PROBE: 'off',
      VIGIL_ADMIN: `${reader}:${password}`,
      ...(pin !== undefined && { VIGIL_BUNDLE_KEY: pin }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A process group of its own: a terminal's Ctrl-C reaches us, and the server hears of it once, from us.
    detached: true,
  })
  const stop = () => child.kill('SIGTERM')
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, stop)
  try {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const url = /^vigil ready (\S+)$/.exec(line)?.[1]
      if (url !== undefined)
        out(`${url}\n  sign in as ${reader}\n  password   ${password}\nCtrl-C ends it; nothing of it is kept.\n`)
    })
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code) => resolve(code ?? 1))
    })
  } finally {
    for (const signal of signals) process.off(signal, stop)
    await rm(folder, { recursive: true, force: true })
  }
}

/** Puts `open` under `program`. */
export function addOpenCommand(program: Command, output: BundleOutput): void {
  program
    .command('open')
    .argument('<bundle>', 'file that "vigil bundle" or the console made')
    .description('show an evidence bundle in a console of its own, read only')
    .option('--port <n>', 'where it listens on this machine; 0: any free one', '0')
    .option('--key <key>', 'whose signature it must be: as of "vigil verify"')
    .option('--force', 'also when it is not as it was signed')
    .action(async (file: string, options: OpenOptions) => {
      process.exitCode = await openBundle(file, options, output)
    })
}
