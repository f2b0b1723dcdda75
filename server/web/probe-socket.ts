// The probes' namespace. A probe speaks for one host only (its key says which); what it sends is acknowledged after commit; what it must
// enforce is sent as the whole wanted state, and "delivered" is written when it says it has it: never more than that.
import type { Namespace, Socket } from 'socket.io'
import { wantedOfHost, wantedOfSession } from '../control/wanted-state.ts'
import type { EventInput } from '../protocol/event.ts'
import type { ControlId, HostId, SessionId } from '../protocol/ids.ts'
import { parseEvent } from '../protocol/parse-event.ts'
import { EventsMessage, Hello, ProbeAuth, SamplesMessage, type Wanted } from '../protocol/probe-messages.ts'
import { Sample } from '../protocol/sample.ts'
import { wireVersion } from '../protocol/wire-version.ts'
import { callerOfBearer, type KeyDirectory } from './identity.ts'
import type { Clock, PipelinePort, SamplesPort } from './ports.ts'

/** How long a probe has to tell the end of sessions that it no longer holds, before the server says it for it. */
const forgottenAfterMs = 15_000
const deliverTimeoutMs = 5_000

export type ProbeSocketOptions = {
  namespace: Namespace
  keys: KeyDirectory
  pipeline: PipelinePort
  samples: SamplesPort
  clock: Clock
  onError: (context: string, error: unknown) => void
}

