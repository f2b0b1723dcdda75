// `vigil verify`: checks an evidence bundle here, without a server. Its answer is for people and, as JSON, for programs; what the file says is
// shown as text from outside.
import { createPublicKey, hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { z } from 'zod'
import { textOf } from '../server/bundle/bytes.ts'
import { layoutOf } from '../server/bundle/layout.ts'
import { manifestBytes } from '../server/bundle/manifest.ts'
import type { BundleVerdict, Damage } from '../server/bundle/verify.ts'
import { publicKeyHead, verifyBundleFile, withBundleFile } from '../server/bundle-file.ts'
import { AuditLink, auditLinkText } from '../server/protocol/audit.ts'
import { visible } from './terminal-text.ts'

export type BundleOutput = { out(text: string): void; explain(text: string): void }
type VerifyOptions = { json?: boolean; key?: string }

const ExtractLine = AuditLink.extend({ previous: z.string() })

/** `text`: the key in hex, or a file with it: in hex, as PEM, or as `GET /api/bundle-key` answers. Throws one line. */
export function keyOf(text: string): string {
  const hex = /^[0-9a-f]{64}$/i
  if (hex.test(text)) return text.toLowerCase()
  let content: string
  try {
    content = readFileSync(text, 'utf8').trim()
  } catch {
    throw new Error(`--key: ${text} is neither 64 hex digits nor a file that can be read`)
  }
  if (hex.test(content)) return content.toLowerCase()
  try {
    if (content.startsWith('{')) return keyOf(z.object({ key: z.string().regex(hex) }).parse(JSON.parse(content)).key)
    const key = createPublicKey(content)
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('another kind of key')
    return key.export({ format: 'der', type: 'spki' }).subarray(publicKeyHead.length).toString('hex')
  } catch {
    throw new Error(`--key: ${text} holds no Ed25519 public key`)
  }
}

/** Of a bundle that is whole: does each entry of its audit follow from the hash before it? Answers the first that does not. */
export function checkExtract(file: string, verdict: BundleVerdict): { entries: number; wrong?: number } {
  const { manifest } = verdict
  if (!manifest) return { entries: 0 }
  const layout = layoutOf(manifest, manifestBytes(manifest).length)
  const part = layout.parts.find(({ name }) => name === 'audit.ndjson')
  if (!part) return { entries: 0 }
  const text = withBundleFile(file, (bytes) => textOf(bytes.read(part.at, part.until - part.at)))
  let entries = 0
  let before: { n: number; hash: string } | undefined
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const { previous, ...link } = ExtractLine.parse(JSON.parse(line))
    const follows = before?.n !== link.n - 1 || before.hash === previous
    if (!follows || hash('sha256', auditLinkText(previous, link)) !== link.hash) return { entries, wrong: link.n }
    before = link
    entries += 1
  }
  return { entries }
}

const hexByte = (byte: number): string => {
  const shown = byte > 0x20 && byte < 0x7f ? ` "${String.fromCharCode(byte)}"` : ''
  return `0x${byte.toString(16).padStart(2, '0')}${shown}`
}

/** Bytes are counted from 0, lines from 1. */
export function damageLine({ kind, at, until, is, was, where, line, note }: Damage): string {
  const place = `${where}${line === undefined ? '' : ` line ${line}`}`
  const why = note === undefined ? '' : `: ${visible(note)}`
  switch (kind) {
    case 'byte':
      return `byte ${at} is ${hexByte(is ?? 0)}, was ${hexByte(was ?? 0)}: ${place}`
    case 'moved':
      return `from byte ${at} on, ${place}${why}`
    case 'put-in':
      return `byte ${at}, ${place}${why}`
    case 'taken-out':
      return `before byte ${at}, ${place}${why}${was === undefined ? '' : `, which was ${hexByte(was)}`}`
    case 'cut':
      return `it ends at byte ${at}, in ${place}${why}`
    case 'grown':
      return `from byte ${at} on${why}`
    case 'unsigned':
      return `no signature fits (bytes ${at} to ${Math.max(at, until - 1)}, ${place})${why}`
    case 'block':
      return `bytes ${at} to ${until - 1} are not as they were signed, in more than one place or by more than one byte: ${place}${why}`
  }
}

