// Detection with everything around it: the rule book, the keeper that judges the log, the board of flags, backtests and automatic responses.
import { randomInt, randomUUID } from 'node:crypto'
import path from 'node:path'
import { aboutSession } from './about-session.ts'
import { createActionReader } from './action-reader.ts'
import { respondAutomatically } from './automatic-response.ts'
import { keepDetection } from './detection-keeper.ts'
import { createFlagBoard, viewOf, type WasDrillAt } from './flag-board.ts'
import { createGateJudge } from './gate-judge.ts'
import { loadShellReader, ownRulesFolder, type RuleText, ruleTextsIn } from './open-detection.ts'
import type { Store } from './open-store.ts'
import type { Pipeline } from './pipeline.ts'
import type { StoredEvent } from './protocol/event.ts'
import type { FlagView } from './protocol/flag-view.ts'
import { ruleWindowDays } from './protocol/rule-view.ts'
import { type BacktestOptions, backtest } from './rulebook/backtest.ts'
import { createBacktestJobs } from './rulebook/backtest-jobs.ts'
import { openRuleBook } from './rulebook/rule-book.ts'
import { createRuleTexts } from './rulebook/rule-texts.ts'
import { openRuleStore } from './store/rules.ts'
import { openTuning } from './tuning.ts'
import type { FlagsPort } from './web/flag-routes.ts'
import type { BacktestsPort } from './web/rule-document-routes.ts'
import type { TuningPort } from './web/tuning-routes.ts'

export type WireDetectionOptions = {
  pipeline: Pipeline
  store: Store
  root: string
  dataDir: string
  nowMs: () => number
  say: (line: string) => void
  /** Asked only when verdicts are counted. */
  isDrill: WasDrillAt
  onError: (context: string, error: unknown) => void
}

/** Flags read at the start, to be listed and counted. */
const flagsReadMax = 100_000
const dayMs = 86_400_000
const problemsSaid = 5

/** Our own pack is read once a process: by a standby before it is needed, because to read it takes most of taking over. */
export function readPackAhead(root: string): void {
  createRuleTexts(packBelow(root).texts, []).compile()
}

const packBelow = (root: string) => namedBelow('pack', ruleTextsIn(path.join(root, ownRulesFolder)))

