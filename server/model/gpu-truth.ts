// Expected user against actual user of every GPU, and the time that somebody else than planned had it. Time is counted only between
// readings of a host that is heard, and only where there is a plan to compare with: without one nobody can be off it.
import type { EventOf, StoredEvent } from '../protocol/event.ts'
import type { HostId, SessionId } from '../protocol/ids.ts'
import { type GpuState, type GpuUser, type GpuVerdict, gpuBounds, listedForMs, type Placement } from './gpu-state.ts'
import { type LiveSessions, scanSessions } from './live-sessions.ts'
import type { ConsoleState, SessionState } from './state.ts'

const keyOf = (host: string, gpu: string) => `${host}/${gpu}`

/** Applies what an event says of GPUs; `atMs` is its time for display. Everything before is accounted up to then first. */
export function applyGpuEvent(state: ConsoleState, event: StoredEvent, atMs: number): void {
  if (event.host === undefined) return
  switch (event.kind) {
    case 'gpu.inventory':
      for (const { uuid, index } of event.data.gpus) gpuFor(state, event.host, uuid, index, atMs)
      return
    case 'gpu.process.started':
      return addUser(state, event, atMs, event.data.comm)
    case 'gpu.process.reported':
      return addUser(state, event, atMs, event.data.name ?? '')
    case 'gpu.process.ended': {
      const gpu = state.gpus.get(keyOf(event.host, event.data.gpu))
      if (!gpu) return
      accrue(state, gpu, atMs)
      gpu.users.delete(event.data.pid)
      return
    }
    case 'gpu.fault': {
      const gpu = gpuFor(state, event.host, event.data.gpu, event.data.index, atMs)
      gpu?.faults.push({ atMs, xid: event.data.xid, message: event.data.message })
      if (gpu && gpu.faults.length > gpuBounds.faults) gpu.faults.shift()
      return
    }
    case 'placement.recorded':
      return applyPlacement(state, event, event.host, atMs)
    case 'probe.connected':
    case 'probe.disconnected':
      for (const gpu of state.gpus.values()) {
        if (gpu.host !== event.host) continue
        accrue(state, gpu, atMs)
        // A probe's own word may come out of its spool, hours old: that the host is heard now is for the server to say.
        if (event.kind === 'probe.disconnected') gpu.heard = false
        else if (event.trust === 'vigil') gpu.heard = true
        // Process numbers of before a reboot are nobody's.
        const known = state.hosts.get(event.host)?.bootId
        if (event.kind === 'probe.connected' && known !== undefined && known !== '' && known !== event.data.bootId)
          gpu.users.clear()
      }
      return
    default:
      return
  }
}

/** A session that begins, ends or is told more of changes who should be where. */
export function accountGpusOf(state: ConsoleState, host: HostId | undefined, atMs: number): void {
  if (host === undefined) return
  for (const gpu of state.gpus.values()) if (gpu.host === host) accrue(state, gpu, atMs)
}

function gpuFor(
  state: ConsoleState,
  host: HostId,
  gpu: string,
  index: number | undefined,
  atMs: number,
): GpuState | undefined {
  const known = state.gpus.get(keyOf(host, gpu)) ?? sameByIndex(state, host, gpu, index)
  if (known) {
    known.index ??= index
    return known
  }
  if (state.gpus.size >= gpuBounds.gpus) return undefined
  const made: GpuState = {
    host,
    gpu,
    index,
    users: new Map(),
    faults: [],
    placements: [],
    offTaskMs: 0,
    offTaskMsOf: new Map(),
    accountedAtMs: atMs,
    heard: true,
  }
  state.gpus.set(keyOf(host, gpu), made)
  return made
}

/** pmon and placements name a GPU by its index where the inventory has its uuid. */
function sameByIndex(state: ConsoleState, host: HostId, gpu: string, index: number | undefined): GpuState | undefined {
  if (index === undefined || !/^index-\d+$/.test(gpu)) return undefined
  for (const each of state.gpus.values()) if (each.host === host && each.index === index) return each
  return undefined
}

