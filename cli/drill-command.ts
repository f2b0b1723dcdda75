// `vigil drill`: rehearses an incident with real processes, on far ends of its own, and times who answers it.
import { randomBytes } from 'node:crypto'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { DrillId, type DrillName, drills } from '../server/protocol/drill.ts'
import type { Reach } from './call-api.ts'
import { reportText } from './drill/report-text.ts'
import { table } from './terminal-text.ts'

type Output = { out(text: string): void; explain(text: string): void }
type RunOptions = { minutes: number; json?: boolean; id?: DrillId; progress?: boolean }

function minutesOption(text: string): number {
  const minutes = Number(text)
  if (!(minutes > 0 && minutes <= 60)) throw new InvalidArgumentError('a number of minutes, at most 60')
  return minutes
}

function idOption(text: string): DrillId {
  const id = DrillId.safeParse(text)
  if (!id.success) throw new InvalidArgumentError('eight of a-z and 0-9')
  return id.data
}

/** Puts `drill` and its commands under `program`. */
export function addDrillCommands(program: Command, reach: () => Reach, { out, explain }: Output): void {
  const drill = program
    .command('drill')
    .description('rehearse an incident: real processes, far ends of its own, nothing left behind')
  drill.addHelpText(
    'after',
    `
The server is VIGIL_URL (http://localhost:3000); VIGIL_KEY is a key with the scopes read, ingest and sensor.
The session is started like "vigil run": the probe of this machine holds it, so that it can be contained. Ctrl-C ends the drill.`,
  )
  drill
    .command('list')
    .description('what each drill does, what to expect, what it needs')
    .option('--json', 'answer as JSON')
    .action(({ json }: { json?: boolean }) => {
      if (json) return out(`${JSON.stringify(drills)}\n`)
      out(
        table([
          ['DRILL', 'WHAT', 'ATT&CK', 'EVIDENCE IN'],
          ...drills.map(({ name, title, techniques, evidenceSeconds }) => [
            name,
            title,
            techniques.join(' '),
            `${evidenceSeconds} s`,
          ]),
        ]),
      )
      for (const { name, does, expect, needs, task } of drills)
        out(`\n${name}\n  does    ${does}\n  expect  ${expect}\n  needs   ${needs}\n  you     ${task}\n`)
    })
  for (const { name, title } of drills) addDrill(drill, name, title)

  function addDrill(to: Command, name: DrillName, title: string): void {
    to.command(name)
      .description(title)
      .option('--minutes <n>', 'waits so long to be contained', minutesOption, 10)
      .option('--json', 'the report as JSON')
      .addOption(new Option('--id <id>').argParser(idOption).hideHelp())
      .addOption(new Option('--progress', 'a JSON line for each step; ends with standard input').hideHelp())
      .action(async (options: RunOptions) => await run(name, options))
  }

  async function run(name: DrillName, options: RunOptions): Promise<void> {
    const { runDrill } = await import('./drill/run-drill.ts')
    const stop = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
    // Whoever started it is gone: nobody would end it.
    if (options.progress)
      process.stdin
        .on('end', () => stop.abort())
        .on('error', () => stop.abort())
        .resume()
    const say = (text: string) =>
      options.progress ? out(`${JSON.stringify({ progress: text.slice(0, 500) })}\n`) : explain(`${text}\n`)
    const id = options.id ?? DrillId.parse(randomBytes(4).toString('hex'))
    const report = await runDrill({
      drill: name,
      id,
      minutes: options.minutes,
      reach: reach(),
      cancelled: stop.signal,
      say,
    })
    if (!options.progress) out(options.json ? `${JSON.stringify(report)}\n` : reportText(report))
    if (report.left.length > 0 || report.outcome === 'failed') process.exitCode = 1
  }
}

/** The other side of a drill, as a process of its own. */
export function addDrillFarEndCommand(program: Command): void {
  program
    .command('drill-far-end', { hidden: true })
    .argument('<specs...>')
    .action(async (specs: string[]) => {
      const { playFarEnds } = await import('./drill/far-peer.ts')
      await playFarEnds(specs)
    })
}
