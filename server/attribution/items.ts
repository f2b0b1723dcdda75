// The things to be tied, and which of them a new fact may change. Bounded: the oldest leave.
import type { StoredEvent } from '../protocol/event.ts'
import type { EventId } from '../protocol/ids.ts'
import { cutText } from '../protocol/text.ts'
import { setBounded } from './bounded-map.ts'
import { type Action, bounds, type Item, type Process, type SessionEvidence, type Subject } from './evidence.ts'
import { aboutOf } from './read-evidence.ts'
import type { World } from './world.ts'

/** How far off a clock may be that was never compared. */
const unknownSlackMs = 180_000
const treeDepthMax = 64

export type Items = ReturnType<typeof createItems>

export function createItems(world: World) {
  const itemOf = new Map<EventId, Item>()
  const all = new Set<Item>()
  const marked = new Set<Item>()

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

  /** Everything of a session that a call of this time may have caused, on whatever clock; what has no call yet also later. */
  function markSession(evidence: SessionEvidence, action: Action): void {
    const endMs = action.endMs ?? action.startMs
    for (const item of evidence.items) {
      if (item.isSettled) continue
      const clocks = world.offsets.between(item.clock, action.clock)
      const slackMs = clocks ? 3_000 + 4 * clocks.spreadMs : unknownSlackMs
      const atMs = item.atMs + (clocks?.offsetMs ?? 0)
      const errorMs = item.what === 'flow' ? item.errorMs : 0
      if (atMs + errorMs < action.startMs - slackMs) continue
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
      setBounded(itemOf, event.id, item, bounds.items * 2)
    }
    if (!all.has(item)) {
      all.add(item)
      if (item.what === 'process' && item.process.items.length < bounds.itemsPerProcess) item.process.items.push(item)
      if (all.size > bounds.items) dropOldest()
    }
    mark(item)
  }

  function dropOldest(): void {
    for (const oldest of all) {
      all.delete(oldest)
      marked.delete(oldest)
      for (const subject of oldest.subjects) itemOf.delete(subject.event)
      for (const evidence of oldest.listedIn) evidence.items.delete(oldest)
      return
    }
  }

  /** From now on a new call of this session may change what is concluded of the item. */
  function list(evidence: SessionEvidence, item: Item): void {
    if (item.listedIn.has(evidence)) return
    if (evidence.items.size >= bounds.itemsPerSession) {
      for (const oldest of evidence.items) {
        evidence.items.delete(oldest)
        oldest.listedIn.delete(evidence)
        break
      }
    }
    evidence.items.add(item)
    item.listedIn.add(evidence)
  }

  return { itemOf, all, marked, mark, markTree, markSession, keep, list }
}

/** What every item begins with. */
export function itemBase(clock: string, atMs: number) {
  return {
    clock,
    atMs,
    subjects: [],
    unsent: [],
    written: undefined,
    restored: false,
    isSettled: false,
    listedIn: new Set<SessionEvidence>(),
  }
}
