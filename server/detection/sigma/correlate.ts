// Counts matches of rules over time, as correlations ask: a reducer over events with a fixed amount of memory. One flag when the condition is
// met, none more for the length of its window, then anew: neither of the same group nor of others that the same session makes, because a scan
// of a hundred machines is one thing to look at. Conditions with an upper end (lt, lte, eq) are decided when their window is over.
import type { DetectionEvent, FieldValue } from '../detection-event.ts'
import type { Flag } from '../flag.ts'
import { type Counter, capacityFor, EventCounter, SequenceCounter, ValueCounter } from './correlation-counters.ts'
import { CorrelationGroups } from './correlation-groups.ts'
import type { LinkedCorrelation } from './link-correlations.ts'
import { shortValue } from './short-value.ts'
import type { Correlation } from './sigma-rule.ts'

const groupsMax = 20_000
const groupsMin = 200
/** Over all groups of one correlation. */
const entriesMax = 2_000_000
const valuesOfOneEventMax = 64

export type CorrelatorCounts = {
  /** Groups and entries that had to go so that memory stays bounded: counts may have been too low since. */
  forgottenGroups: number
  forgottenEntries: number
  /** Matches without a value for what is grouped by. */
  ungrouped: number
  /** Groups that met their condition while the flag of another one of the same session was fresh. */
  repeatedGroups: number
}

export type Correlator = {
  /** `matched`: ids of the rules that the event matched. */
  observe(matched: readonly string[], event: DetectionEvent): Flag[]
  /** Decides windows that are over by this time of the log. */
  elapse(nowMs: number): Flag[]
  readonly counts: CorrelatorCounts
}

type Group = {
  counter: Counter
  /** When it last met its condition. */
  metMs: number | undefined
  /** Beginning of the window that is to be decided when it is over. */
  openedMs: number | undefined
  /** The last event of that window, of its fields only those that are asked for. */
  last: DetectionEvent | undefined
}

/** What of a correlation one session, else one address or host, was told. */
type Said = { atMs: number | undefined; repeated: number }

export function openCorrelator(linked: readonly LinkedCorrelation[]): Correlator {
  const counts: CorrelatorCounts = { forgottenGroups: 0, forgottenEntries: 0, ungrouped: 0, repeatedGroups: 0 }
  const { asked, interesting } = needsOf(linked)
  /** Made when first needed: an engine that judges one action at the gate counts nothing in most cases. */
  let running: RunningCorrelation[] | undefined
  const all = () => {
    running ??= linked.map((each) => new RunningCorrelation(each, counts))
    return running
  }
  let order = 0

  /** Correlations come after what they count, so one pass is enough for chains. */
  function pass(matched: Iterable<string>, event: DetectionEvent, flags: Flag[], from: number): void {
    const met = new Set(matched)
    order++
    for (const each of all().slice(from)) {
      const flag = each.observe(met, event, order, asked)
      if (flag === undefined) continue
      met.add(each.id)
      const told = each.isLoud(linked) ? each.told(flag, event) : undefined
      if (told !== undefined) flags.push(told)
    }
  }

  return {
    counts,
    observe(matched, event) {
      if (!matched.some((id) => interesting.has(id))) return []
      const flags: Flag[] = []
      pass(matched, event, flags, 0)
      return flags
    },
    elapse(nowMs) {
      const flags: Flag[] = []
      for (const [index, each] of (running ?? []).entries())
        for (const { flag, event } of each.elapse(nowMs)) {
          const told = each.isLoud(linked) ? each.told(flag, event) : undefined
          if (told !== undefined) flags.push(told)
          pass([each.id], event, flags, index + 1)
        }
      return flags
    },
  }
}

type Needs = { asked: ReadonlySet<string>; interesting: ReadonlySet<string> }

const knownNeeds = new WeakMap<readonly LinkedCorrelation[], Needs>()

/** Fields that are asked for, and rules that are counted: the same for every engine over these rules. */
function needsOf(linked: readonly LinkedCorrelation[]): Needs {
  const known = knownNeeds.get(linked)
  if (known) return known
  const asked = new Set(linked.flatMap(({ groupFields }) => [...groupFields.values()].flat()))
  for (const { correlation } of linked) if (correlation.field !== undefined) asked.add(correlation.field)
  const needs = { asked, interesting: new Set(linked.flatMap(({ members }) => members)) }
  knownNeeds.set(linked, needs)
  return needs
}

