// What a changed text, or one exception more, would have said of the log, beside what is in force: the same engine over the same events, side by side.
// GPU readings are samples and not in the log: rules about them show nothing here.
import { setTimeout as sleep } from 'node:timers/promises'
import { readContexts } from '../detection/context/read-contexts.ts'
import type { Flag } from '../detection/flag.ts'
import { noSettings, type RuleSettings } from '../detection/settings/rule-settings.ts'
import type { ReadShell } from '../detection/shell/shell-reading.ts'
import { openWatch, type Watch, type WatchOptions } from '../detection/watch.ts'
import { flagIdOf } from '../flag-events.ts'
import { createOwnerWait, type Judgeable } from '../owner-wait.ts'
import { readGatePolicy } from '../policy/gate-policy.ts'
import type { StoredEvent } from '../protocol/event.ts'
import { isPage } from '../protocol/flag.ts'
import type { FlagView } from '../protocol/flag-view.ts'
import { CallId, type EventId, SessionId } from '../protocol/ids.ts'
import { type BacktestFlag, type BacktestSide, contextDocument, policyDocument } from '../protocol/rule-view.ts'
import { maskValue } from '../protocol/secrets.ts'
import { cutText, shortTextMax } from '../protocol/text.ts'
import { judgePolicies } from './backtest-policy.ts'
import type { RuleBook } from './rule-book.ts'

export type BacktestReport = {
  events: number
  ofEvents: number
  current: BacktestSide
  edited: BacktestSide
  appeared: BacktestFlag[]
  disappeared: BacktestFlag[]
  appearedCount: number
  disappearedCount: number
}

export type BacktestOptions = {
  book: RuleBook
  name: string
  text: string
  /** With it: what one exception more would change of one rule; `name` and `text` are not looked at. */
  exception?: { rule: string; settings: RuleSettings } | undefined
  /** Events from this number to that one. */
  fromSeq: number
  toSeq: number
  readLog(afterSeq: number, limit: number): Promise<StoredEvent[]>
  readShell: ReadShell
  about: NonNullable<WatchOptions['about']>
  verdictOf(flag: EventId): FlagView['verdict']
  /** Of the processor, not of the calendar: how long a turn took. */
  nowMs: () => number
}

const pageEvents = 500
const shownMax = 50
/** Flags that are told apart per side; beyond them only the numbers go on. */
const keptMax = 20_000
const reportEveryMs = 400
/** Of work, before live sessions get their turn for as long. */
const turnMs = 12

/** Yields a report now and then, the last one whole. Throws where the text cannot run: check it before. */
export async function* backtest(options: BacktestOptions): AsyncGenerator<BacktestReport> {
  const { fromSeq, toSeq, readLog, nowMs } = options
  const sides = openSides(options)
  const waiting = createOwnerWait()
  let events = 0
  let turnStartedMs = nowMs()
  let nextReportMs = 0
  const judge = (ready: readonly Judgeable[]) => {
    for (const each of ready) for (const side of [sides.current, sides.edited]) side.take(each)
  }
  for (let after = fromSeq - 1; after < toSeq; ) {
    const page = await readLog(after, Math.min(pageEvents, toSeq - after))
    const last = page.at(-1)
    if (!last) break
    for (const event of page) {
      judge([...waiting.release(event.seenAtMs), ...waiting.take(event, event.seenAtMs)])
      if (nowMs() - turnStartedMs > turnMs) {
        await sleep(turnMs)
        turnStartedMs = nowMs()
      }
    }
    events += page.length
    after = last.seq
    if (nowMs() < nextReportMs) continue
    yield report(sides, events, options)
    nextReportMs = nowMs() + reportEveryMs
  }
  judge(waiting.releaseAll())
  yield report(sides, events, options)
}

function countingSide(): Side & { note(flag: Flag, isPage: boolean, cause: EventId | undefined): void } {
  const sessions = new Set<string>()
  const counts: BacktestSide = { flags: 0, sessions: 0, pages: 0 }
  const flags: Side['flags'] = new Map()
  return {
    counts,
    flags,
    take: () => undefined,
    note(flag, isPage, cause) {
      counts.flags += 1
      if (isPage) counts.pages += 1
      if (flag.session !== undefined && sessions.size < keptMax) sessions.add(flag.session)
      counts.sessions = sessions.size
      const id = flagIdOf(flag, cause)
      // A flag that became louder or milder is another flag to whoever is woken by it.
      if (flags.size < keptMax) flags.set(`${id} ${flag.severity}`, { flag, id })
    },
  }
}

