// The browsers' namespace: signs in by cookie, answers `watch` with a snapshot (subscribed first, so nothing falls between), then frames.
import type { Namespace, Socket } from 'socket.io'
import { z } from 'zod'
import { touchesFleet } from '../model/project-fleet.ts'
import { projectRow } from '../model/project-row.ts'
import {
  type Beat,
  ContainRequest,
  ControlRequest,
  DecideRequest,
  ExtendRequest,
  type Frame,
  LiftRequest,
  Looking,
  Painted,
  type SessionRow,
  type Snapshot,
  Watch,
} from '../protocol/browser-messages.ts'
import type { StoredEvent } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { ReplayPlay, ReplayWatch } from '../protocol/replay-messages.ts'
import { isSameOrigin } from './api-app.ts'
import type { Controls } from './control-request.ts'
import type { Caller, Identify } from './identity.ts'
import type { Clock, EventReader, PastPort, PipelinePort, SamplesPort } from './ports.ts'
import { ProblemError } from './problem.ts'
import {
  bytesOfSnapshot,
  eventsOfSnapshot,
  fleetSnapshot,
  type Looked,
  pointsOfSession,
  sessionSnapshot,
} from './view-snapshot.ts'
import { createViewer, headSeq, type Viewer, type ViewerPorts } from './viewer.ts'

const Nothing = z.object({}).optional()
const beatMs = 1_000
/** How often a connected browser's right to be here is checked again: a removed operator is out within this time. */
const recheckMs = 30_000
/** A frame costs much the same however little is in it: the more browsers there are, the more each of them gathers. */
const fewViewers = 8
const gapOfViewerMs = 0.25
const gapOfManyMs = 40

export type OperatorSocketOptions = {
  namespace: Namespace
  pipeline: PipelinePort
  samples: SamplesPort
  reader: EventReader
  past: PastPort
  identify: Identify
  controls: Controls
  clock: Clock
  gapMs: () => number
  onError: (context: string, error: unknown) => void
}

export type OperatorSockets = {
  viewers(): number
  canaryCame(came: NonNullable<Frame['canary']>): void
  close(): void
}