function addUser(
  state: ConsoleState,
  event: EventOf<'gpu.process.started'> | EventOf<'gpu.process.reported'>,
  atMs: number,
  name: string,
): void {
  if (event.host === undefined) return
  const index = event.kind === 'gpu.process.reported' ? event.data.index : undefined
  const gpu = gpuFor(state, event.host, event.data.gpu, index, atMs)
  if (!gpu) return
  accrue(state, gpu, atMs)
  const { pid } = event.data
  for (const [old, user] of gpu.users) if (!isThere(user, atMs)) gpu.users.delete(old)
  const known = gpu.users.get(pid)
  if (!known && gpu.users.size >= gpuBounds.processes) return
  const session = event.session ?? sessionOfPid(state, event.host, pid)
  const isListed = event.kind === 'gpu.process.reported'
  // A probe tells a beginning: whoever had the number before is gone.
  const goesOn = isListed && known !== undefined && isThere(known, atMs)
  gpu.users.set(pid, {
    pid,
    name,
    session: session ?? (goesOn ? known.session : undefined),
    sinceMs: goesOn ? known.sinceMs : atMs,
    // A probe's word, which tells ends, is not made less by a listing that names the process too.
    listedAtMs: isListed && !(goesOn && known.listedAtMs === undefined) ? atMs : undefined,
  })
}

/** Until when a user is known to be there; without end where a probe would tell it. */
function untilMs({ listedAtMs }: GpuUser): number {
  return listedAtMs === undefined ? Number.POSITIVE_INFINITY : listedAtMs + listedForMs
}

export function isThere(user: GpuUser, atMs: number): boolean {
  return atMs <= untilMs(user)
}

/** External listings name host PIDs: the session whose live process that is. */
function sessionOfPid(state: ConsoleState, host: HostId, pid: number): SessionId | undefined {
  for (const session of state.sessions.values()) {
    if (session.host !== host || session.endedAtMs !== undefined) continue
    for (const process of session.processes.values())
      if (process.pid === pid && process.endedAtMs === undefined) return session.session
  }
  return undefined
}

function applyPlacement(state: ConsoleState, event: EventOf<'placement.recorded'>, host: HostId, atMs: number): void {
  const { data } = event
  const name = data.gpu ?? (data.index === undefined ? undefined : `index-${data.index}`)
  if (name === undefined) return
  const gpu = gpuFor(state, host, name, data.index, atMs)
  if (!gpu) return
  accrue(state, gpu, atMs)
  gpu.placements.push({
    worker: data.worker,
    session: data.expectedSession,
    labels: Object.fromEntries(Object.entries(data.labels ?? {}).slice(0, gpuBounds.labels)),
    fromMs: data.fromMs,
    toMs: data.toMs,
  })
  if (gpu.placements.length > gpuBounds.placements) gpu.placements.shift()
}

export type Expected = {
  worker: string | undefined
  isExpected(session: SessionId): boolean
  /** Those of them that run now: only then is a process of no session known to be somebody else. */
  running: readonly SessionState[]
  /** Until when this plan holds. */
  untilMs: number
}

/** Who should be on it: from the newest placement that holds then, else sessions of the host whose labels name the GPU. */
export function expectedOf(
  state: ConsoleState,
  gpu: GpuState,
  atMs: number,
  live: LiveSessions = scanSessions(state),
): Expected | undefined {
  const placement = gpu.placements.findLast(
    ({ fromMs = 0, toMs = Number.POSITIVE_INFINITY }) => fromMs <= atMs && atMs < toMs,
  )
  if (placement)
    return {
      worker: placement.worker,
      isExpected: (id) => fits(placement, state.sessions.get(id), id),
      running: runningOf(state, placement, live),
      untilMs: placement.toMs ?? Number.POSITIVE_INFINITY,
    }
  const labelled = live.ofHost(gpu.host).filter(({ labels }) => {
    const named = labels.gpu ?? labels.gpus
    return named?.split(/[,\s]+/).some((each) => each === gpu.gpu || each === String(gpu.index))
  })
  if (labelled.length === 0) return undefined
  const ids = new Set(labelled.map(({ session }) => session))
  return { worker: undefined, isExpected: (id) => ids.has(id), running: labelled, untilMs: Number.POSITIVE_INFINITY }
}

function runningOf(state: ConsoleState, placement: Placement, live: LiveSessions): readonly SessionState[] {
  if (placement.session !== undefined) {
    const session = state.sessions.get(placement.session)
    return session && session.endedAtMs === undefined ? [session] : []
  }
  const [name, value] = Object.entries(placement.labels)[0] ?? ['worker', placement.worker]
  return live.labelled(name, value).filter((session) => fits(placement, session, session.session))
}

