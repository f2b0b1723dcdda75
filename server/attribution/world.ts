// The evidence at hand, and the ways to find it: by process, by ports, by destination, by address, by command. Here pairs of facts that
// two sources both saw become votes on their clocks. All indexes are bounded.
import type { StoredEvent } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import type { ReportedProcess, Traffic } from '../protocol/signal.ts'
import { BoundedMap, ListMap, setBounded } from './bounded-map.ts'
import { createClockOffsets, pairWithinMs } from './clock-offsets.ts'
import {
  type Action,
  bounds,
  type ConnectionItem,
  type FlowItem,
  type Process,
  type ProcessItem,
  type SessionEvidence,
} from './evidence.ts'
import { namedBy } from './hints.ts'
import { createPlaces } from './places.ts'
import { clockOf } from './read-evidence.ts'
import type { FlowWorld } from './tie-flow.ts'
import { commandsIn, type ProcessWorld, tieProcess } from './tie-process.ts'

/** A key that more facts share than this tells nothing about any of them. */
const pairsPerKey = 8

export type World = ReturnType<typeof createWorld>

export function createWorld() {
  const offsets = createClockOffsets()
  const places = createPlaces()
  const sessions = new Map<SessionId, SessionEvidence>()
  /** Processes that sessions began with: `HOST PID TICKS`. */
  const sessionRoots = new BoundedMap<string, SessionId>(bounds.sessions)
  const processes = new BoundedMap<string, Process>(bounds.processes)
  const processesOfPid = new ListMap<Process>(4, bounds.processes)
  const itemOfProcess = new WeakMap<Process, ProcessItem>()
  const connections = new BoundedMap<string, ConnectionItem>(bounds.items)
  const connectionsOfPorts = new ListMap<ConnectionItem>(16, bounds.items)
  const connectionsOfRemote = new ListMap<ConnectionItem>(bounds.perKey, bounds.items)
  const flowsOfPorts = new ListMap<FlowItem>(16, bounds.items * 2)
  const flowsOfRemote = new ListMap<FlowItem>(bounds.perKey * 4, bounds.items)
  const flowsOfAddress = new ListMap<FlowItem>(512, bounds.addresses)
  const actionsOfCommand = new ListMap<Action>(bounds.perKey, 60_000)
  const processesOfCommand = new ListMap<Process>(bounds.perKey, bounds.processes)
  const actionsOfPlace = new ListMap<Action>(bounds.perKey, 60_000)

  function sessionFor(id: SessionId): SessionEvidence {
    const known = sessions.get(id)
    if (known) return known
    const made: SessionEvidence = {
      session: id,
      host: undefined,
      addresses: new Map(),
      actions: new Map(),
      version: 0,
      items: new Set(),
    }
    const fell = setBounded(sessions, id, made, bounds.sessions)
    if (fell) places.forget(fell)
    return made
  }

  // ---- actions ---------------------------------------------------------------------------------------------------------

  function addAction(evidence: SessionEvidence, action: Action): void {
    const before = evidence.actions.get(action.call)
    // Told again by another door, or with another text: the first stands, as in the log.
    if (before && Math.abs(before.startMs - action.startMs) < 5) return
    setBounded(evidence.actions, action.call, action, bounds.actionsPerSession)
    evidence.version += 1
    if (evidence.host !== undefined) places.listOnHost(evidence, evidence.host)
    if (action.command.length >= 3) actionsOfCommand.add(action.command, action)
    for (const address of [...action.hints.addresses].slice(0, 16)) actionsOfPlace.add(address, action)
    for (const name of [...action.hints.names].slice(0, 16)) actionsOfPlace.add(name, action)
    for (const process of processesOfCommand.get(action.command)) votePair(process, action)
  }

  /** When its end is known its calls of places say something of clocks. */
  function voteAction(action: Action): void {
    const voteWithFlows = (address: string) => {
      const flows = flowsOfAddress.get(address)
      if (flows.length <= pairsPerKey * 2) for (const flow of flows) voteFlowAction(flow, action)
    }
    for (const address of [...action.hints.addresses].slice(0, 8)) voteWithFlows(address)
    for (const name of [...action.hints.names].slice(0, 8))
      for (const address of places.addressesNamed(name)) voteWithFlows(address)
  }

  function voteFlowAction(flow: FlowItem, action: Action): void {
    if (action.endMs === undefined || flow.errorMs > 5_000) return
    const owner = ownerOf(flow)
    if (owner !== undefined && owner !== action.session) return
    const named = namedBy(action.hints, {
      address: flow.destination.address,
      port: flow.destination.port,
      names: namesOfFlow(flow),
    })
    if (named.place !== 'address' && named.place !== 'name') return
    // A port that the call does not name, while it names others, is hardly its own.
    if (named.port === 'other') return
    offsets.vote(flow.clock, action.clock, action.startMs - flow.atMs - flow.errorMs, action.endMs - flow.atMs, false)
  }

  function namesOfFlow(flow: FlowItem): string[] {
    return [...flow.names, ...places.namesOf(flow.destination.address)]
  }

  /** The one session whose address either end is. */
  function ownerOf(flow: FlowItem): SessionId | undefined {
    for (const end of [flow.source, flow.destination]) {
      const found = places.ownersOf(end.address)
      if (found.size === 1) for (const session of found.keys()) return session
    }
    return undefined
  }

  // ---- processes -------------------------------------------------------------------------------------------------------

  function addProcess(process: Process, startTicks: number | undefined): void {
    parentOf(process)
    remember(process, startTicks)
    voteProcess(process)
  }

  function remember(process: Process, startTicks: number | undefined): void {
    const fell = processes.set(`${process.host} ${process.pid} ${startTicks ?? `at ${process.startMs}`}`, process)
    // Cut off from its tree: one process in memory would else hold all that ever led to it.
    for (const old of fell?.values() ?? []) Object.assign(old, { parent: undefined, children: [], items: [] })
    processesOfPid.add(`${process.host} ${process.pid}`, process)
  }

  /** Found when it is asked for: a parent may be told after its child. */
  function parentOf(process: Process): Process | undefined {
    if (process.parent === undefined && process.ppid > 1) {
      const parent = processNow(process.host, process.ppid, process.startMs, process.clock)
      if (parent === process) return undefined
      process.parent = parent
      if (parent && parent.children.length < bounds.childrenPerProcess) parent.children.push(process)
    }
    return process.parent
  }

  /** The process that opened a connection, told before or after it. */
  function openerOf(item: ConnectionItem): Process | undefined {
    if (item.process === undefined && item.pid !== undefined) {
      item.process =
        (item.startTicks === undefined ? undefined : processes.get(`${item.host} ${item.pid} ${item.startTicks}`)) ??
        processNow(item.host, item.pid, item.atMs)
      if (item.process && item.process.items.length < bounds.itemsPerProcess) item.process.items.push(item)
    }
    return item.process
  }

  function voteProcess(process: Process): void {
    for (const command of process.commands) {
      processesOfCommand.add(command, process)
      for (const action of actionsOfCommand.get(command)) votePair(process, action)
    }
  }

  /** A command that was run once is an exact pair; one that was run a few times votes softly. */
  function votePair(process: Process, action: Action): void {
    if (process.session !== undefined && process.session !== action.session) return
    const ms = action.startMs - process.startMs
    if (Math.abs(ms) > pairWithinMs) return
    const actions = actionsOfCommand.get(action.command).length
    if (actions > pairsPerKey) return
    offsets.vote(process.clock, action.clock, ms, ms, actions === 1 && action.command.length >= 12)
  }

  /** The process that had this number then. Numbers come again: the newest that began before, and had not ended long ago. */
  function processNow(host: string, pid: number, atMs: number, clock?: string): Process | undefined {
    const known = processesOfPid.get(`${host} ${pid}`)
    for (let at = known.length - 1; at >= 0; at -= 1) {
      const process = known[at]
      if (!process || (clock !== undefined && process.clock !== clock)) continue
      const slackMs = clock === undefined ? 5_000 : 50
      if (process.startMs <= atMs + slackMs && (process.endMs === undefined || process.endMs >= atMs - slackMs))
        return process
    }
    return undefined
  }

  /** A process that is only mentioned: it has a place and a parent, and no beginning that we know. */
  function orphan(event: StoredEvent, told: ReportedProcess): Process {
    const host = event.host ?? ''
    const clock = clockOf(event)
    const process: Process = {
      host,
      clock,
      pid: told.pid ?? 0,
      ppid: told.ppid ?? 0,
      startMs: told.startedAtMs ?? event.atMs,
      endMs: undefined,
      argv: told.argv ?? [],
      comm: told.comm ?? told.exe ?? '',
      commands: commandsIn(told.argv ?? []),
      session: undefined,
      workload: told.workload,
      parent: told.ppid === undefined ? undefined : processNow(host, told.ppid, event.atMs),
      isSessionRoot: false,
      children: [],
      items: [],
      tie: undefined,
    }
    if (told.pid !== undefined) remember(process, undefined)
    return process
  }

  // ---- connections and flows -------------------------------------------------------------------------------------------

  function addConnection(item: ConnectionItem, name: string | undefined): void {
    if (name !== undefined) connections.set(`${item.host} ${name}`, item)
    indexConnection(item)
    for (const flow of flowsOf(item)) votePorts(flow, item)
    voteRemote(item)
  }

  function indexConnection(item: ConnectionItem): void {
    const { local, remote, translated } = item
    if (local?.port !== undefined) connectionsOfPorts.add(portsKey(remote.address, remote.port, local.port), item)
    else connectionsOfRemote.add(remoteKey(remote.address, remote.port), item)
    if (translated?.port !== undefined && translated.port !== local?.port)
      connectionsOfPorts.add(portsKey(remote.address, remote.port, translated.port), item)
  }

  function addFlow(flow: FlowItem): void {
    for (const key of portsKeysOf(flow)) {
      for (const other of flowsOfPorts.get(key)) voteFlows(flow, other)
      flowsOfPorts.add(key, flow)
    }
    for (const end of endsOf(flow)) {
      flowsOfRemote.add(remoteKey(end.address, end.port), flow)
      flowsOfAddress.add(end.address, flow)
    }
    for (const key of portsKeysOf(flow))
      for (const connection of connectionsOfPorts.get(key)) votePorts(flow, connection)
    for (const end of endsOf(flow)) {
      const key = remoteKey(end.address, end.port)
      if (isTelling(key)) for (const connection of connectionsOfRemote.get(key)) voteSoft(flow, connection)
    }
    const places = [flow.destination.address, flow.source.address, ...namesOfFlow(flow)]
    for (const place of places) {
      const actions = actionsOfPlace.get(place)
      if (actions.length <= pairsPerKey * 2) for (const action of actions) voteFlowAction(flow, action)
    }
  }

  /** The same ports and the same far end, seen by host and sensor: one connection. */
  function votePorts(flow: FlowItem, connection: ConnectionItem): void {
    const ms = connection.atMs - flow.atMs
    if (Math.abs(ms) > pairWithinMs || flow.errorMs > 5_000) return
    noteBehind(flow, connection)
    offsets.vote(flow.clock, connection.clock, ms - flow.errorMs, ms, true)
  }

  function voteRemote(connection: ConnectionItem): void {
    if (connection.local?.port !== undefined) return
    const key = remoteKey(connection.remote.address, connection.remote.port)
    if (isTelling(key)) for (const flow of flowsOfRemote.get(key)) voteSoft(flow, connection)
  }

  /** A destination that many go to pairs everybody's facts with everybody else's. */
  function isTelling(key: string): boolean {
    return flowsOfRemote.get(key).length <= pairsPerKey && connectionsOfRemote.get(key).length <= pairsPerKey
  }

  function voteSoft(flow: FlowItem, connection: ConnectionItem): void {
    const ms = connection.atMs - flow.atMs
    if (Math.abs(ms) > pairWithinMs || flow.errorMs > 5_000) return
    offsets.vote(flow.clock, connection.clock, ms - flow.errorMs, ms, false)
  }

  function voteFlows(flow: FlowItem, other: FlowItem): void {
    if (flow.clock === other.clock || flow.errorMs > 5_000 || other.errorMs > 5_000) return
    const ms = other.atMs - flow.atMs
    if (Math.abs(ms) <= pairWithinMs) offsets.vote(flow.clock, other.clock, ms, ms, true)
  }

  /** Which hosts hide behind which address: learnt from connections whose port survived the translation. */
  function noteBehind(flow: FlowItem, { host, local }: ConnectionItem): void {
    const near = flow.source.port === local?.port ? flow.source : flow.destination
    if (local === undefined || near.port !== local.port || near.address === local.address) return
    places.noteBehind(near.address, host)
  }

  const flowsOf = (item: ConnectionItem): Set<FlowItem> => {
    const found = new Set<FlowItem>()
    for (const port of [item.local?.port, item.translated?.port])
      if (port !== undefined)
        for (const flow of flowsOfPorts.get(portsKey(item.remote.address, item.remote.port, port))) found.add(flow)
    if (item.local?.port === undefined)
      for (const flow of flowsOfRemote.get(remoteKey(item.remote.address, item.remote.port))) found.add(flow)
    return found
  }

  const flowWorld: FlowWorld = {
    offsets,
    sessionOf: (id) => sessions.get(id),
    processTieOf(connection) {
      const process = openerOf(connection)
      return process && tieProcess(processWorld, process)
    },
    connectionsOfPorts: (flow) => unique(portsKeysOf(flow).flatMap((key) => [...connectionsOfPorts.get(key)])),
    connectionsOfRemote: (flow) =>
      unique(endsOf(flow).flatMap((end) => [...connectionsOfRemote.get(remoteKey(end.address, end.port))])),
    sessionsOfAddress: (address) => [...places.ownersOf(address)].map(([session, by]) => ({ session, by })),
    sessionsBehind: places.sessionsBehind,
    sessionOfWorkloads(flow) {
      for (const workload of flow.workloads) {
        const found = places.sessionOfWorkload(workload)
        if (found !== undefined) return found
      }
      return undefined
    },
    actionsNaming: (address, known) => unique([address, ...known].flatMap((place) => [...actionsOfPlace.get(place)])),
    namesOf: places.namesOf,
  }

  const processWorld: ProcessWorld & { clocksVersion: number } = {
    offsets,
    clocksVersion: 0,
    sessionOf: (id) => sessions.get(id),
    actionsOfCommand: (command) => actionsOfCommand.get(command),
    parentOf,
    sessionOfWorkload: (process) => places.sessionOfWorkload(process.workload),
  }

  return {
    offsets,
    sessions,
    sessionRoots,
    itemOfProcess,
    flowWorld,
    processWorld,
    sessionFor,
    addAction,
    processesOfCommand: (command: string) => processesOfCommand.get(command),
    voteAction,
    addProcess,
    voteProcess,
    processNow,
    parentOf,
    openerOf,
    processAt: (host: string, pid: number, startTicks: number | undefined) =>
      startTicks === undefined ? undefined : processes.get(`${host} ${pid} ${startTicks}`),
    orphan,
    addConnection,
    indexConnection,
    connectionNamed: (host: string, name: string) => connections.get(`${host} ${name}`),
    addFlow,
    flowsOf,
    flowsTo: (address: string) => flowsOfAddress.get(address),
    flowsOfAddresses: (evidence: SessionEvidence) =>
      [...evidence.addresses.keys()].flatMap((address) => [...flowsOfAddress.get(address)]),
    claimAddress: places.claimAddress,
    claimWorkload: places.claimWorkload,
    listOnHost: places.listOnHost,
    nameAddress: places.nameAddress,
  }
}