export function serveOperators(options: OperatorSocketOptions): OperatorSockets {
  const { namespace, pipeline, samples, reader, clock, onError } = options
  const viewers = new Map<Socket, Viewer>()
  let watchCount = 0

  const rowCache = new Map<SessionId, SessionRow>()
  const rowOf = (id: SessionId): SessionRow | undefined => {
    const known = rowCache.get(id)
    if (known) return known
    const session = pipeline.state.sessions.get(id)
    if (!session) return undefined
    const row = projectRow(pipeline.state, session)
    rowCache.set(id, row)
    return row
  }

  pipeline.onCommit(({ events, touched }) => {
    for (const id of touched.sessions) rowCache.delete(id)
    for (const id of touched.removed) rowCache.delete(id)
    const urgent = events.some(isUrgent)
    const fleet = touchesFleet(
      pipeline.state,
      events.map((event) => event.kind),
      touched.fleet,
    )
    const awaited = awaitedIn(events)
    for (const viewer of viewers.values()) viewer.changed({ ...touched, fleet, events, awaited }, urgent)
  })
  samples.onPoints((points, gpuHosts) => {
    for (const viewer of viewers.values()) viewer.sampled(points, gpuHosts)
  })

  const beat = setInterval(() => {
    const message: Beat = {
      serverNowMs: clock.nowMs(),
      headSeq: headSeq(pipeline.state),
      ...(pipeline.state.newestFactAtMs > 0 && { newestFactAtMs: pipeline.state.newestFactAtMs }),
    }
    namespace.emit('beat', message)
  }, beatMs)

  namespace.use((socket, next) => {
    callerOfSocket(socket, options.identify)
      .then(() => next())
      .catch((error: unknown) => {
        if (error instanceof NobodyError) return next(error)
        // What went wrong is ours to know: it may name the database, and whoever asks is not known.
        onError('look up who opens a socket', error)
        next(new Error('not now: try again'))
      })
  })

  const looked = (viewer: Viewer): Looked => {
    const { state } = pipeline
    return { watch: viewer.watch, serverNowMs: clock.nowMs(), state, history: samples.history, rowOf }
  }

  async function snapshotOfSession(viewer: Viewer, id: SessionId): Promise<Snapshot> {
    const [{ events, more }, points] = await Promise.all([
      reader.sessionEvents({ session: id, limit: eventsOfSnapshot, bytesMax: bytesOfSnapshot }),
      samples.history.sessions.has(id) ? [] : reader.sessionPoints(id, pointsOfSession),
    ])
    // A session that left memory is read from the log, by the same reducer; its host is what is known of it today.
    const state = pipeline.state.sessions.has(id) ? pipeline.state : await reader.sessionFromLog(id)
    return sessionSnapshot(looked(viewer), id, { events, more, points }, state)
  }

  const portsFor = (socket: Socket): ViewerPorts => ({
    state: pipeline.state,
    history: samples.history,
    rowOf,
    emitFrame: (frame) => {
      try {
        socket.emit('frame', frame)
      } catch (error) {
        // One browser's frame that cannot be sent costs that browser its connection, nobody else anything.
        onError('send a frame', error)
        socket.disconnect(true)
      }
    },
    nowMs: () => clock.nowMs(),
    gapMs: () => Math.max(options.gapMs(), Math.min(gapOfManyMs, (viewers.size - fewViewers) * gapOfViewerMs)),
    later: (ms, run) => {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
  })

  namespace.on('connection', (socket) => {
    const recheck = setInterval(() => {
      callerOfSocket(socket, options.identify).catch((error: unknown) => {
        // With the database away nobody can be looked up, nor removed: the page goes on telling what is known.
        if (error instanceof NobodyError) socket.disconnect(true)
      })
    }, recheckMs)
    const replay = options.past.replay({
      gapMs: options.gapMs,
      frame: (frame) => portsFor(socket).emitFrame(frame),
      moment: (moment) => void socket.emit('replay.moment', moment),
      onError,
    })
    answering(socket, 'replay.watch', ReplayWatch, onError, async (message) => {
      // A socket shows one time: what is live goes on over another.
      viewers.get(socket)?.close()
      viewers.delete(socket)
      watchCount += 1
      return await replay.watch(watchCount, message)
    })
    answering(socket, 'replay.play', ReplayPlay, onError, async ({ speed }) => replay.play(speed))
    answering(socket, 'replay.stop', Nothing, onError, async () => replay.stop())
    socket.on('disconnect', () => {
      clearInterval(recheck)
      replay.close()
      viewers.get(socket)?.close()
      viewers.delete(socket)
    })
    answering(socket, 'watch', Watch, onError, async (view) => {
      viewers.get(socket)?.close()
      replay.close()
      watchCount += 1
      const viewer = createViewer(watchCount, view, portsFor(socket))
      viewers.set(socket, viewer)
      return view.view === 'live'
        ? fleetSnapshot(looked(viewer), viewer.leaveOut)
        : await snapshotOfSession(viewer, view.session)
    })
    socket.on('looking', (message: unknown) => {
      const parsed = Looking.safeParse(message)
      if (parsed.success) viewers.get(socket)?.looking(parsed.data.sessions)
    })
    socket.on('painted', (message: unknown) => {
      const parsed = Painted.safeParse(message)
      if (!parsed.success) return
      viewers.get(socket)?.painted(parsed.data.n)
      replay.painted(parsed.data.n)
    })
    const { controls } = options
    /** One after the other, so that two clicks stay in their order. */
    let newest: Promise<unknown> = Promise.resolve()
    /** Asked afresh: who was removed or demoted a moment ago does nothing more, whatever the socket was opened as. */
    const callerNow = (): Promise<Caller> => {
      const turn = newest.then(() => callerOfSocket(socket, options.identify))
      newest = turn.catch(() => undefined)
      return turn.catch((error: unknown) => {
        if (!(error instanceof NobodyError)) throw error
        // The answer first; then the connection of somebody who has no right to it goes.
        setImmediate(() => socket.disconnect(true))
        throw new ProblemError(401, 'Not signed in', 'you are not signed in any more: sign in again')
      })
    }
    const asCaller =
      <T>(call: (caller: Caller, request: T) => Promise<object>) =>
      async (request: T): Promise<object> => {
        if (replay.isOn()) throw new ProblemError(409, 'This is the past', 'go back to live to act: nothing was asked')
        return await call(await callerNow(), request)
      }
    answering(socket, 'control', ControlRequest, onError, asCaller(controls.ask))
    answering(socket, 'extend', ExtendRequest, onError, asCaller(controls.extend))
    answering(socket, 'contain', ContainRequest, onError, asCaller(controls.contain))
    answering(socket, 'lift', LiftRequest, onError, asCaller(controls.lift))
    answering(socket, 'decide', DecideRequest, onError, asCaller(controls.decide))
  })

  return {
    viewers: () => viewers.size,
    canaryCame(came) {
      for (const viewer of viewers.values()) viewer.canaryCame(came)
    },
    close() {
      clearInterval(beat)
      namespace.disconnectSockets(true)
    },
  }
}

/** Sessions of which something was told that is no routine: new, ended, flagged. */
function awaitedIn(events: readonly StoredEvent[]): ReadonlySet<SessionId> {
  const awaited = new Set<SessionId>()
  for (const { kind, session } of events)
    if (session !== undefined && (kind.startsWith('session.') || kind.startsWith('flag.'))) awaited.add(session)
  return awaited
}

/** Things that a person waits for or must not miss: they do not wait for the pace of frames. */
function isUrgent(event: StoredEvent): boolean {
  return (
    event.kind.startsWith('control.') ||
    event.kind === 'session.observed' ||
    event.kind === 'restriction.observed' ||
    event.kind === 'capability.observed' ||
    event.kind.startsWith('containment.') ||
    event.kind.startsWith('proposal.') ||
    event.kind.startsWith('approval.') ||
    event.kind === 'probe.disconnected' ||
    event.kind === 'process.escaped'
  )
}

/** Nobody is signed in there; any other error says only that it could not be looked up. */
class NobodyError extends Error {
  override name = 'NobodyError'
}

async function callerOfSocket(socket: Socket, identify: Identify): Promise<Caller> {
  const { origin, host, cookie } = socket.handshake.headers
  // Cookies travel with sockets that other sites open; the Origin header, which no page can forge, says whose page it is.
  if (origin !== undefined && !isSameOrigin(origin, host)) throw new NobodyError('foreign origin')
  const caller = await identify(new Headers(cookie === undefined ? {} : { cookie }))
  if (caller?.type !== 'operator') throw new NobodyError('unauthorized')
  return caller
}

/** A handler is three moves: parse, call, answer. Whatever goes wrong is the answer; nothing is left hanging. */
function answering<T>(
  socket: Socket,
  name: string,
  schema: z.ZodType<T>,
  onError: (context: string, error: unknown) => void,
  call: (message: T) => Promise<object>,
): void {
  socket.on(name, (message: unknown, answer: unknown) => {
    const reply = typeof answer === 'function' ? answer : () => undefined
    const parsed = schema.safeParse(message)
    if (!parsed.success) {
      reply({
        problem: { title: 'Malformed message', detail: z.prettifyError(parsed.error).slice(0, 500), status: 422 },
      })
      return
    }
    call(parsed.data)
      .then((result) => reply(result))
      .catch((error: unknown) => {
        if (error instanceof ProblemError) {
          reply({ problem: { title: error.title, detail: error.message, status: error.status } })
          return
        }
        onError(`socket message ${name}`, error)
        const overloaded = error instanceof Error && error.name === 'OverloadedError'
        reply({
          problem: overloaded
            ? { title: 'Server is busy', detail: error.message, status: 503 }
            : { title: 'Internal error', detail: 'this is our fault; the server log has the details', status: 500 },
        })
      })
  })
}