function fits({ worker, session, labels }: Placement, known: SessionState | undefined, id: SessionId): boolean {
  if (session !== undefined) return id === session
  if (!known) return false
  const wanted = Object.entries(labels)
  if (wanted.length > 0) return wanted.every(([name, value]) => known.labels[name] === value)
  return known.labels.worker === worker
}

/** What each user is, and the worst of them for the GPU. */
export function verdictOf(state: ConsoleState, gpu: GpuState, atMs: number, live?: LiveSessions): GpuVerdict {
  const users = [...gpu.users.values()].filter((user) => isThere(user, atMs))
  if (users.length === 0) return 'idle'
  const expected = expectedOf(state, gpu, atMs, live)
  if (!expected) return users.every(({ session }) => session === undefined) ? 'unknown user' : 'unplanned'
  if (users.some((user) => isOffTask(expected, user))) return 'off-task'
  // The planned worker may be a trainer outside of Vigil: a process of no session may be its own.
  return users.some(({ session }) => session === undefined) ? 'unknown user' : 'expected'
}

function isOffTask(expected: Expected, { session }: GpuUser): boolean {
  return session === undefined ? expected.running.length > 0 : !expected.isExpected(session)
}

/** Counts the time since the last change, by how things stood during it. A clock that steps back takes nothing away. */
function accrue(state: ConsoleState, gpu: GpuState, atMs: number): void {
  if (atMs <= gpu.accountedAtMs) return
  const { gpuMs, bySession } = offTaskSince(state, gpu, atMs)
  gpu.accountedAtMs = atMs
  gpu.offTaskMs += gpuMs
  for (const [session, ms] of bySession) {
    const name = gpu.offTaskMsOf.has(session) || gpu.offTaskMsOf.size < gpuBounds.sessions ? session : ''
    gpu.offTaskMsOf.set(name, (gpu.offTaskMsOf.get(name) ?? 0) + ms)
  }
}

/**
 * Off-task time from `accountedAtMs` to `atMs`, of the GPU and by session ('' for processes of none). None while the host is not heard, and of
 * a user who is only listed no longer than the listing is believed.
 */
function offTaskSince(
  state: ConsoleState,
  gpu: GpuState,
  atMs: number,
  live?: LiveSessions,
): { gpuMs: number; bySession: Map<SessionId | '', number> } {
  const bySession = new Map<SessionId | '', number>()
  const expected = gpu.heard && gpu.users.size > 0 ? expectedOf(state, gpu, gpu.accountedAtMs, live) : undefined
  if (!expected) return { gpuMs: 0, bySession }
  for (const user of gpu.users.values()) {
    const ms = Math.min(atMs, untilMs(user), expected.untilMs) - gpu.accountedAtMs
    if (ms <= 0 || !isOffTask(expected, user)) continue
    const session = user.session ?? ''
    bySession.set(session, Math.max(bySession.get(session) ?? 0, ms))
  }
  return { gpuMs: Math.max(0, ...bySession.values()), bySession }
}

/** Off-task time of a GPU up to `nowMs`, in all and by session ('' for processes of none). */
export function offTaskOf(
  state: ConsoleState,
  gpu: GpuState,
  nowMs: number,
  live?: LiveSessions,
): { totalMs: number; bySession: Map<SessionId | '', number> } {
  const running = offTaskSince(state, gpu, Math.max(nowMs, gpu.accountedAtMs), live)
  const bySession = new Map(gpu.offTaskMsOf)
  for (const [session, ms] of running.bySession) bySession.set(session, (bySession.get(session) ?? 0) + ms)
  return { totalMs: gpu.offTaskMs + running.gpuMs, bySession }
}

/** Off-task time that these sessions (an incident's) had on any GPU, in GPU-milliseconds. */
export function offTaskOfSessions(state: ConsoleState, sessions: ReadonlySet<SessionId>, nowMs: number): number {
  let totalMs = 0
  for (const gpu of state.gpus.values()) {
    const { totalMs: ofGpuMs, bySession } = offTaskOf(state, gpu, nowMs)
    let ofSessionsMs = 0
    for (const [session, ms] of bySession) if (session !== '' && sessions.has(session)) ofSessionsMs += ms
    // Two of them at once on one GPU had it once.
    totalMs += Math.min(ofSessionsMs, ofGpuMs)
  }
  return totalMs
}