export function serveProbes(options: ProbeSocketOptions): {
  connected(): number
  dropKey(keyId: string): void
  close(): void
} {
  const { namespace, pipeline, clock, onError } = options
  const links = new Map<HostId, Socket>()
  const failed = (context: string) => (error: unknown) => onError(context, error)
  const vigil = { type: 'vigil' as const }

  namespace.use((socket, next) => {
    try {
      const auth = ProbeAuth.parse(socket.handshake.auth)
      if (auth.wireVersion !== wireVersion) {
        throw new Error(
          `this server speaks wire version ${wireVersion}, the probe ${auth.wireVersion}: bring both to the same release`,
        )
      }
      const caller = callerOfBearer(options.keys, auth.key)
      if (caller.type !== 'key' || !caller.key.scopes.includes('probe')) throw new Error('this key is not a probe key')
      if (caller.key.host !== undefined && caller.key.host !== auth.host)
        throw new Error(`this key is for host ${caller.key.host}`)
      socket.data.host = auth.host
      socket.data.keyId = caller.key.id
      next()
    } catch (error) {
      next(error instanceof Error ? error : new Error('unauthorized'))
    }
  })

  namespace.on('connection', (socket) => {
    const host = socket.data.host as HostId
    socket.on('hello', (message: unknown, answer: unknown) => {
      const hello = Hello.safeParse(message)
      if (!hello.success || typeof answer !== 'function') {
        socket.disconnect(true)
        return
      }
      const older = links.get(host)
      links.set(host, socket)
      if (older && older !== socket) older.disconnect(true)
      welcomeBack(host)
      const wanted = wantedOfHost(pipeline.state, host)
      answer({ ackedN: pipeline.streamPosition(hello.data.stream), wanted })
      recordDelivered(wanted, host)
      endForgotten(host, socket, new Set(hello.data.sessions.map((each) => each.session)))
    })
    socket.on('events', (message: unknown, answer: unknown) => {
      const parsed = EventsMessage.safeParse(message)
      if (!parsed.success || typeof answer !== 'function') return
      takeEvents(host, parsed.data)
        .then((ack) => answer(ack))
        .catch((error: unknown) => {
          if (!(error instanceof Error && error.name === 'OverloadedError')) onError('events of a probe', error)
          answer({ retry: true, reason: error instanceof Error ? error.message : 'not durable' })
        })
    })
    socket.on('samples', (message: unknown) => {
      const parsed = SamplesMessage.safeParse(message)
      if (!parsed.success) return
      options.samples.add(
        parsed.data.samples.flatMap((each) => ownSample(host, each)),
        host,
      )
    })
    socket.on('disconnect', (reason) => {
      if (links.get(host) !== socket) return
      links.delete(host)
      const event: EventInput = { v: 1, kind: 'probe.disconnected', atMs: clock.nowMs(), host, data: { reason } }
      pipeline.submit({ sender: vigil, events: [event] }).catch(failed('record that a probe is gone'))
    })
  })

  /** The probe says what it is when that changes; that it is heard again is our own observation. */
  function welcomeBack(host: HostId): void {
    const known = pipeline.state.hosts.get(host)
    if (!known || known.connected || known.version === '') return
    const { version, bootId, kernel, abilities, observers } = known
    const event: EventInput = {
      v: 1,
      kind: 'probe.connected',
      atMs: clock.nowMs(),
      host,
      data: { version, bootId, kernel, abilities, observers },
    }
    pipeline.submit({ sender: vigil, events: [event] }).catch(failed('record that a probe is back'))
  }

  async function takeEvents(host: HostId, message: EventsMessage) {
    const rejected: { n: number; reason: string }[] = []
    const events = message.events.map((value, index): EventInput => {
      const parsed = parseEvent(value)
      if (parsed.ok && (parsed.event.host === undefined || parsed.event.host === host)) return { ...parsed.event, host }
      const reason = parsed.ok ? `this probe speaks for host ${host}` : parsed.reason
      rejected.push({ n: message.fromN + index, reason })
      // The number stays taken, and the loss is on record: a hole that nobody sees would be worse than the bad event.
      return gap(host, `event ${message.fromN + index} was refused: ${reason}`.slice(0, 500))
    })
    const stream = { stream: message.stream, host, fromN: message.fromN }
    const position = pipeline.streamPosition(message.stream)
    if (message.fromN > position + 1) {
      return {
        retry: true,
        reason: `events ${position + 1} to ${message.fromN - 1} are missing: send from ${position + 1}`,
      }
    }
    const submitted = await pipeline.submit({ sender: { type: 'probe', host }, events, stream })
    for (const { index, reason } of submitted.rejected) rejected.push({ n: message.fromN + index, reason })
    return {
      ackedN: message.fromN + events.length - 1,
      ...(rejected.length > 0 && { rejected: rejected.slice(0, 100) }),
    }
  }

  function gap(host: HostId, reason: string): EventInput {
    return { v: 1, kind: 'gap.recorded', atMs: clock.nowMs(), host, data: { stream: 'events', count: 1, reason } }
  }

  function ownSample(host: HostId, value: unknown): Sample[] {
    const parsed = Sample.safeParse(value)
    if (!parsed.success) return []
    if (parsed.data.type === 'gpu') return parsed.data.host === host ? [parsed.data] : []
    return pipeline.state.sessions.get(parsed.data.session)?.host === host ? [parsed.data] : []
  }

  /** Sessions that we think this host holds and that its probe does not know: lost with its registry, or with a reboot. */
  function endForgotten(host: HostId, socket: Socket, held: ReadonlySet<SessionId>): void {
    const suspects = wantedOfHost(pipeline.state, host).filter((each) => !held.has(each.session))
    if (suspects.length === 0) return
    setTimeout(() => {
      if (links.get(host) !== socket) return
      const still = new Set(wantedOfHost(pipeline.state, host).map((each) => each.session))
      const events = suspects
        .filter((each) => still.has(each.session))
        .map(
          (each): EventInput => ({
            v: 1,
            kind: 'session.ended',
            atMs: clock.nowMs(),
            session: each.session,
            host,
            data: { reason: 'the probe of its host no longer holds it' },
          }),
        )
      if (events.length > 0) pipeline.submit({ sender: vigil, events }).catch(failed('end forgotten sessions'))
    }, forgottenAfterMs).unref()
  }

  function recordDelivered(wanted: readonly Wanted[], host: HostId): void {
    const isNew = (control: ControlId, session: SessionId) =>
      pipeline.state.sessions
        .get(session)
        ?.controls.some((each) => each.control === control && each.state === 'requested')
    const events: EventInput[] = wanted.flatMap((each) =>
      each.pending
        .filter(({ control }) => isNew(control, each.session))
        .map(({ control }) => ({
          v: 1 as const,
          kind: 'control.delivered' as const,
          atMs: clock.nowMs(),
          session: each.session,
          host,
          data: { control },
        })),
    )
    if (events.length > 0) pipeline.submit({ sender: vigil, events }).catch(failed('record delivery'))
  }

  function deliver(host: HostId, sessions: ReadonlySet<SessionId>): void {
    const link = links.get(host)
    if (!link) return // it stays wanted: the probe gets it with its next hello
    const wanted: Wanted[] = []
    for (const id of sessions) {
      const session = pipeline.state.sessions.get(id)
      if (session && session.endedAtMs === undefined) wanted.push(wantedOfSession(session))
    }
    link.timeout(deliverTimeoutMs).emit('wanted', { wanted }, (error: Error | null) => {
      if (error === null) recordDelivered(wanted, host)
      else onError(`host ${host} did not acknowledge a wanted state`, error)
    })
  }

  pipeline.onCommit(({ events }) => {
    const changed = new Map<HostId, Set<SessionId>>()
    for (const event of events) {
      if (event.kind !== 'control.requested' || !event.session) continue
      const host = pipeline.state.sessions.get(event.session)?.host
      if (host === undefined) continue
      const sessions = changed.get(host) ?? new Set()
      changed.set(host, sessions.add(event.session))
    }
    for (const [host, sessions] of changed) deliver(host, sessions)
  })

  return {
    connected: () => links.size,
    dropKey(keyId) {
      for (const socket of links.values()) if (socket.data.keyId === keyId) socket.disconnect(true)
    },
    close: () => namespace.disconnectSockets(true),
  }
}
