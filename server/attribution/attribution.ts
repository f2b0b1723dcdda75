// Events in, conclusions out. Facts are kept as evidence; what a new fact may change is marked; `settle` concludes anew what is marked and
// writes only what differs from what was written before. Late evidence corrects an earlier conclusion, and says which.
import type { EventInput, EventOf, StoredEvent } from '../protocol/event.ts'
import type { EventId, SessionId } from '../protocol/ids.ts'
import type { Workload } from '../protocol/signal.ts'
import { cutText, shortTextMax } from '../protocol/text.ts'
import { setBounded } from './bounded-map.ts'
import type {
  Action,
  ConnectionItem,
  Decision,
  FlowItem,
  Item,
  Process,
  ProcessItem,
  SessionEvidence,
  Subject,
} from './evidence.ts'
import { bounds } from './evidence.ts'
import { hintsOf } from './hints.ts'
import { aboutOf, actionText, clockOf, flowStartOf, namesIn, trafficOf } from './read-evidence.ts'
import { tieFlow } from './tie-flow.ts'
import { commandsIn, tieProcess } from './tie-process.ts'
import { createWorld, flowKeys } from './world.ts'

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

export type Attribution = {
  take(event: StoredEvent): void
  /** Is there anything that a new fact may have changed? */
  isPending(): boolean
  /** Concludes what is marked, at most `itemsMax` things at once; answers the events to append. */
  settle(nowMs: number, newId: () => EventId, itemsMax?: number): EventInput[]
  /** What is concluded now of a fact. */
  tieOf(event: EventId): CurrentTie | undefined
  /** Clocks that were compared: `against` minus `clock`. */
  clocks(): { clock: string; against: string; offsetMs: number; spreadMs: number; pairs: number }[]
  /** Ends the reading of an old log: what it concluded stands until something new comes. */
  caughtUp(): void
}

