// The things to be tied, and which of them a new fact may change. Bounded: the oldest leave.
import type { StoredEvent } from '../protocol/event.ts'
import type { EventId } from '../protocol/ids.ts'
import { cutText } from '../protocol/text.ts'
import { BoundedMap } from './bounded-map.ts'
import { type Action, bounds, type Item, type Process, type SessionEvidence, type Subject } from './evidence.ts'
import { aboutOf } from './read-evidence.ts'
import type { World } from './world.ts'

/** How far off a clock may be that was never compared. */
const unknownSlackMs = 180_000
const treeDepthMax = 64
/** Looking at a thing costs a small part of concluding it. */
const looksPerItem = 50

type Span = { startMs: number; endMs: number }

export type Items = ReturnType<typeof createItems>

export function createItems(world: World) {
  const itemOf = new BoundedMap<EventId, Item>(bounds.items * 2)
  const all = new Set<Item>()
  /** Goes along as the oldest leave: from the start it would pass the holes of all that left before. */
  const oldestFirst = all.values()
  const marked = new Set<Item>()
  /** Sessions of which calls began or ended: on each clock the time from the first to the last. */
  const calls = new Map<SessionEvidence, Map<string, Span>>()

  function mark(item: Item): void {
    marked.add(item)
  }

  /** A process of which more is known, with all that it started and opened. */
  function markTree(process: Process, depth = 0): void {
    for (const item of process.items) {
      mark(item)
      if (item.what === 'connection') for (const flow of world.flowsOf(item)) mark(flow)
    }
    if (depth < treeDepthMax) for (const child of process.children) markTree(child, depth + 1)
  }

  /** A call began or ended: what it may have caused is marked by `markCalls`, once for all calls that come until then. */
  function noteCall(evidence: SessionEvidence, { clock, startMs, endMs = startMs }: Action): void {
    const spans = calls.get(evidence) ?? new Map<string, Span>()
    calls.set(evidence, spans)
    const span = spans.get(clock)
    if (span) {
      span.startMs = Math.min(span.startMs, startMs)
      span.endMs = Math.max(span.endMs, endMs)
    } else spans.set(clock, { startMs, endMs })
  }

  /** Session by session until `itemsMax` things are marked; the other sessions wait, and their further calls with them. */
  function markCalls(itemsMax: number): void {
    let lookedAt = 0
    for (const [evidence, spans] of calls) {
      if (marked.size >= itemsMax || lookedAt > itemsMax * looksPerItem) return
      calls.delete(evidence)
      lookedAt += evidence.items.size * spans.size
      for (const [clock, span] of spans) markSpan(evidence, clock, span)
    }
  }

  /** Everything of a session that calls of this time may have caused, on whatever clock; what has no call yet also later. */
  function markSpan(evidence: SessionEvidence, clock: string, { startMs, endMs }: Span): void {
    let clocks: ReturnType<World['offsets']['between']>
    let comparedWith: string | undefined
    for (const item of evidence.items) {
      if (item.isSettled) continue
      if (item.clock !== comparedWith) clocks = world.offsets.between(item.clock, clock)
      comparedWith = item.clock
      const slackMs = clocks ? 3_000 + 4 * clocks.spreadMs : unknownSlackMs
      const atMs = item.atMs + (clocks?.offsetMs ?? 0)
      const errorMs = item.what === 'flow' ? item.errorMs : 0
      if (atMs + errorMs < startMs - slackMs) continue
      const isLater = atMs > endMs + slackMs
      if (!isLater || item.written === undefined || !item.written.hasCall) mark(item)
    }
  }

  /** One more fact of an item; the item is concluded anew. */
  function keep(item: Item, event: StoredEvent): void {
    const subject: Subject = {
      event: event.id,
      kind: event.kind,
      atMs: event.atMs,
      about: cutText(aboutOf(event), 300),
      source: event.source,
      trust: event.trust,
      severity: event.kind === 'alert.raised' ? event.data.severity : undefined,
    }
    if (item.subjects.length < bounds.subjectsPerItem) {
      item.subjects.push(subject)
      item.unsent.push(subject)
      itemOf.set(event.id, item)
    }
    if (!all.has(item)) {
      all.add(item)
      if (item.what === 'process' && item.process.items.length < bounds.itemsPerProcess) item.process.items.push(item)
      if (all.size > bounds.items) dropOldest()
    }
    mark(item)
  }

  function dropOldest(): void {
    const oldest = oldestFirst.next().value
    if (!oldest) return
    all.delete(oldest)
    marked.delete(oldest)
    for (const subject of oldest.subjects) itemOf.delete(subject.event)
    for (const evidence of oldest.listedIn) evidence.items.delete(oldest)
  }

  /** From now on a new call of this session may change what is concluded of the item. */
  function list(evidence: SessionEvidence, item: Item): void {
    if (item.listedIn.includes(evidence)) return
    if (evidence.items.size >= bounds.itemsPerSession) {
      for (const oldest of evidence.items) {
        evidence.items.delete(oldest)
        oldest.listedIn = oldest.listedIn.filter((each) => each !== evidence)
        break
      }
    }
    evidence.items.add(item)
    item.listedIn.push(evidence)
  }

  /** Is there anything that a new fact may have changed? */
  const isPending = () => marked.size > 0 || calls.size > 0

  return { itemOf, all, marked, isPending, mark, markTree, noteCall, markCalls, keep, list }
}

type Told<T extends Item> = Omit<T, keyof ReturnType<typeof itemBase>>

/** A thing of which nothing is concluded yet. Not by spreading: an object that is spread and then added to costs a hundred times as much. */
export function newItem<T extends Item>(clock: string, atMs: number, told: Told<T>): T {
  return Object.assign(itemBase(clock, atMs), told) as unknown as T
}

function itemBase(clock: string, atMs: number) {
  return {
    clock,
    atMs,
    subjects: [],
    unsent: [],
    written: undefined,
    restored: false,
    isSettled: false,
    listedIn: [],
  }
}