class RunningCorrelation {
  readonly id: string
  readonly #linked: LinkedCorrelation
  readonly #correlation: Correlation
  readonly #counts: CorrelatorCounts
  readonly #groups: CorrelationGroups<Group>
  readonly #isDecidedLater: boolean
  readonly #isTemporal: boolean
  readonly #said = new CorrelationGroups<Said>(groupsMax, () => ({ atMs: undefined, repeated: 0 }))
  #isLoud: boolean | undefined

  constructor(linked: LinkedCorrelation, counts: CorrelatorCounts) {
    const { correlation } = linked
    const { type, timespanMs, count } = correlation
    this.id = correlation.id
    this.#linked = linked
    this.#correlation = correlation
    this.#counts = counts
    this.#isTemporal = type === 'temporal' || type === 'temporal_ordered'
    this.#isDecidedLater = count.max !== Number.POSITIVE_INFINITY
    const most = this.#isDecidedLater ? count.max + 1 : count.min
    const max = Math.max(groupsMin, Math.min(groupsMax, Math.floor(entriesMax / (2 * capacityFor(most)))))
    const newCounter = (): Counter => {
      if (type === 'event_count') return new EventCounter(timespanMs, most)
      if (type === 'value_count') return new ValueCounter(timespanMs, most)
      return new SequenceCounter(timespanMs, linked.members.length, type === 'temporal_ordered')
    }
    this.#groups = new CorrelationGroups(max, () => ({
      counter: newCounter(),
      metMs: undefined,
      openedMs: undefined,
      last: undefined,
    }))
  }

  /** Like rules, a correlation that only feeds another one in its own file is silent. */
  isLoud(all: readonly LinkedCorrelation[]): boolean {
    if (this.#isLoud === undefined) {
      const above = all.filter(
        ({ correlation, members }) => members.includes(this.id) && correlation.file === this.#correlation.file,
      )
      this.#isLoud = above.length === 0 || above.some(({ correlation }) => correlation.generate)
    }
    return this.#isLoud
  }

  /** Undefined for a further group of what was said already; the next flag says how many there were. */
  told(flag: Flag, event: DetectionEvent): Flag | undefined {
    const owner = event.session ?? valuesOf(event, 'SourceIp')[0] ?? event.host
    if (owner === undefined || this.#correlation.groupBy.length === 0) return flag
    const said = this.#said.use(owner, owner, () => {})
    if (said.atMs !== undefined && Math.abs(flag.atMs - said.atMs) <= this.#correlation.timespanMs) {
      said.repeated++
      this.#counts.repeatedGroups++
      return undefined
    }
    const { repeated } = said
    said.atMs = flag.atMs
    said.repeated = 0
    if (repeated === 0) return flag
    return { ...flag, context: [...flag.context, `${repeated} more like it since this was last said`] }
  }

  observe(
    met: ReadonlySet<string>,
    event: DetectionEvent,
    order: number,
    asked: ReadonlySet<string>,
  ): Flag | undefined {
    let flag: Flag | undefined
    const { members } = this.#linked
    // From the last rule to the first: one event is one step of a sequence.
    for (let member = members.length - 1; member >= 0; member--) {
      const id = members[member]
      if (id === undefined || !met.has(id)) continue
      flag = this.#count(id, member, event, order, asked) ?? flag
      // Two rules about one event: it is still one event.
      if (!this.#isTemporal) return flag
    }
    return flag
  }

  elapse(nowMs: number): { flag: Flag; event: DetectionEvent }[] {
    const done: { flag: Flag; event: DetectionEvent }[] = []
    if (!this.#isDecidedLater) return done
    for (const [key, { group }] of this.#groups.entries()) {
      const event = group.last
      const flag = this.#decide(group, nowMs, key)
      if (flag !== undefined && event !== undefined) done.push({ flag, event })
    }
    return done
  }

  #count(id: string, member: number, event: DetectionEvent, order: number, asked: ReadonlySet<string>) {
    const { count, field } = this.#correlation
    const { atMs } = event
    const fields = this.#linked.groupFields.get(id) ?? []
    const key = groupKey(event, fields)
    const values = field === undefined ? [] : valuesOf(event, field)
    if (key === undefined || (field !== undefined && values.length === 0)) {
      this.#counts.ungrouped++
      return undefined
    }
    const owner = event.session ?? event.host ?? ''
    const group = this.#groups.use(key, owner, () => this.#counts.forgottenGroups++)
    const counted = { atMs, order, member, values }
    if (this.#isDecidedLater) {
      const flag = this.#decide(group, atMs, key)
      this.#counts.forgottenEntries += group.counter.add(counted)
      group.openedMs ??= atMs
      if (atMs <= group.openedMs + this.#correlation.timespanMs) group.last = onlyFields(event, asked)
      return flag
    }
    this.#counts.forgottenEntries += group.counter.add(counted)
    const isResting = group.metMs !== undefined && Math.abs(atMs - group.metMs) <= this.#correlation.timespanMs
    if (isResting || !group.counter.reaches(counted, count.min)) return undefined
    group.metMs = atMs
    group.counter.clear()
    return this.#flag(event, key, `${count.min} or more`)
  }

  #decide(group: Group, nowMs: number, key: string): Flag | undefined {
    const { openedMs, last } = group
    const { count, timespanMs } = this.#correlation
    if (openedMs === undefined || last === undefined || nowMs <= openedMs + timespanMs) return undefined
    const found = group.counter.countFrom(openedMs)
    group.counter.clear()
    group.openedMs = undefined
    group.last = undefined
    return found >= count.min && found <= count.max ? this.#flag(last, key, String(found)) : undefined
  }

  #flag(event: DetectionEvent, key: string, count: string): Flag {
    const { correlation } = this.#linked
    const values = key.split('\u0000')
    const grouped = correlation.groupBy.map((field, index) => ({ field, value: values[index] ?? '' }))
    // Whose it is stands on the flag itself: what it is about comes first.
    const isOwner = ({ field }: { field: string }) => field === 'session' || field === 'host' || field === 'call'
    const what = {
      event_count: 'events',
      value_count: `values of ${correlation.field}`,
      temporal: 'kinds of events',
      temporal_ordered: 'events in this order',
    }[correlation.type]
    return {
      rule: correlation.id,
      title: correlation.title,
      severity: correlation.level,
      ruleSeverity: correlation.level,
      techniques: correlation.techniques,
      tactics: correlation.tactics,
      behaviour: correlation.vigil?.behaviour,
      source: event.source,
      atMs: event.atMs,
      session: event.session,
      host: event.host,
      call: event.call,
      matched: [
        ...grouped.filter((each) => !isOwner(each)),
        { field: 'Count', value: `${count} ${what} within ${printSpan(correlation.timespanMs)}` },
        ...grouped.filter(isOwner),
      ],
      fingerprint: `${correlation.id} ${key.replaceAll('\u0000', ' ')}`,
      context: [],
      notFully: event.notFully,
    }
  }
}