export async function wireDetection({
  pipeline,
  store,
  root,
  dataDir,
  nowMs,
  say,
  isDrill,
  onError,
}: WireDetectionOptions) {
  const newId = () => randomUUID().slice(0, 13)
  const readShell = await loadShellReader()
  const board = createFlagBoard(isDrill)
  const earlier = await store.readFlags(nowMs() - ruleWindowDays * dayMs, flagsReadMax)
  for (const event of earlier) board.take(event)
  pipeline.onCommit(({ events }) => {
    for (const event of events) board.take(event)
  })

  const pack = packBelow(root)
  const folder = namedBelow('folder', ruleTextsIn(path.join(dataDir, 'rules')))
  const book = await openRuleBook({
    store: openRuleStore(store.prisma),
    texts: createRuleTexts([...pack.texts, ...folder.texts], [...pack.problems, ...folder.problems]),
    readShell,
    countOf: board.countOf,
    nowMs,
    newId,
    onError,
  })
  const { problems } = book.loaded
  for (const { file, line, message } of problems.slice(0, problemsSaid)) say(`vigil: rule ${file}:${line}: ${message}`)
  if (problems.length > problemsSaid)
    say(`vigil: and ${problems.length - problemsSaid} more problems of rules: GET /api/rules`)

  const keeper = keepDetection({
    pipeline,
    ...book.inForce,
    readShell,
    seed: randomInt(2 ** 31),
    headSeq: store.log.headSeq(),
    rulesSinceMs: await rulesSince(),
    readLog: store.readLog,
    nowMs,
    onError,
  })
  book.onChange((inForce) => {
    keeper.use(inForce)
    rulesSince().catch((error) => onError('note since when the rules are in force', error))
  })
  const automatic = respondAutomatically({ pipeline, automaticOf: book.automaticOf, nowMs, onError })
  for (const event of earlier) automatic.takeAgain(event)

  const jobs = createBacktestJobs({ newId, nowMs })
  const backtests: BacktestsPort & Pick<typeof jobs, 'onChange'> = {
    ...jobs,
    start: ({ name, text, hours }, by) => startBacktest({ name, text }, hours, by),
  }
  async function startBacktest(of: Pick<BacktestOptions, 'name' | 'text' | 'exception'>, hours: number, by: string) {
    const toSeq = store.log.headSeq()
    const fromSeq = await store.firstSeqSince(nowMs() - hours * 3_600_000)
    return jobs.start({ name: of.name, by, hours }, () =>
      backtest({
        ...of,
        book,
        fromSeq,
        toSeq,
        readLog: store.readLog,
        readShell,
        about: (id) => aboutSession(pipeline.state, id),
        verdictOf: board.verdictOf,
        nowMs: () => performance.now(),
      }),
    )
  }
  const tuning: TuningPort = {
    propose: openTuning({ book, state: pipeline.state, store, isDrill, nowMs }),
    async backtest(rule, { when, hours }, by) {
      const title = book.rule(rule)?.rule.title
      if (title === undefined) return { not: 'no-such-rule' }
      const tried = book.settingsWith(rule, when)
      if ('wrong' in tried) return tried
      const exception = { rule, settings: tried.settings }
      const id = await startBacktest({ name: `exception: ${title}`, text: '', exception }, hours, by)
      return id === undefined ? { not: 'too-many' } : { id }
    },
  }
  const flags: FlagsPort = {
    ...board,
    async ofRule(query) {
      const { events, more } = await store.readFlagsOfRule(query)
      // Verdicts too are of the log: memory keeps those of the newest flags alone.
      const said = await store.numbers.verdicts({ fromMs: query.fromMs, toMs: nowMs() + 1 })
      return { more, flags: withVerdicts(events, said.rows) }
    },
    async find(id) {
      const known = board.flag(id)
      if (known) return known
      const event = await store.readFlag(id)
      return event?.kind === 'flag.raised' ? viewOf(event) : undefined
    },
  }
  /** Since when these rules are in force; new ones are since now. A new version of our pack is noticed by it as well. */
  async function rulesSince(): Promise<number> {
    const fingerprint = book.fingerprint()
    const known = store.rulesInForce.read()
    if (known?.fingerprint === fingerprint) return known.sinceMs
    const sinceMs = nowMs()
    await store.rulesInForce.write({ fingerprint, sinceMs })
    return sinceMs
  }

  return {
    book,
    flags,
    backtests,
    tuning,
    judgeAtGate: createGateJudge({ inForce: () => book.inForce, readShell, automaticOf: book.automaticOf }),
    readAction: createActionReader({ inForce: () => book.inForce, readShell }),
    takeGpuSample: keeper.takeGpuSample,
    /** Findings of the log's end, which are read again after a restart. */
    takeAgain: board.take,
    async close() {
      await jobs.close()
      await keeper.close()
    },
  }
}

/** `verdicts`: oldest first; the newest word on a flag counts. */
function withVerdicts(flags: readonly StoredEvent[], verdicts: readonly StoredEvent[]): FlagView[] {
  const said = new Map<string, FlagView['verdict']>()
  for (const event of verdicts) {
    if (event.kind !== 'flag.judged') continue
    const { flag, verdict, by, note } = event.data
    const of = verdict && { verdict, by: by.name, atMs: event.seenAtMs, ...(note !== undefined && { note }) }
    said.set(flag, of)
  }
  return flags.flatMap((event): FlagView[] => {
    if (event.kind !== 'flag.raised') return []
    const verdict = said.get(event.id)
    return [{ ...viewOf(event), ...(verdict && { verdict }) }]
  })
}

/** Names of texts say where they come from. */
function namedBelow(place: string, found: ReturnType<typeof ruleTextsIn>): ReturnType<typeof ruleTextsIn> {
  return {
    texts: found.texts.map(({ name, text }): RuleText => ({ name: `${place}/${name}`, text })),
    problems: found.problems.map((problem) => ({ ...problem, file: `${place}/${problem.file}` })),
  }
}
