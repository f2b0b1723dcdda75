// `vigil key`: make, list and revoke API keys over the server's HTTP API. A key's text goes to stdout alone and once; whatever
// explains it goes to stderr, so that it can be piped into a file.
import type { Command } from 'commander'
import { z } from 'zod'
import { callApi, type Reach } from './call-api.ts'
import { table, visible } from './terminal-text.ts'

const KeyRecord = z.object({
  id: z.string(),
  name: z.string(),
  hint: z.string(),
  scopes: z.array(z.string()),
  host: z.string().optional(),
  session: z.string().optional(),
  createdAtMs: z.number(),
  revokedAtMs: z.number().optional(),
})
type KeyRecord = z.infer<typeof KeyRecord>
const Made = z.object({ key: z.string(), record: KeyRecord })
const Listed = z.object({ keys: z.array(KeyRecord) })
const Revoked = z.object({ revoked: z.string() })

export type KeyOutput = { out(text: string): void; explain(text: string): void }
type Json = { json?: boolean }
type CreateOptions = Json & { name: string; scope: string[]; host?: string; session?: string }

export async function createKey(reach: Reach, options: CreateOptions, { out, explain }: KeyOutput): Promise<void> {
  const { name, scope: scopes, host, session } = options
  const body = { name, scopes, ...(host === undefined ? {} : { host }), ...(session === undefined ? {} : { session }) }
  const made = await callApi(reach, 'POST', '/api/keys', Made, body)
  if (options.json) return out(`${JSON.stringify(made)}\n`)
  explain(
    `key ${made.record.id} (${visible(made.record.name)}) may: ${made.record.scopes.join(', ')}${bounds(made.record)}\n`,
  )
  explain('this is its text; it is shown now and never again:\n')
  out(`${made.key}\n`)
}

export async function listKeys(reach: Reach, options: Json, { out, explain }: KeyOutput): Promise<void> {
  const { keys } = await callApi(reach, 'GET', '/api/keys', Listed)
  if (options.json) return out(`${JSON.stringify({ keys })}\n`)
  if (keys.length === 0) return explain('there are no keys yet: make one with "vigil key create"\n')
  const rows = keys.map((key) => [
    key.id,
    visible(key.name),
    `…${key.hint}`,
    `${key.scopes.join(',')}${bounds(key)}`,
    new Date(key.createdAtMs).toISOString().slice(0, 19),
    key.revokedAtMs === undefined ? 'valid' : `revoked ${new Date(key.revokedAtMs).toISOString().slice(0, 19)}`,
  ])
  out(table([['ID', 'NAME', 'KEY', 'MAY', 'MADE (UTC)', 'STATE'], ...rows]))
}

export async function revokeKey(reach: Reach, id: string, options: Json, { out }: KeyOutput): Promise<void> {
  const answer = await callApi(reach, 'DELETE', `/api/keys/${encodeURIComponent(id)}`, Revoked)
  out(options.json ? `${JSON.stringify(answer)}\n` : `revoked ${visible(answer.revoked)}\n`)
}

/** Puts `key` and its commands under `program`. */
export function addKeyCommands(program: Command, reach: () => Reach, output: KeyOutput): void {
  const key = program.command('key').description('make, list and revoke API keys')
  const list = (text: string): string[] =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
  const json = ['--json', 'answer as JSON'] as const
  key.addHelpText(
    'after',
    '\nThe server is VIGIL_URL (http://localhost:3000); VIGIL_KEY is a key with scope admin.\n\nExample:\n  vigil key create --name build --scope probe --host build-7 >probe.key',
  )
  key
    .command('create')
    .description('make a key; its text is printed once, alone, on stdout')
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption(
      '--scope <scopes>',
      'what it may: read, ingest, sensor, control, probe, admin; several with commas',
      list,
    )
    .option('--host <host>', 'only for this host')
    .option('--session <id>', 'only for this session')
    .option(...json)
    .action((options: CreateOptions) => createKey(reach(), options, output))
  key
    .command('list')
    .description('every key, without its text')
    .option(...json)
    .action((options: Json) => listKeys(reach(), options, output))
  key
    .command('revoke')
    .description('refuse a key from now on')
    .argument('<id>', 'its id, as "list" shows it')
    .option(...json)
    .action((id: string, options: Json) => revokeKey(reach(), id, options, output))
}

function bounds({ host, session }: KeyRecord): string {
  return `${host === undefined ? '' : ` on host ${host}`}${session === undefined ? '' : ` in session ${session}`}`
}
