// `vigil bundle`: has the server make an evidence bundle and writes it to a file. What did not arrive whole is no bundle: it is checked, and taken
// away again.
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { verifyBundleFile } from '../server/bundle-file.ts'
import type { Reach } from './call-api.ts'
import { visible } from './terminal-text.ts'
import type { BundleOutput } from './verify-bundle.ts'

type BundleOptions = { session: string[]; from?: string; to?: string; output: string }

/** A moment as people write it. Throws one line. */
function momentOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new Error(`${option}: give a time such as 2026-11-28T14:00:00Z`)
  return String(ms)
}

/** Throws an Error with one line. */
export async function downloadBundle(
  { url, key }: Reach,
  options: BundleOptions,
  { out }: BundleOutput,
): Promise<void> {
  const query = new URLSearchParams(options.session.map((session) => ['session', session]))
  const [from, to] = [momentOf('--from', options.from), momentOf('--to', options.to)]
  if (from !== undefined) query.set('from', from)
  if (to !== undefined) query.set('to', to)
  const response = await fetch(`${url}/api/bundle?${query}`, {
    headers: { authorization: `Bearer ${key}` },
    redirect: 'error',
  }).catch(() => {
    throw new Error(`the server at ${url} cannot be reached: is it running, and is VIGIL_URL right?`)
  })
  if (!response.ok || !response.body) {
    const said = (await response.json().catch(() => ({}))) as { detail?: unknown }
    throw new Error(
      `the server answered ${response.status}: ${visible(String(said.detail ?? 'without a reason')).slice(0, 300)}`,
    )
  }
  const part = `${options.output}.part`
  try {
    await pipeline(Readable.fromWeb(response.body as never), createWriteStream(part, { mode: 0o600 }))
    const verdict = verifyBundleFile(part)
    if (!verdict.whole) throw new Error('what arrived is not whole: ask again')
    await rename(part, options.output)
    out(`${options.output}: ${verdict.bytes} bytes, signed with ${verdict.manifest?.key}\n`)
  } finally {
    await rm(part, { force: true })
  }
}

/** Puts `bundle` under `program`. */
export function addBundleCommand(program: Command, reach: () => Reach, output: BundleOutput): void {
  program
    .command('bundle')
    .description('everything that is known of sessions, as one signed file')
    .requiredOption('--session <id...>', 'of these sessions')
    .option('--from <time>', 'from this moment on, by the server’s clock')
    .option('--to <time>', 'up to this moment')
    .requiredOption('-o, --output <file>', 'where to write it')
    .addHelpText(
      'after',
      '\nNothing in it is masked. VIGIL_KEY is a key with scope control; that it was made is written in the audit.',
    )
    .action((options: BundleOptions) => downloadBundle(reach(), options, output))
}