function unique<T>(list: readonly T[]): T[] {
  return [...new Set(list)]
}

const portsKey = (remote: string, remotePort: number | undefined, localPort: number) =>
  `${remote} ${remotePort ?? ''} ${localPort}`
const remoteKey = (address: string, port: number | undefined) => `${address} ${port ?? ''}`

const endsOf = (flow: FlowItem) => [flow.destination, flow.source]

/** Either end may be the far one: sensors do not always know who opened a flow. */
function portsKeysOf(flow: FlowItem): string[] {
  const keys: string[] = []
  const pairs = [
    [flow.source, flow.destination],
    [flow.destination, flow.source],
    [flow.translated?.source, flow.destination],
    [flow.source, flow.translated?.destination],
  ]
  for (const [near, far] of pairs) {
    if (near?.port !== undefined && far?.port !== undefined) keys.push(portsKey(far.address, far.port, near.port))
  }
  return keys
}

/** Names under which further records of a flow find it: the sensor's own, and its ends in either order. */
export function flowKeys(clock: string, traffic: Traffic): string[] {
  const { source, destination, protocol } = traffic
  const ends = [`${source.address}:${source.port ?? ''}`, `${destination.address}:${destination.port ?? ''}`].sort()
  const keys = [`${clock} ${protocol} ${ends.join(' ')}`]
  if (traffic.flow !== undefined) keys.unshift(`${clock} #${traffic.flow}`)
  return keys
}
