// `vigil audit`: reads the audit, and checks its chain here, hash by hash: the server's own word is not needed.
import { hash } from 'node:crypto'
import type { Command } from 'commander'
import {
  AuditBody,
  AuditPage,
  type AuditVerdict,
  auditCheckStart,
  auditSentence,
  checkAuditHead,
  checkAuditLinks,
} from '../server/protocol/audit.ts'
import { callApi, type Reach } from './call-api.ts'
import { table, visible } from './terminal-text.ts'

const pageMax = 1_000
const cellMax = 120

export type AuditOutput = { out(text: string): void; explain(text: string): void }
type Json = { json?: boolean }
type ListOptions = Json & { search?: string; session?: string; limit: string }

/** The whole chain, checked here. Throws an Error with one line when the server cannot be asked. */
export async function verifyAudit(reach: Reach): Promise<AuditVerdict> {
  const sha256 = (text: string) => hash('sha256', text)
  let verdict = auditCheckStart()
  for (;;) {
    const after = verdict.ok ? verdict.head.n : 0
    const page = await callApi(reach, 'GET', `/api/audit?after=${after}&limit=${pageMax}`, AuditPage)
    verdict = checkAuditLinks(verdict, page.entries, sha256)
    if (!verdict.ok) return verdict
    if (!page.more) return checkAuditHead(verdict, page.head)
  }
}

export function verdictLine(verdict: AuditVerdict): string {
  if (verdict.ok) {
    const { n, hash: newest } = verdict.head
    return n === 0
      ? 'the audit is empty: nobody has done anything yet'
      : `whole: ${n} entries, each follows from the one before; the newest has the hash ${newest}`
  }
  return `NOT WHOLE: ${visible(verdict.why)}; ${verdict.checked} entries before it are as they were written`
}

export async function listAudit(reach: Reach, options: ListOptions, { out, explain }: AuditOutput): Promise<void> {
  const limit = Number(options.limit)
  if (!Number.isInteger(limit) || limit < 1 || limit > pageMax) throw new Error(`--limit: give 1 to ${pageMax}`)
  const query = new URLSearchParams({
    limit: String(limit),
    ...(options.search === undefined ? {} : { q: options.search }),
    ...(options.session === undefined ? {} : { session: options.session }),
  })
  const page = await callApi(reach, 'GET', `/api/audit?${query}`, AuditPage)
  const entries = page.entries.map(({ n, hash: own, body }) => ({ n, hash: own, ...AuditBody.parse(JSON.parse(body)) }))
  if (options.json) return out(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  if (entries.length === 0) return explain('nothing of that kind is in the audit\n')
  const rows = entries.map((entry) => [
    String(entry.n),
    new Date(entry.seenAtMs).toISOString().slice(0, 19),
    visible(entry.by.name),
    visible(auditSentence(entry)).slice(0, cellMax),
  ])
  out(table([['N', 'WHEN (UTC)', 'WHO', 'WHAT'], ...rows]))
  if (page.more) explain('there are older ones: raise --limit, or narrow with --search\n')
}

/** Puts `audit` and its commands under `program`. */
export function addAuditCommands(program: Command, reach: () => Reach, output: AuditOutput): void {
  const audit = program.command('audit').description('who did what, and whether the record of it is whole')
  const json = ['--json', 'answer as JSON'] as const
  audit.addHelpText(
    'after',
    '\nThe server is VIGIL_URL (http://localhost:3000); VIGIL_KEY is a key with scope read.\n"verify" ends with 1 when an entry was changed or taken away.',
  )
  audit
    .command('verify')
    .description('check the whole chain here, hash by hash')
    .option(...json)
    .action(async (options: Json) => {
      const verdict = await verifyAudit(reach())
      output.out(options.json ? `${JSON.stringify(verdict)}\n` : `${verdictLine(verdict)}\n`)
      if (!verdict.ok) process.exitCode = 1
    })
  audit
    .command('list')
    .description('newest first')
    .option('--search <text>', 'found anywhere in an entry')
    .option('--session <id>', 'only what concerns this session')
    .option('--limit <n>', 'at most so many', '50')
    .option(...json)
    .action((options: ListOptions) => listAudit(reach(), options, output))
}