function policySides(options: BacktestOptions): { current: Side; edited: Side } {
  const read = readGatePolicy(options.text, options.name)
  if ('problems' in read) throw new Error(`line ${read.problems[0]?.line ?? 1}: ${read.problems[0]?.message ?? ''}`)
  const { inForce } = options.book
  const judge = judgePolicies([inForce.policy, read.policy], { ...options, inForce })
  const [current, edited] = [countingSide(), countingSide()]
  // Both are asked at once, when the first is shown an event: rules say of an action the same to both.
  current.take = ({ event }) => {
    const [now, then] = judge(event)
    if (now) current.note(now.flag, now.isDenied, event.id)
    if (then) edited.note(then.flag, then.isDenied, event.id)
  }
  return { current, edited }
}

type Side = { take(ready: Judgeable): void; counts: BacktestSide; flags: Map<string, { flag: Flag; id: EventId }> }

function openSides(options: BacktestOptions): { current: Side; edited: Side } {
  const { book, name, text } = options
  const { ruleSet, contexts, settings } = book.inForce
  if (options.exception) return exceptionSides(options, options.exception)
  if (name === policyDocument) return policySides(options)
  if (name === contextDocument) {
    const read = readContexts(text, name)
    if ('problems' in read) throw new Error(`line ${read.problems[0]?.line ?? 1}: ${read.problems[0]?.message ?? ''}`)
    const all = { ruleSet, settings }
    return {
      current: sideOf({ ...all, contexts }, options),
      edited: sideOf({ ...all, contexts: read.contexts }, options),
    }
  }
  const edited = book.alone(name, text)
  const wrong = edited.problems[0]
  if (wrong) throw new Error(`line ${wrong.line}: ${wrong.message}`)
  const current = book.alone(name, book.text(name) ?? '')
  const ids = new Set([...current.ids, ...edited.ids])
  // Off or excepted now: what the text itself would say is asked here.
  const shared = { contexts, settings: noSettings }
  return {
    current: sideOf({ ...shared, ruleSet: current.ruleSet }, options, ids),
    edited: sideOf({ ...shared, ruleSet: edited.ruleSet }, options, ids),
  }
}

/** A detector has no text of its own: then everything runs, and it alone is counted. */
function exceptionSides(
  options: BacktestOptions,
  { rule, settings }: NonNullable<BacktestOptions['exception']>,
): { current: Side; edited: Side } {
  const { book } = options
  const document = book.rule(rule)?.rule.document
  const text = document === undefined ? undefined : book.text(document)
  const ruleSet =
    document === undefined || text === undefined ? book.inForce.ruleSet : book.alone(document, text).ruleSet
  const shared = { contexts: book.inForce.contexts, ruleSet }
  const ids = new Set([rule])
  return {
    current: sideOf({ ...shared, settings: book.inForce.settings }, options, ids),
    edited: sideOf({ ...shared, settings }, options, ids),
  }
}

/** Without `ids` all rules count. */
function sideOf(
  rules: Pick<WatchOptions, 'ruleSet' | 'contexts' | 'settings'>,
  { readShell, about }: BacktestOptions,
  ids?: ReadonlySet<string>,
): Side {
  const watch: Watch = openWatch({ ...rules, readShell, about })
  const side = countingSide()
  side.take = ({ event, owner }) => {
    for (const { flag, cause } of watch.take(event, owner))
      if (!ids || ids.has(flag.rule)) side.note(flag, isPage(flag.severity), cause)
  }
  return side
}

function report(
  { current, edited }: { current: Side; edited: Side },
  events: number,
  options: BacktestOptions,
): BacktestReport {
  const only = (mine: Side, other: Side) =>
    [...mine.flags].filter(([key]) => !other.flags.has(key)).map(([, found]) => found)
  const appeared = only(edited, current)
  const disappeared = only(current, edited)
  const shown = (found: typeof appeared) => found.slice(0, shownMax).map((each) => viewOf(each, options.verdictOf))
  return {
    events,
    ofEvents: Math.max(events, options.toSeq - options.fromSeq + 1),
    current: { ...current.counts },
    edited: { ...edited.counts },
    appeared: shown(appeared),
    disappeared: shown(disappeared),
    appearedCount: appeared.length,
    disappearedCount: disappeared.length,
  }
}

function viewOf({ flag, id }: { flag: Flag; id: EventId }, verdictOf: BacktestOptions['verdictOf']): BacktestFlag {
  const session = SessionId.safeParse(flag.session).data
  const call = CallId.safeParse(flag.call).data
  const verdict = verdictOf(id)?.verdict
  return {
    atMs: flag.atMs,
    rule: flag.rule,
    title: flag.title,
    severity: flag.severity,
    // Whoever may read may read this. Masked before it is cut: half a secret is not known as one.
    matched: (maskValue(flag.matched.slice(0, 16), {}) as Flag['matched']).map(({ field, value }) => ({
      field,
      value: cutText(value, shortTextMax),
    })),
    ...(session !== undefined && { session }),
    ...(call !== undefined && { call }),
    ...(verdict !== undefined && { verdict }),
  }
}
