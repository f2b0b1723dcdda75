// How good and how fast detection is: recall per behaviour and false positives on labelled commands, sessions that open an incident, and commands
// and other events judged per second on one core, beside a bare parse of the same commands. In process: no server, no database.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { DetectionEvent } from '../../server/detection/detection-event.ts'
import { openEngine } from '../../server/detection/engine.ts'
import { createStatefulDetectors } from '../../server/detection/stateful/stateful-detectors.ts'
import { openWatch, type Raised } from '../../server/detection/watch.ts'
import { loadRules, loadShellReader, ownRulesFolder } from '../../server/open-detection.ts'
import type { Figure } from './figure.ts'
import { percentile } from './percentile.ts'
import { worstCommandFigures } from './worst-command-figure.ts'

// Seen from dist/, where the bench is bundled to.
const root = path.resolve(import.meta.dirname, '..')
const corpus = path.join(root, '../shared/corpora/commands')

type Line = { cmd: string; behaviour?: string }
type Session = { session: string; label: string; commands: { cmd: string }[] }

/** Aims of recall, where they are not the common one. */
const recallAims: Readonly<Record<string, number>> = { tunnel: 0.95, mining: 0.95 }
const eventsTimed = 600_000
const warmUpRounds = 4
const roundsTimed = 5

export async function detectionFigures(say: (line: string) => void): Promise<Figure[]> {
  const { ruleSet, rules, correlations, problems } = loadRules([path.join(root, ownRulesFolder)])
  const readShell = await loadShellReader()
  say(`detection: ${rules.length} rules, ${correlations.length} correlations, ${problems.length} problems`)
  const figures: Figure[] = []
  const judge = (cmd: string): readonly Raised[] =>
    openWatch({ ruleSet, readShell }).takeCommand(cmd, { atMs: 0, session: 's', call: 'c' })
  if (existsSync(corpus)) figures.push(...quality(judge), ...sessionQuality(() => openWatch({ ruleSet, readShell })))
  else say(`detection: no labelled commands here (${path.basename(corpus)}): quality is not measured`)
  figures.push(...(await speed(ruleSet)), ...(await worstCommandFigures(ruleSet, rules)))
  return figures
}