export function createAttribution(): Attribution {
  const world = createWorld()
  const itemOf = new Map<EventId, Item>()
  const ties = new Map<EventId, CurrentTie>()
  const flows = new Map<string, FlowItem>()
  const items = new Set<Item>()
  const marked = new Set<Item>()
  let clocksDirty = false

  function take(event: StoredEvent): void {
    switch (event.kind) {
      case 'session.started':
        return takeSession(event)
      case 'action.started':
        return takeActionStarted(event)
      case 'action.ended':
        return takeActionEnded(event)
      case 'process.started':
        return takeProcess(event)
      case 'process.executed': {
        const process = world.processAt(event.host ?? '', event.data.pid, event.data.startTicks)
        if (process) {
          process.argv = event.data.argv
          process.comm = event.data.comm
          process.tie = undefined
          world.voteProcess(process)
          markTree(process)
        }
        return
      }
      case 'process.exited': {
        const process = world.processAt(event.host ?? '', event.data.pid, event.data.startTicks)
        if (process) process.endMs = event.atMs
        return
      }
      case 'process.reported':
        return takeReportedProcess(event)
      case 'connection.opened':
        return takeConnection(event)
      case 'connection.translated': {
        const found = world.connectionNamed(event.host ?? '', event.data.connection)
        if (!found) return
        found.translated = event.data.translated.local
        world.indexConnection(found)
        for (const flow of world.flowsOf(found)) mark(flow)
        return
      }
      case 'connection.reported':
        return takeReportedConnection(event)
      case 'gpu.process.started':
      case 'gpu.process.reported':
        return takeGpuProcess(event)
      case 'attribution.made':
        return takeWritten(event)
      default: {
        const traffic = trafficOf(event)
        if (traffic) takeFlow(event, traffic)
        if (event.kind === 'alert.raised' && !traffic && event.data.process) takeHostAlert(event)
      }
    }
  }

  function mark(item: Item): void {
    marked.add(item)
  }

  /** A process of which more is known, with all that it started and opened. */
  function markTree(process: Process, depth = 0): void {
    for (const item of process.items) {
      mark(item)
      if (item.what === 'connection') for (const flow of world.flowsOf(item)) mark(flow)
    }
    if (depth < 64) for (const child of process.children) markTree(child, depth + 1)
  }

  /** Everything of a session that a call of this time may have caused, on whatever clock; what has no call yet also later. */
  function markSession(evidence: SessionEvidence, action: Action): void {
    const endMs = action.endMs ?? action.startMs
    for (const item of evidence.items) {
      if (item.isSettled) continue
      const clocks = world.offsets.between(item.clock, action.clock)
      const slackMs = clocks ? 3_000 + 4 * clocks.spreadMs : 180_000
      const atMs = item.atMs + (clocks?.offsetMs ?? 0)
      const errorMs = item.what === 'flow' ? item.errorMs : 0
      if (atMs + errorMs < action.startMs - slackMs) continue
      const isLater = atMs > endMs + slackMs
      if (!isLater || item.written === undefined || !item.written.hasCall) mark(item)
    }
  }

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
    if (!items.has(item)) {
      items.add(item)
      if (item.what === 'process' && item.process.items.length < bounds.itemsPerProcess) item.process.items.push(item)
      if (items.size > bounds.items) {
        for (const oldest of items) {
          drop(oldest)
          break
        }
      }
    }
    mark(item)
  }

  function drop(item: Item): void {
    items.delete(item)
    marked.delete(item)
    for (const subject of item.subjects) itemOf.delete(subject.event)
    for (const evidence of item.listedIn) evidence.items.delete(item)
  }

  const base = (clock: string, atMs: number) => ({
    clock,
    atMs,
    subjects: [],
    unsent: [],
    written: undefined,
    restored: false,
    isSettled: false,
    listedIn: new Set<SessionEvidence>(),
  })

  function list(evidence: SessionEvidence, item: Item): void {
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

  // ---- sessions and actions --------------------------------------------------------------------------------------------

  function takeSession(event: EventOf<'session.started'>): void {
    if (event.session === undefined) return
    const evidence = world.sessionFor(event.session)
    const labels = event.data.labels ?? {}
    if (event.data.held !== 'none' && event.host) evidence.host = event.host
    else evidence.host ??= labels.host
    if (evidence.host !== undefined) world.listOnHost(evidence, evidence.host)
    if (event.data.pid !== undefined && event.data.startTicks !== undefined && event.host)
      world.sessionRoots.add(`${event.host} ${event.data.pid} ${event.data.startTicks}`)
    // Not from the agent itself: it could name the address of another session and have its flows.
    if (event.trust !== 'agent') {
      for (const name of ['address', 'sandbox_address', 'ip'])
        if (labels[name]) world.claimAddress(evidence, labels[name], 'told')
      for (const name of ['container', 'sandbox', 'pod']) if (labels[name]) world.claimWorkload(evidence, labels[name])
    }
    for (const flow of world.flowsOfAddresses(evidence)) mark(flow)
  }

  function takeActionStarted(event: EventOf<'action.started'>): void {
    if (event.session === undefined) return
    const evidence = world.sessionFor(event.session)
    const text = actionText(event.data)
    const machine = evidence.host ?? event.host ?? ''
    const action: Action = {
      session: event.session,
      call: event.data.call,
      tool: event.data.tool,
      command: text,
      // One door may carry the traces of many machines, each with a clock of its own.
      clock: `${event.source ?? 'probe'}|${machine}`,
      startMs: event.atMs,
      endMs: undefined,
      hints: hintsOf(event.data.summary ?? event.data.input),
    }
    world.addAction(evidence, action)
    for (const process of world.processesOfCommand(action.command)) markTree(process)
    clocksDirty = true
    markSession(evidence, action)
  }

  function takeActionEnded(event: EventOf<'action.ended'>): void {
    const evidence = event.session === undefined ? undefined : world.sessions.get(event.session)
    const action = evidence?.actions.get(event.data.call)
    if (!evidence || !action || event.atMs < action.startMs) return
    action.endMs = event.atMs
    evidence.version += 1
    world.voteAction(action)
    clocksDirty = true
    markSession(evidence, action)
  }

  // ---- hosts -----------------------------------------------------------------------------------------------------------

  function takeProcess(event: EventOf<'process.started'>): void {
    const { data, host = '' } = event
    const process: Process = {
      host,
      clock: clockOf(event),
      pid: data.pid,
      ppid: data.ppid,
      startMs: event.atMs,
      endMs: undefined,
      argv: data.argv,
      comm: data.comm,
      commands: commandsIn(data.argv),
      session: event.session,
      workload: undefined,
      parent: undefined,
      isSessionRoot: world.sessionRoots.has(`${host} ${data.pid} ${data.startTicks}`),
      children: [],
      items: [],
      tie: undefined,
    }
    world.addProcess(process, data.startTicks)
    clocksDirty = true
    keep({ ...base(process.clock, event.atMs), what: 'process', process, direct: event.session }, event)
    const item = itemOf.get(event.id)
    if (item && event.session) list(world.sessionFor(event.session), item)
  }

  function takeReportedProcess(event: EventOf<'process.reported'>): void {
    const { process: told, what } = event.data
    const host = event.host ?? ''
    if (told.pid === undefined) return
    if (what === 'exited') {
      const known = world.processNow(host, told.pid, event.atMs)
      if (known) known.endMs = event.atMs
      return
    }
    if (event.data.succeeded === false) return
    const known = world.processNow(host, told.pid, event.atMs)
    // The same process runs another program: `env … bash -c …`. It keeps its place in the tree.
    if (
      known &&
      known.session === undefined &&
      known.clock === clockOf(event) &&
      known.endMs === undefined &&
      what === 'executed'
    ) {
      runProgram(known, told.argv ?? known.argv, told.comm ?? known.comm)
      known.tie = undefined
      world.voteProcess(known)
      markTree(known)
      const item = world.itemOfProcess.get(known)
      if (item) keep(item, event)
      return
    }
    // The probe saw it already: its own session and tree are better than what is told of it.
    if (known?.session !== undefined) {
      keep({ ...base(clockOf(event), event.atMs), what: 'process', process: known, direct: known.session }, event)
      return
    }
    const process: Process = {
      host,
      clock: clockOf(event),
      pid: told.pid,
      ppid: told.ppid ?? 0,
      startMs: told.startedAtMs ?? event.atMs,
      endMs: undefined,
      argv: told.argv ?? [],
      comm: told.comm ?? told.exe ?? '',
      commands: commandsIn(told.argv ?? []),
      session: undefined,
      workload: told.workload,
      parent: undefined,
      isSessionRoot: false,
      children: [],
      items: [],
      tie: undefined,
    }
    world.addProcess(process, undefined)
    clocksDirty = true
    const item: ProcessItem = { ...base(process.clock, event.atMs), what: 'process', process, direct: undefined }
    world.itemOfProcess.set(process, item)
    keep(item, event)
  }

  function takeConnection(event: EventOf<'connection.opened'>): void {
    const { data, host = '' } = event
    const item: ConnectionItem = {
      ...base(clockOf(event), event.atMs),
      what: 'connection',
      host,
      session: event.session,
      process: undefined,
      pid: data.pid,
      startTicks: data.startTicks,
      protocol: data.protocol,
      local: data.local,
      remote: data.remote,
      translated: undefined,
    }
    addConnection(item, event, data.connection)
    if (event.session) world.claimAddress(world.sessionFor(event.session), data.local.address, 'kernel')
  }

  function takeReportedConnection(event: EventOf<'connection.reported'>): void {
    const { data, host = '' } = event
    if (!data.remote || (data.what !== 'connected' && data.what !== 'accepted' && data.what !== 'sent')) return
    const { pid } = data.process
    const item: ConnectionItem = {
      ...base(clockOf(event), event.atMs),
      what: 'connection',
      host,
      session: undefined,
      process:
        pid === undefined || world.processNow(host, pid, event.atMs) ? undefined : world.orphan(event, data.process),
      pid,
      startTicks: undefined,
      protocol: data.protocol,
      local: data.local,
      remote: data.remote,
      translated: undefined,
    }
    const opener = world.openerOf(item)
    if (opener?.session) item.session = opener.session
    addConnection(item, event, undefined)
  }

  function addConnection(item: ConnectionItem, event: StoredEvent, name: string | undefined): void {
    world.addConnection(item, name)
    clocksDirty = true
    keep(item, event)
    if (item.session) list(world.sessionFor(item.session), item)
    for (const flow of world.flowsOf(item)) mark(flow)
  }

  function takeGpuProcess(event: EventOf<'gpu.process.started'> | EventOf<'gpu.process.reported'>): void {
    const process = world.processNow(event.host ?? '', event.data.pid, event.atMs)
    if (!process) return
    const item: ProcessItem = {
      ...base(clockOf(event), event.atMs),
      what: 'process',
      process,
      direct: event.session ?? process.session,
    }
    keep(item, event)
    if (item.direct) list(world.sessionFor(item.direct), item)
  }

  function takeHostAlert(event: EventOf<'alert.raised'>): void {
    const told = event.data.process
    if (!told) return
    const host = event.host ?? ''
    const process =
      (told.pid === undefined ? undefined : world.processNow(host, told.pid, event.atMs)) ?? world.orphan(event, told)
    keep({ ...base(clockOf(event), event.atMs), what: 'process', process, direct: process.session }, event)
  }

  // ---- network ---------------------------------------------------------------------------------------------------------

  function takeFlow(event: StoredEvent, traffic: NonNullable<ReturnType<typeof trafficOf>>): void {
    const clock = clockOf(event, traffic.sensor)
    const atMs = flowStartOf(event, traffic)
    const names = namesIn(event)
    for (const name of names) {
      const isLookup = event.kind === 'dns.queried'
      if (!isLookup) world.nameAddress(traffic.destination.address, name)
      else for (const answer of event.data.answers ?? []) world.nameAddress(answer, name)
    }
    if (event.kind === 'dns.queried')
      for (const answer of event.data.answers ?? []) for (const flow of world.flowsTo(answer)) mark(flow)
    const keys = flowKeys(clock, traffic)
    let flow = keys.map((key) => flows.get(key)).find((found) => found && isSameFlow(found, atMs))
    if (flow) {
      flow.endMs = Math.max(flow.endMs, event.atMs)
      // A record that knows the first packet corrects one that did not.
      if (atMs < flow.atMs) {
        flow.atMs = atMs
        flow.errorMs = traffic.timeErrorMs ?? flow.errorMs
      }
      for (const name of names) if (flow.names.size < 16) flow.names.add(name)
      flow.translated ??= traffic.translated
    } else {
      flow = {
        ...base(clock, atMs),
        what: 'flow',
        protocol: traffic.protocol,
        source: traffic.source,
        destination: traffic.destination,
        translated: traffic.translated,
        communityId: traffic.communityId,
        errorMs: traffic.timeErrorMs ?? 0,
        endMs: event.atMs,
        names: new Set(names),
        workloads: [traffic.from, traffic.to].filter((each): each is Workload => each !== undefined),
      }
      world.addFlow(flow)
      clocksDirty = true
    }
    for (const key of keys) setBounded(flows, key, flow, bounds.items * 2)
    keep(flow, event)
  }

  /** A 5-tuple comes again after a while, and is another flow then. */
  function isSameFlow(flow: FlowItem, atMs: number): boolean {
    return items.has(flow) && atMs >= flow.atMs - 300_000 && atMs <= flow.endMs + 300_000
  }

  // ---- conclusions -----------------------------------------------------------------------------------------------------

  function takeWritten(event: EventOf<'attribution.made'>): void {
    if (event.session === undefined) return
    const { data, session } = event
    for (const subject of data.subjects) {
      if (data.level === undefined) {
        if (ties.get(subject.event)?.session === session) ties.delete(subject.event)
      } else {
        const { level, call, score = 0 } = data
        setBounded(ties, subject.event, { session, call, level, score, event: event.id }, bounds.items * 4)
      }
      const item = itemOf.get(subject.event)
      if (!item) continue
      const key = data.level === undefined ? '' : keyOf(session, data.call, data.level)
      item.written = { key, event: event.id, session, hasCall: data.call !== undefined }
      item.unsent = item.unsent.filter((each) => each.event !== subject.event)
    }
  }

  function decide(item: Item): Decision | undefined {
    if (item.what === 'flow') {
      const { decision, considered } = tieFlow(world.flowWorld, item)
      for (const session of considered.slice(0, 32)) {
        const evidence = world.sessions.get(session)
        if (evidence) list(evidence, item)
      }
      return decision
    }
    const process = item.what === 'connection' ? world.openerOf(item) : item.process
    const session = item.what === 'connection' ? item.session : item.direct
    const tie = process && tieProcess(world.processWorld, process)
    if (tie) {
      const evidence = world.sessions.get(tie.session)
      if (evidence) list(evidence, item)
    }
    // Of a tree only its top is told: the others are its children, on the same page.
    if (item.what === 'process' && item.subjects.every((each) => each.kind === 'process.started')) {
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
    if (clocksDirty) {
      clocksDirty = false
      const changed = world.offsets.takeChanged()
      if (changed.size > 0) {
        world.processWorld.clocksVersion += 1
        for (const item of items) if (changed.has(item.clock)) mark(item)
      }
    }
    const out = new Map<string, Told>()
    let done = 0
    for (const item of marked) {
      if (done >= itemsMax) break
      done += 1
      marked.delete(item)
      conclude(item, out)
    }
    const events: EventInput[] = []
    for (const each of out.values()) {
      for (let start = 0; start < each.subjects.length; start += 200)
        events.push(eventOf(nowMs, newId(), each, each.subjects.slice(start, start + 200)))
    }
    return events
  }

  function conclude(item: Item, out: Map<string, Told>): void {
    const decision = decide(item)
    item.isSettled = decision?.level === 'confirmed' && decision.action !== undefined
    const { written } = item
    const key = decision ? keyOf(decision.session, decision.action?.call, decision.level) : ''
    if (written && written.key !== '' && key !== written.key) {
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

  return {
    take,
    isPending: () => marked.size > 0 || clocksDirty,
    settle,
    tieOf: (event) => ties.get(event),
    clocks: () => world.offsets.list().map(({ clock, against, estimate }) => ({ clock, against, ...estimate })),
    caughtUp() {
      for (const item of items) item.restored = item.written !== undefined
    },
  }
}

function runProgram(process: Process, argv: readonly string[], comm: string): void {
  process.argv = argv
  process.comm = comm
  process.commands = [...new Set([...process.commands, ...commandsIn(argv)])].slice(-32)
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
      features,
      ...(decision && { level: decision.level, score: Math.round(decision.score * 1_000) / 1_000 }),
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
