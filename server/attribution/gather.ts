// What each kind of event adds to the evidence, and what it may change. Nothing is concluded here.
import type { EventOf, StoredEvent } from '../protocol/event.ts'
import type { Workload } from '../protocol/signal.ts'
import { BoundedMap } from './bounded-map.ts'
import { type Action, bounds, type ConnectionItem, type FlowItem, type Process, type ProcessItem } from './evidence.ts'
import { hintsOf } from './hints.ts'
import { type Items, newItem } from './items.ts'
import { actionText, clockOf, flowStartOf, namesIn, trafficOf } from './read-evidence.ts'
import { commandsIn } from './tie-process.ts'
import { flowKeys, type World } from './world.ts'

/** `clocks.areDirty` is set with everything that may have changed an estimate. */
export function createGatherer(world: World, items: Items, clocks: { areDirty: boolean }) {
  const flows = new BoundedMap<string, FlowItem>(bounds.items * 2)

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
          runProgram(process, event.data.argv, event.data.comm)
          process.tie = undefined
          world.voteProcess(process)
          items.markTree(process)
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
        for (const flow of world.flowsOf(found)) items.mark(flow)
        return
      }
      case 'connection.reported':
        return takeReportedConnection(event)
      case 'gpu.process.started':
      case 'gpu.process.reported':
        return takeGpuProcess(event)
      default: {
        const traffic = trafficOf(event)
        if (traffic) takeFlow(event, traffic)
        if (event.kind === 'alert.raised' && !traffic && event.data.process) takeHostAlert(event)
      }
    }
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
      world.sessionRoots.set(`${event.host} ${event.data.pid} ${event.data.startTicks}`, event.session)
    // Not from the agent itself: it could name the address of another session and have its flows.
    if (event.trust !== 'agent') {
      for (const name of ['address', 'sandbox_address', 'ip'])
        if (labels[name]) world.claimAddress(evidence, labels[name], 'told')
      for (const name of ['container', 'sandbox', 'pod']) if (labels[name]) world.claimWorkload(evidence, labels[name])
    }
    for (const flow of world.flowsOfAddresses(evidence)) items.mark(flow)
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
    for (const process of world.processesOfCommand(action.command)) items.markTree(process)
    clocks.areDirty = true
    items.noteCall(evidence, action)
  }

  function takeActionEnded(event: EventOf<'action.ended'>): void {
    const evidence = event.session === undefined ? undefined : world.sessions.get(event.session)
    const action = evidence?.actions.get(event.data.call)
    if (!evidence || !action || event.atMs < action.startMs) return
    action.endMs = event.atMs
    evidence.version += 1
    world.voteAction(action)
    clocks.areDirty = true
    items.noteCall(evidence, action)
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
      isSessionRoot: world.sessionRoots.get(`${host} ${data.pid} ${data.startTicks}`) !== undefined,
      children: [],
      items: [],
      tie: undefined,
    }
    world.addProcess(process, data.startTicks)
    clocks.areDirty = true
    items.keep(
      newItem<ProcessItem>(process.clock, event.atMs, { what: 'process', process, direct: event.session }),
      event,
    )
    const item = items.itemOf.get(event.id)
    if (item && event.session) items.list(world.sessionFor(event.session), item)
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
      items.markTree(known)
      const item = world.itemOfProcess.get(known)
      if (item) items.keep(item, event)
      return
    }
    // The probe saw it already: its own session and tree are better than what is told of it.
    if (known?.session !== undefined) {
      items.keep(
        newItem<ProcessItem>(clockOf(event), event.atMs, { what: 'process', process: known, direct: known.session }),
        event,
      )
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
    clocks.areDirty = true
    const item: ProcessItem = newItem<ProcessItem>(process.clock, event.atMs, {
      what: 'process',
      process,
      direct: undefined,
    })
    world.itemOfProcess.set(process, item)
    items.keep(item, event)
  }

  function takeConnection(event: EventOf<'connection.opened'>): void {
    const { data, host = '' } = event
    const item: ConnectionItem = newItem(clockOf(event), event.atMs, {
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
    })
    addConnection(item, event, data.connection)
    if (event.session) world.claimAddress(world.sessionFor(event.session), data.local.address, 'kernel')
  }

  function takeReportedConnection(event: EventOf<'connection.reported'>): void {
    const { data, host = '' } = event
    if (!data.remote || (data.what !== 'connected' && data.what !== 'accepted' && data.what !== 'sent')) return
    const { pid } = data.process
    const item: ConnectionItem = newItem(clockOf(event), event.atMs, {
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
    })
    const opener = world.openerOf(item)
    if (opener?.session) item.session = opener.session
    addConnection(item, event, undefined)
  }

  function addConnection(item: ConnectionItem, event: StoredEvent, name: string | undefined): void {
    world.addConnection(item, name)
    clocks.areDirty = true
    items.keep(item, event)
    if (item.session) items.list(world.sessionFor(item.session), item)
    for (const flow of world.flowsOf(item)) items.mark(flow)
  }

  function takeGpuProcess(event: EventOf<'gpu.process.started'> | EventOf<'gpu.process.reported'>): void {
    const process = world.processNow(event.host ?? '', event.data.pid, event.atMs)
    if (!process) return
    const item: ProcessItem = newItem(clockOf(event), event.atMs, {
      what: 'process',
      process,
      direct: event.session ?? process.session,
    })
    items.keep(item, event)
    if (item.direct) items.list(world.sessionFor(item.direct), item)
  }

  function takeHostAlert(event: EventOf<'alert.raised'>): void {
    const told = event.data.process
    if (!told) return
    const host = event.host ?? ''
    const process =
      (told.pid === undefined ? undefined : world.processNow(host, told.pid, event.atMs)) ?? world.orphan(event, told)
    items.keep(
      newItem<ProcessItem>(clockOf(event), event.atMs, { what: 'process', process, direct: process.session }),
      event,
    )
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
      for (const answer of event.data.answers ?? []) for (const flow of world.flowsTo(answer)) items.mark(flow)
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
      flow = newItem<FlowItem>(clock, atMs, {
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
      })
      world.addFlow(flow)
      clocks.areDirty = true
    }
    for (const key of keys) flows.set(key, flow)
    items.keep(flow, event)
  }

  /** A 5-tuple comes again after a while, and is another flow then. */
  function isSameFlow(flow: FlowItem, atMs: number): boolean {
    return items.all.has(flow) && atMs >= flow.atMs - 300_000 && atMs <= flow.endMs + 300_000
  }

  return take
}

function runProgram(process: Process, argv: readonly string[], comm: string): void {
  process.argv = argv
  process.comm = comm
  process.commands = [...new Set([...process.commands, ...commandsIn(argv)])].slice(-32)
}