/** What a person reads: whole or not first, then what it is and whose word that is. */
export function verdictText(verdict: BundleVerdict, audit: { entries: number; wrong?: number }): string {
  const { damage, more, manifest, pin, bytes } = verdict
  const lines: string[] = []
  const [first, ...further] = damage
  if (first) {
    lines.push(`NOT WHOLE: ${damageLine(first)}`)
    for (const each of further) lines.push(`  then ${damageLine(each)}`)
    if (more > 0) lines.push(`  and ${more} further blocks of 256 bytes`)
  } else if (pin === 'differs') lines.push('NOT BY THE KEY YOU GAVE: every byte is as somebody else signed it')
  else lines.push(`whole: all ${bytes} bytes are as they were signed`)
  if (manifest) {
    const { of, madeBy, madeAtMs, files, key } = manifest
    const shown = of.sessions.slice(0, 5).map(visible).join(', ')
    const rest = of.sessions.length > 5 ? ` and ${of.sessions.length - 5} more` : ''
    lines.push(`of      ${of.title === undefined ? '' : `${visible(of.title)}: `}${shown}${rest}`)
    lines.push(`made    ${new Date(madeAtMs).toISOString()} by ${visible(madeBy.name)} (${madeBy.type})`)
    lines.push(
      `lines   ${files
        .filter(({ name }) => name !== 'readme.txt')
        .map(({ name, lines: count }) => `${name} ${count}`)
        .join(', ')}`,
    )
    const said =
      pin === 'matches'
        ? 'the key you gave'
        : pin === 'differs'
          ? 'NOT the key you gave'
          : 'NOT PINNED: anybody can sign with a key of his own. Compare it with GET /api/bundle-key, and give it with --key'
    lines.push(`key     ${key} (${said})`)
    if (audit.wrong !== undefined) lines.push(`audit   entry ${audit.wrong} DOES NOT FOLLOW from the hash before it`)
    else if (damage.length === 0)
      lines.push(`audit   ${audit.entries} entries, an extract: each follows from the hash before it`)
  }
  return `${lines.join('\n')}\n`
}

/** Exit code: 0 whole, 1 not whole or by another key. Throws one line when the file cannot be read. */
export function verifyToTerminal(file: string, options: VerifyOptions, { out }: BundleOutput): number {
  const verdict = verifyBundleFile(file, options.key === undefined ? undefined : keyOf(options.key))
  const audit = verdict.damage.length === 0 ? checkExtract(file, verdict) : { entries: 0 }
  out(options.json ? `${JSON.stringify({ ...verdict, audit })}\n` : verdictText(verdict, audit))
  return verdict.whole && audit.wrong === undefined ? 0 : 1
}

/** Puts `verify` under `program`. */
export function addVerifyCommand(program: Command, output: BundleOutput): void {
  program
    .command('verify')
    .argument('<bundle>', 'file that "vigil bundle" or the console made')
    .description('check an evidence bundle here, offline, down to the byte that was changed')
    .option(
      '--key <key>',
      'whose signature it must be: 64 hex digits, or a file with them, a PEM, or the answer of GET /api/bundle-key',
    )
    .option('--json', 'answer as JSON')
    .addHelpText(
      'after',
      '\nEnds with 0 when it is whole, 1 when it is not (or is signed by another key), 2 when it cannot be read.',
    )
    .action((file: string, options: VerifyOptions) => {
      try {
        process.exitCode = verifyToTerminal(file, options, output)
      } catch (error) {
        output.explain(`vigil: ${error instanceof Error ? error.message : String(error)}\n`)
        process.exitCode = 2
      }
    })
}
