// Concludes anew what is marked, and tells only what differs from what was written before. Late evidence corrects an earlier conclusion,
// and says which.
import type { EventInput, EventOf } from '../protocol/event.ts'
import type { EventId, SessionId } from '../protocol/ids.ts'
import { cutText, shortTextMax } from '../protocol/text.ts'
import { BoundedMap } from './bounded-map.ts'
import { bounds, type Decision, type Item, type Subject } from './evidence.ts'
import type { Items } from './items.ts'
import { tieFlow } from './tie-flow.ts'
import { tieProcess } from './tie-process.ts'
import type { World } from './world.ts'

export type CurrentTie = {
  session: SessionId
  call?: string | undefined
  level: Decision['level']
  score: number
  /** The `attribution.made` that says so. */
  event: EventId
}

/** What is about to be written. `from`: the session that it is taken from. */
type Told = {
  item: Item
  decision: Decision | undefined
  subjects: Subject[]
  corrects: EventId | undefined
  from: SessionId | undefined
}

export function createConclusions(world: World, items: Items, clocks: { areDirty: boolean }) {
  const ties = new BoundedMap<EventId, CurrentTie>(bounds.items * 4)

  function takeWritten(event: EventOf<'attribution.made'>): void {
    if (event.session === undefined) return
    const { data, session } = event
    for (const subject of data.subjects) {
      if (data.level === undefined) {
        if (ties.get(subject.event)?.session === session) ties.delete(subject.event)
      } else {
        const { level, call, score = 0 } = data
        ties.set(subject.event, { session, call, level, score, event: event.id })
      }
      const item = items.itemOf.get(subject.event)
      if (!item) continue
      const key = data.level === undefined ? '' : keyOf(session, data.call, data.level)
      item.written = {
        key,
        event: event.id,
        session,
        hasCall: data.call !== undefined,
        offsetMs: data.clock?.offsetMs ?? 0,
      }
      item.unsent = item.unsent.filter((each) => each.event !== subject.event)
    }
  }

  function decide(item: Item): Decision | undefined {
    if (item.what === 'flow') {
      const { decision, considered } = tieFlow(world.flowWorld, item)
      for (const session of considered.slice(0, 32)) {
        const evidence = world.sessions.get(session)
        if (evidence) items.list(evidence, item)
      }
      return decision
    }
    const process = item.what === 'connection' ? world.openerOf(item) : item.process
    const session = item.what === 'connection' ? item.session : item.direct
    const tie = process && tieProcess(world.processWorld, process)
    if (tie) {
      const evidence = world.sessions.get(tie.session)
      if (evidence) items.list(evidence, item)
    }
    // Of a tree only its top is told: the others are its children, on the same page.
    if (
      item.what === 'process' &&
      item.written === undefined &&
      item.subjects.every((each) => each.kind === 'process.started')
    ) {
      if (!tie?.action || !process || world.parentOf(process)?.tie?.action === tie.action) return undefined
    }
    if (tie) {
      const certain = session !== undefined || process?.session !== undefined || tie.exact
      return {
        session: session ?? tie.session,
        action: tie.action,
        level:
          certain && (tie.action === undefined ? session !== undefined : tie.exact)
            ? 'confirmed'
            : tie.score >= 0.85 && tie.runnerUp
              ? 'likely'
              : 'possible',
        score: tie.score,
        features: [
          ...(session === undefined ? [] : [{ name: 'the host holds it in the session', weightBits: 24 }]),
          ...tie.features,
        ],
        runnerUp: tie.runnerUp,
        clock: tie.action && clockBetween(item.clock, tie.action.clock),
      }
    }
    return undefined
  }

  function clockBetween(from: string, to: string): Decision['clock'] {
    const found = world.offsets.between(from, to)
    return found && from !== to ? found : undefined
  }

  function settle(nowMs: number, newId: () => EventId, itemsMax = 4_000): EventInput[] {
    if (clocks.areDirty) {
      clocks.areDirty = false
      const changed = world.offsets.takeChanged()
      if (changed.size > 0) {
        world.processWorld.clocksVersion += 1
        for (const item of items.all) if (changed.has(item.clock)) items.mark(item)
      }
    }
    items.markCalls(itemsMax)
    const out = new Map<string, Told>()
    let done = 0
    for (const item of items.marked) {
      if (done >= itemsMax) break
      done += 1
      items.marked.delete(item)
      conclude(item, out)
    }
    const events: EventInput[] = []
    for (const each of out.values()) {
      for (let start = 0; start < each.subjects.length; start += 200)
        events.push(eventOf(nowMs, newId(), each, each.subjects.slice(start, start + 200), each.item.atMs))
    }
    return events
  }

  function conclude(item: Item, out: Map<string, Told>): void {
    const decision = decide(item)
    item.isSettled = decision?.level === 'confirmed' && decision.action !== undefined
    const { written } = item
    const key = decision ? keyOf(decision.session, decision.action?.call, decision.level) : ''
    const isRetimed = written?.key === key && decision?.clock !== undefined && isOff(decision.clock, written.offsetMs)
    if (written && written.key !== '' && (key !== written.key || isRetimed)) {
      if (!decision && item.restored) return
      // The page of the session that it is not of any more must hear of it too.
      const moved = decision && decision.session !== written.session
      if (!decision || moved) group(out, item, undefined, item.subjects, written.event, written.session)
      if (decision) group(out, item, decision, item.subjects, written.event, undefined)
    } else if (decision && key !== written?.key) group(out, item, decision, item.subjects, undefined, undefined)
    else if (decision && item.unsent.length > 0) group(out, item, decision, item.unsent, undefined, undefined)
  }

  /** Things with the same conclusion from the same evidence are told together. */
  function group(
    out: Map<string, Told>,
    item: Item,
    decision: Decision | undefined,
    subjects: readonly Subject[],
    corrects: EventId | undefined,
    from: SessionId | undefined,
  ): void {
    const first = subjects[0]
    if (!first) return
    const names = decision?.features.map((each) => each.name).join() ?? ''
    // An alert stands alone: it is what people look for.
    const own = first.kind === 'alert.raised' ? first.event : ''
    const key = [
      item.what,
      from,
      decision && keyOf(decision.session, decision.action?.call, decision.level),
      corrects,
      names,
      own,
    ].join('\n')
    const known = out.get(key)
    if (known) known.subjects.push(...subjects)
    else out.set(key, { item, decision, subjects: [...subjects], corrects, from })
  }

  return { takeWritten, settle, tieOf: (event: EventId) => ties.get(event) }
}

