// `vigil detect`: commands or whole sessions from NDJSON through the very detection that runs live. No server, nothing is written.
import { createReadStream } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { type Command, Option } from 'commander'
import { z } from 'zod'
import { openWatch, type Raised } from '../server/detection/watch.ts'
import { type LoadedRules, loadRules, loadShellReader, ownRulesFolder } from '../server/open-detection.ts'

export type DetectIo = {
  out: (text: string) => void
  explain: (text: string) => void
  /** The project's folder, in which our rules lie. */
  root: string
}

const CommandLine = z.object({ cmd: z.string() })
const SessionLine = z.object({
  session: z.string().max(512),
  commands: z.array(z.object({ step: z.union([z.int(), z.string()]), cmd: z.string() })),
})

/** Commands of a session follow each other by so long, where nobody says when they ran. */
const betweenCommandsMs = 10_000
const problemsShown = 20

type Options = { format: 'commands' | 'sessions'; rules: string[] }

export function addDetectCommand(program: Command, io: DetectIo): void {
  program
    .command('detect')
    .description('judge commands or sessions by the rules that run live; NDJSON in, NDJSON out, no server')
    .addOption(
      new Option(
        '--format <format>',
        'commands: {"cmd": …} a line; sessions: {"session": …, "commands": [{"step", "cmd"}]} a line',
      )
        .choices(['commands', 'sessions'])
        .makeOptionMandatory(),
    )
    .option(
      '--rules <folder>',
      'more Sigma rules; may be given again',
      (folder: string, before: string[]) => [...before, folder],
      [],
    )
    .argument('<file>', 'NDJSON file, or - for standard input')
    .action(async (file: string, options: Options) => {
      const rules = loadRules([path.join(io.root, ownRulesFolder), ...options.rules])
      tellProblems(rules, io)
      const readShell = await loadShellReader()
      const judge = options.format === 'commands' ? judgeCommand : judgeSession
      let number = 0
      for await (const line of linesOf(file)) {
        number += 1
        if (line.trim() === '') continue
        // A watch of its own for each line: what one command does explains nothing of the next.
        const watch = openWatch({ ruleSet: rules.ruleSet, readShell })
        io.out(`${JSON.stringify(judge(line, number, watch))}\n`)
      }
    })
}

function linesOf(file: string): AsyncIterable<string> {
  const input = file === '-' ? process.stdin : createReadStream(file)
  return createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
}

/** Standard error: what is wrong with a rule must not be in the way of the answers, nor be missed. */
function tellProblems({ problems, unsupported, rules, correlations }: LoadedRules, io: DetectIo): void {
  const told = [...problems, ...unsupported]
  for (const { file, line, column, message, rule } of told.slice(0, problemsShown))
    io.explain(`vigil: ${file}:${line}:${column}: ${rule === undefined ? '' : `${rule}: `}${message}\n`)
  if (told.length > problemsShown) io.explain(`vigil: and ${told.length - problemsShown} more\n`)
  if (rules.length + correlations.length === 0) throw new Error('there is no rule to judge by')
}

type Watching = ReturnType<typeof openWatch>
type ToldFlag = {
  rule: string
  title: string
  severity: string
  technique: string | undefined
  behaviour: string | undefined
}

function judgeCommand(line: string, number: number, watch: Watching) {
  const read = parsed(CommandLine, line)
  if ('error' in read) return { line: number, error: read.error, flags: [] }
  const raised = watch.takeCommand(read.value.cmd, { atMs: 0, session: 'command', call: `line-${number}` })
  return { line: number, flags: toldFlags(raised), ...notFullyOf(raised) }
}

function judgeSession(line: string, number: number, watch: Watching) {
  const read = parsed(SessionLine, line)
  if ('error' in read) return { line: number, error: read.error, flags: [] }
  const { session, commands } = read.value
  const flags: (ToldFlag & { step: number | string })[] = []
  let atMs = 0
  let opensIncident = false
  for (const [index, { step, cmd }] of commands.entries()) {
    const raised = watch.takeCommand(cmd, { atMs, session, call: `step-${index}` })
    flags.push(...toldFlags(raised).map((flag) => ({ step, ...flag })))
    opensIncident ||= raised.some(({ isIncident }) => isIncident)
    atMs += betweenCommandsMs
  }
  const risk = watch.riskOf(session, atMs)
  return {
    session,
    flags,
    risk: Math.round((risk?.score ?? 0) * 10) / 10,
    because: risk?.contributions.map(({ title, why }) => `${title}: ${why}`) ?? [],
    incident: opensIncident,
  }
}

function parsed<T>(schema: z.ZodType<T>, line: string): { value: T } | { error: string } {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    return { error: 'not JSON' }
  }
  const read = schema.safeParse(json)
  if (read.success) return { value: read.data }
  const [issue] = read.error.issues
  return { error: `${issue?.path.map(String).join('.') || 'line'}: ${issue?.message ?? 'does not fit'}` }
}

/** The same rule twice in one command is one flag. */
function toldFlags(raised: readonly Raised[]): ToldFlag[] {
  const told = new Map<string, ToldFlag>()
  for (const { flag } of raised) {
    if (told.has(flag.rule)) continue
    const { rule, title, severity, techniques, behaviour } = flag
    told.set(rule, { rule, title, severity, technique: techniques[0], behaviour })
  }
  return [...told.values()]
}

function notFullyOf(raised: readonly Raised[]): { notFully?: string } {
  const reason = raised.find(({ flag }) => flag.notFully !== undefined)?.flag.notFully
  return reason === undefined ? {} : { notFully: reason }
}