/** Undefined: the event lacks one of the fields. Without `group-by`, what one session does belongs together, else what one host does. */
function groupKey(event: DetectionEvent, fields: readonly string[]): string | undefined {
  if (fields.length === 0) return shortValue(event.session ?? event.host ?? '')
  const values: string[] = []
  for (const field of fields) {
    const [first, ...more] = valuesOf(event, field)
    if (first === undefined) return undefined
    values.push(more.length === 0 ? first : shortValue([first, ...more].join(' ')))
  }
  return values.join('\u0000')
}

function valuesOf(event: DetectionEvent, field: string): string[] {
  const value = memberOf(event, field)
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value.slice(0, valuesOfOneEventMax).map(shortValue)
  return [shortValue(String(value))]
}

function memberOf(event: DetectionEvent, field: string): FieldValue | undefined {
  if (field === 'session' || field === 'host' || field === 'call') return event[field]
  return Object.hasOwn(event.fields, field) ? event.fields[field] : undefined
}

function onlyFields(event: DetectionEvent, asked: ReadonlySet<string>): DetectionEvent {
  const fields: Record<string, FieldValue> = {}
  for (const field of asked) {
    const values = field in event.fields ? valuesOf(event, field) : []
    if (values.length > 0) fields[field] = values.length === 1 ? (values[0] as string) : values
  }
  return { ...event, fields }
}

function printSpan(ms: number): string {
  for (const [unit, length] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ] as const)
    if (ms % length === 0) return `${ms / length}${unit}`
  return `${ms / 1_000}s`
}