/** Weighed evidence is never certain, however it is rounded. */
function shownScore({ level, score }: Decision): number {
  const rounded = Math.round(score * 1_000) / 1_000
  return level === 'confirmed' ? rounded : Math.min(0.999, rounded)
}

/** The conclusion stands, but the clocks turned out to be so far apart that its times read wrong. */
function isOff(clock: NonNullable<Decision['clock']>, writtenOffsetMs: number): boolean {
  return Math.abs(clock.offsetMs - writtenOffsetMs) > 1_000 + 4 * clock.spreadMs
}

const keyOf = (session: SessionId, call: string | undefined, level: string) => `${session}\n${call ?? ''}\n${level}`

function eventOf(
  nowMs: number,
  id: EventId,
  {
    decision,
    corrects,
    from,
  }: { decision: Decision | undefined; corrects: EventId | undefined; from: SessionId | undefined },
  subjects: readonly Subject[],
  startMs: number,
): EventInput {
  const first = subjects.find((each) => each.kind === 'alert.raised') ?? subjects[0]
  const action = decision?.action
  const { runnerUp } = decision ?? {}
  const features = [...(decision?.features ?? [])]
    .filter((each) => Math.abs(each.weightBits) >= 0.05)
    .sort((a, b) => Math.abs(b.weightBits) - Math.abs(a.weightBits))
    .slice(0, 12)
    .map(({ name, weightBits, detail }) => ({
      name,
      weightBits: Math.round(weightBits * 10) / 10,
      ...(detail !== undefined && { detail: cutText(detail, shortTextMax) }),
    }))
  return {
    v: 1,
    kind: 'attribution.made',
    atMs: nowMs,
    id,
    session: decision?.session ?? from,
    data: {
      subjects: subjects.map(({ event, kind, atMs }) => ({ event, kind, atMs })),
      about: cutText(first?.about ?? '', shortTextMax),
      ...(first?.source !== undefined && { source: first.source }),
      ...(first && { vouchedBy: first.trust }),
      ...(first?.severity !== undefined && { severity: first.severity }),
      startedAtMs: Math.min(startMs, first?.atMs ?? startMs),
      features,
      ...(decision && { level: decision.level, score: shownScore(decision) }),
      ...(action && {
        call: action.call,
        tool: action.tool,
        actionText: cutText(action.command, 240),
        actionAtMs: action.startMs,
      }),
      ...(runnerUp && {
        runnerUp: {
          session: runnerUp.session,
          score: Math.round(runnerUp.score * 1_000) / 1_000,
          ...(runnerUp.action && { call: runnerUp.action.call, actionText: cutText(runnerUp.action.command, 120) }),
        },
      }),
      ...(decision?.clock && decision.clock.pairs > 0 && { clock: decision.clock }),
      ...(corrects && { corrects }),
    },
  }
}
