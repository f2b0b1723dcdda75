// `vigil import`: files, standard input, tails and scrapes of other tools' records, read here by the server's own readers and sent as
// facts. It says of every record what became of it.
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { HostId, SessionId } from '../server/protocol/ids.ts'
import { allSources, sourceOf } from '../server/sources/all-sources.ts'
import { createIntake, type IntakeCounts } from '../server/sources/intake.ts'
import type { RecordContext, RecordSource } from '../server/sources/record-source.ts'
import type { Reach } from './call-api.ts'
import { type Batch, createBatch, type Sent } from './import-batch.ts'
import { followFiles } from './import-follow.ts'
import { headOf, type Input, openInput } from './import-input.ts'
import { progressOn } from './import-progress.ts'
import { importReport } from './import-report.ts'
import { scrape } from './import-scrape.ts'
import { Interrupted, messageOf, tellWhole } from './import-whole.ts'

const patienceMs = 5 * 60_000

export type ImportOptions = {
  format: string
  source?: string
  host?: string
  session?: string
  zone?: number
  follow?: boolean
  fromStart?: boolean
  scrape?: string[]
  every?: number
  once?: boolean
  dryRun?: boolean
  json?: boolean
}

export type ImportOutput = {
  out(text: string): void
  explain(text: string): void
  isTerminal: boolean
  stateFolder: string
}

/** What became of one file. */
export type Imported = {
  file: string
  format: string
  counts: IntakeCounts
  sent: Sent | undefined
  /** From the first byte to the last answer. */
  tookMs: number
}

export function addImportCommand(program: Command, reach: () => Reach, output: ImportOutput): void {
  program
    .command('import')
    .description('read records of other tools (firewalls, audit logs, GPU exporters, agents) into Vigil')
    .requiredOption('--format <name>', 'format of the records; "auto" looks at each file; "list" names them all')
    .argument('[file...]', 'files, gzip or not; none or "-": standard input')
    .option('--source <name>', 'which of your sensors this is (default: the name of the key)')
    .option('--host <name>', 'for records that name no host')
    .option('--session <id>', 'for records that name no session')
    .option('--zone <+hh:mm>', 'of times without a zone', zoneOf)
    .option('--follow', 'go on with what is appended, through rotation and truncation; a restart goes on where it was')
    .option('--from-start', 'with --follow: begin at the start of the file again')
    .option(
      '--scrape <url>',
      'read Prometheus text from here; may be given again',
      (url: string, all: string[] = []) => [...all, url],
    )
    .option('--every <seconds>', 'with --scrape: how often', Number, 15)
    .option('--once', 'with --scrape: once')
    .option('--dry-run', 'only read and count; sends nothing')
    .option('--json', 'answer as JSON, a line a file')
    .action(async (files: string[], options: ImportOptions) => {
      process.exitCode = await importAll(files, options, reach, output)
    })
}

function zoneOf(text: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(text)
  if (!match) throw new InvalidArgumentError('a zone is written +02:00')
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]))
}

/** Answers the exit code. */
export async function importAll(
  files: string[],
  options: ImportOptions,
  reach: () => Reach,
  output: ImportOutput,
): Promise<number> {
  if (options.format === 'list') {
    const width = Math.max(...allSources.map((source) => source.format.length))
    output.out(allSources.map((source) => `${source.format.padEnd(width)}  ${source.title}\n`).join(''))
    return 0
  }
  const context = contextOf(options)
  if (options.scrape) {
    const source = chosen(options.format)
    return await scrape(options.scrape, source, context, options, reach(), output)
  }
  if (options.follow) {
    if (files.length === 0 || files.includes('-')) throw new Error('--follow needs files')
    const chosenSources = await Promise.all(
      files.map(async (file) => ({ file, source: await sourceFor(file, options.format) })),
    )
    return await followFiles(chosenSources, context, options, reach(), output)
  }
  let code = 0
  for (const file of files.length === 0 ? ['-'] : files) {
    try {
      const input = await openInput(file)
      const source = await sourceFor(file, options.format)
      const imported = await importOne(input, source, context, options, options.dryRun ? undefined : reach(), output)
      output.out(options.json ? `${JSON.stringify(jsonOf(imported))}\n` : importReport(imported))
    } catch (error) {
      code = 1
      output.explain(`vigil: ${messageOf(error)}\n`)
      if (error instanceof Interrupted) break
    }
  }
  return code
}