function linesOf<T>(name: string): T[] {
  const text = readFileSync(path.join(corpus, name), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}

const isNoticed = ({ flag }: Raised) => flag.severity !== 'informational' && flag.severity !== 'low'
const isPaged = ({ flag }: Raised) => flag.severity === 'high' || flag.severity === 'critical'

function quality(judge: (cmd: string) => readonly Raised[]): Figure[] {
  const byBehaviour = new Map<string, { lines: number; noticed: number; paged: number }>()
  const all = { lines: 0, noticed: 0, paged: 0 }
  for (const { cmd, behaviour = 'unnamed' } of linesOf<Line>('malicious.jsonl')) {
    const raised = judge(cmd)
    const counted = byBehaviour.get(behaviour) ?? { lines: 0, noticed: 0, paged: 0 }
    byBehaviour.set(behaviour, counted)
    for (const each of [counted, all]) {
      each.lines += 1
      each.noticed += Number(raised.some(isNoticed))
      each.paged += Number(raised.some(isPaged))
    }
  }
  const benign = [...new Set(linesOf<Line>('benign.jsonl').map(({ cmd }) => cmd))].map(judge)
  const perThousand = (count: number) => (1_000 * count) / benign.length
  const figure = (name: string, value: number, more: Partial<Figure>): Figure => ({
    group: 'detection',
    name,
    value,
    unit: 'ratio',
    ...more,
  })
  return [
    ...[...byBehaviour].map(([behaviour, { lines, noticed, paged }]) => {
      const aim = recallAims[behaviour]
      return figure(`recall_${behaviour}`, noticed / lines, {
        note: `${noticed} of ${lines} noticed, ${paged} paged`,
        ...(aim !== undefined && { aim: { atLeast: aim } }),
      })
    }),
    figure('recall_all', all.noticed / all.lines, { aim: { atLeast: 0.9 }, note: `${all.noticed} of ${all.lines}` }),
    figure('recall_paged', all.paged / all.lines, { aim: { atLeast: 0.65 }, note: `${all.paged} of ${all.lines}` }),
    figure('false_positives_per_1000', perThousand(benign.filter((raised) => raised.some(isNoticed)).length), {
      unit: 'count',
      aim: { atMost: 4 },
      note: `of ${benign.length} unique benign commands`,
    }),
    figure('false_pages_per_1000', perThousand(benign.filter((raised) => raised.some(isPaged)).length), {
      unit: 'count',
      aim: { atMost: 0.5 },
    }),
  ]
}

function sessionQuality(open: () => ReturnType<typeof openWatch>): Figure[] {
  const benign = linesOf<Session>('sessions_benign.jsonl').filter(({ label }) => label === 'benign')
  const opened = benign.filter(({ session, commands }) => {
    const watch = open()
    return commands.some(({ cmd }, index) =>
      watch
        .takeCommand(cmd, { atMs: index * 10_000, session, call: `step-${index}` })
        .some(({ isIncident }) => isIncident),
    )
  })
  return [
    {
      group: 'detection',
      name: 'benign_sessions_with_incident',
      value: opened.length,
      unit: 'count',
      aim: { atMost: 0 },
      note: `of ${benign.length}`,
    },
  ]
}

type RuleSet = Parameters<typeof openEngine>[0]['ruleSet']

async function speed(ruleSet: RuleSet): Promise<Figure[]> {
  const figures: Figure[] = []
  if (existsSync(corpus)) {
    const commands = [...new Set(linesOf<Line>('benign.jsonl').map(({ cmd }) => cmd))]
    // A server runs for weeks: what it does in its first seconds, while the machine is still compiling, is told in the note. A fresh reader each
    // time, so that nothing comes out of its cache.
    const judged: number[] = []
    const read: number[] = []
    for (let round = 0; round < warmUpRounds + roundsTimed; round += 1) {
      const watch = openWatch({ ruleSet, readShell: await loadShellReader() })
      const started = performance.now()
      for (const [index, cmd] of commands.entries())
        watch.takeCommand(cmd, { atMs: index, session: `s-${index % 200}`, call: `c-${index}` })
      judged.push(commands.length / ((performance.now() - started) / 1_000))
      const bare = await loadShellReader()
      const again = performance.now()
      for (const cmd of commands) bare(cmd)
      read.push(commands.length / ((performance.now() - again) / 1_000))
    }
    const rate = (perSecond: number | undefined) => Math.round(perSecond ?? 0).toLocaleString('en-US')
    const warm = judged.slice(warmUpRounds)
    figures.push({
      group: 'detection',
      name: 'commands_judged_per_s',
      value: percentile(warm, 50),
      unit: 'events/s',
      aim: { atLeast: 20_000 },
      note: `${commands.length} unique real commands, read and judged, ${roundsTimed} times from ${rate(Math.min(...warm))} to ${rate(Math.max(...warm))}/s; bare (read only) ${rate(percentile(read.slice(warmUpRounds), 50))}/s; before that, from the first on: ${judged.slice(0, warmUpRounds).map(rate).join(', ')}/s`,
    })
  }
  const engine = openEngine({ ruleSet, detectors: [createStatefulDetectors()] })
  const started = performance.now()
  for (let n = 0; n < eventsTimed; n += 1) engine.observe(connection(n))
  const seconds = (performance.now() - started) / 1_000
  figures.push({
    group: 'detection',
    name: 'other_events_judged_per_s',
    value: eventsTimed / seconds,
    unit: 'events/s',
    aim: { atLeast: 150_000 },
    note: 'connections and lookups of 200 sessions, through rules, correlations and detectors',
  })
  return figures
}

function connection(n: number): DetectionEvent {
  const session = `s-${n % 200}`
  const common = { atMs: n * 5, session, host: 'h-1', call: undefined, notFully: undefined }
  if (n % 4 === 0)
    return { source: 'dns', ...common, fields: { QueryName: `host-${n % 40}.example.org`, QueryType: 'A' } }
  return {
    source: 'connection',
    ...common,
    fields: {
      DestinationIp: `198.51.100.${n % 20}`,
      DestinationPort: 443,
      SourceIp: '10.0.0.7',
      SourcePort: 30_000 + (n % 30_000),
      Protocol: 'tcp',
      Direction: 'out',
      Initiated: true,
      DestinationScope: 'public',
      Image: '/usr/bin/python3',
    },
  }
}