/** Reads one input to its end. The batch is sent whenever it is full, so that memory stays flat. */
export async function importOne(
  input: Input,
  source: RecordSource,
  context: RecordContext,
  options: ImportOptions,
  reach: Reach | undefined,
  output: ImportOutput,
): Promise<Imported> {
  const batch: Batch | undefined = reach && createBatch(reach, source.format, options.source, patienceMs)
  const recordedAtMs = input.writtenAtMs ?? context.recordedAtMs
  const intake = createIntake(
    source,
    { ...context, ...(recordedAtMs !== undefined && { recordedAtMs }), fileName: input.fileName },
    {
      event: (event) => batch?.line({ event }),
      sample: (sample) => batch?.line({ sample }),
      refused: ({ line, reason, raw }) => batch?.line({ refused: { line, reason, raw } }),
    },
  )
  const progress = progressOn(output, input)
  const startedMs = performance.now()
  const told = tellWhole(input)
  try {
    for await (const piece of input.pieces()) {
      // In small steps: one large piece could hold more records than a batch should.
      for (let start = 0; start < piece.length; start += 65_536) {
        intake.push(piece.subarray(start, start + 65_536))
        told.signal.throwIfAborted()
        if (batch?.isFull()) await batch.send(intake.counts(), told.running())
      }
      progress.show(intake.counts().records)
    }
    intake.end()
    await batch?.send(intake.counts(), told.ended('done'))
  } catch (error) {
    progress.clear()
    const ended = told.ended(told.signal.aborted ? 'cancelled' : 'failed', error)
    // What failed may be the server itself: then it learns by silence.
    if (ended) await batch?.send(intake.counts(), ended).catch(() => undefined)
    throw error
  } finally {
    told.close()
  }
  progress.clear()
  return {
    file: input.name,
    format: source.format,
    counts: intake.counts(),
    sent: batch?.sent,
    tookMs: performance.now() - startedMs,
  }
}

async function sourceFor(file: string, format: string): Promise<RecordSource> {
  if (format !== 'auto') return chosen(format)
  if (file === '-') throw new Error('standard input has no format to look at: name one with --format')
  const head = await headOf(file)
  const found = allSources.filter((source) => source.looksLike(head, file.split('/').at(-1) ?? file))
  if (found.length === 1 && found[0]) return found[0]
  const names = found.map((source) => source.format).join(', ')
  throw new Error(`${file}: ${found.length === 0 ? 'no known format' : `could be ${names}`}: name one with --format`)
}

function chosen(format: string): RecordSource {
  const source = sourceOf(format)
  if (source) return source
  throw new Error(
    `unknown format ${JSON.stringify(format)}: one of ${allSources.map((each) => each.format).join(', ')}`,
  )
}

function contextOf(options: ImportOptions): RecordContext {
  const host = options.host === undefined ? undefined : HostId.safeParse(options.host)
  if (host && !host.success) throw new Error(`--host: ${host.error.issues[0]?.message}`)
  const session = options.session === undefined ? undefined : SessionId.safeParse(options.session)
  if (session && !session.success) throw new Error(`--session: ${session.error.issues[0]?.message}`)
  return { nowMs: Date.now(), host: host?.data, session: session?.data, zoneOffsetMinutes: options.zone }
}

export function jsonOf({ file, format, counts, sent, tookMs }: Imported): object {
  const { understood, skipped, refused, records, events, samples, lines, bytes } = counts
  return {
    file,
    format,
    lines,
    bytes,
    records,
    understood,
    skipped,
    refused,
    events,
    samples,
    tookMs: Math.round(tookMs),
    ...(sent && { accepted: sent.accepted, duplicates: sent.duplicates, notAdmitted: sent.notAdmitted }),
  }
}
