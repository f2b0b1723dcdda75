// The probes' namespace. A probe speaks for one host only (its key says which); what it sends is acknowledged after commit; what it must
// enforce is sent as the whole wanted state, and "delivered" is written when it says it has it: never more than that.
import type { Namespace, Socket } from 'socket.io'
import { alreadyEnded, failedInstead } from '../control/admit-event.ts'
import { standingSelectors } from '../control/contain-many.ts'
import { wantedOfHost, wantedOfSession } from '../control/wanted-state.ts'
import type { EventInput } from '../protocol/event.ts'
import type { ControlId, HostId, SessionId } from '../protocol/ids.ts'
import { parseEvent } from '../protocol/parse-event.ts'
import { EventsMessage, Hello, ProbeAuth, SamplesMessage, type Wanted } from '../protocol/probe-messages.ts'
import { Sample } from '../protocol/sample.ts'
import { wireVersion } from '../protocol/wire-version.ts'
import { callerOfBearer, type KeyDirectory } from './identity.ts'
import type { Clock, PipelinePort, SamplesPort } from './ports.ts'

const deliverTimeoutMs = 5_000

/** Kinds by which a probe tells how a session stands. */
const tellsState: ReadonlySet<string> = new Set([
  'session.started',
  'session.ended',
  'session.observed',
  'control.ended',
])

export type ProbeSocketOptions = {
  namespace: Namespace
  keys: KeyDirectory
  pipeline: PipelinePort
  samples: SamplesPort
  clock: Clock
  onError: (context: string, error: unknown) => void
}

/** One probe that has said hello. */
type Link = {
  socket: Socket
  stream: string
  bootId: string
  /** Newest event in its spool at hello: until it is durable, the log does not tell this host's present. */
  lastN: number
  /** Sessions it holds, as it read them at hello. */
  held: ReadonlyMap<SessionId, boolean>
  /** Sessions of which its own events have told something since hello: newer than what hello said. */
  spokenOf: Set<SessionId>
  /** The log has caught up, and the host counts as heard. */
  live: boolean
}

export function serveProbes(options: ProbeSocketOptions): {
  connected(): number
  dropKey(keyId: string): void
  close(): void
} {
  const { namespace, pipeline, clock, onError } = options
  const links = new Map<HostId, Link>()
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
      const { stream, lastN, sessions, bootId } = hello.data
      const held = new Map(sessions.map((each) => [each.session, each.paused]))
      const older = links.get(host)
      if (older && older.socket !== socket && older.socket.connected && older.bootId !== bootId) {
        // Two machines of one name: the first is still heard, and its sessions are not this one's to end.
        onError(`host ${host}`, new Error(`a second probe of this name, of another boot, was refused`))
        socket.disconnect(true)
        return
      }
      const link: Link = { socket, stream, lastN, bootId, held, spokenOf: new Set(), live: false }
      links.set(host, link)
      if (older && older.socket !== socket) older.socket.disconnect(true)
      const wanted = wantedOfHost(pipeline.state, host)
      const standing = standingSelectors(pipeline.state)
      answer({ ackedN: pipeline.streamPosition(host, stream), wanted, standing })
      // The answer may never arrive. What is "delivered" is acknowledged on its own.
      deliver(host, new Set(wanted.filter((each) => each.pending.length > 0).map((each) => each.session)))
      settle(host, link)
    })
    socket.on('events', (message: unknown, answer: unknown) => {
      const parsed = EventsMessage.safeParse(message)
      const link = links.get(host)
      if (!parsed.success || typeof answer !== 'function' || link?.socket !== socket) return
      takeEvents(host, link, parsed.data)
        .then((ack) => {
          answer(ack)
          settle(host, link)
        })
        .catch((error: unknown) => {
          if (!(error instanceof Error && error.name === 'OverloadedError')) onError('events of a probe', error)
          answer({ retry: true, reason: error instanceof Error ? error.message : 'not durable' })
        })
    })
    socket.on('samples', (message: unknown) => {
      const parsed = SamplesMessage.safeParse(message)
      if (!parsed.success || links.get(host)?.socket !== socket) return
      options.samples.add(
        parsed.data.samples.flatMap((each) => ownSample(host, each)),
        host,
      )
    })
    socket.on('disconnect', (reason) => {
      if (links.get(host)?.socket !== socket) return
      links.delete(host)
      const event: EventInput = { v: 1, kind: 'probe.disconnected', atMs: clock.nowMs(), host, data: { reason } }
      pipeline.submit({ sender: vigil, events: [event] }).catch(failed('record that a probe is gone'))
    })
  })

  /**
   * The host counts as heard once the log has caught up with its spool; before that, what the log says of its sessions is past.
   * Then its own reading at hello settles what the log does not tell, and sessions it no longer holds have ended.
   */
  function settle(host: HostId, link: Link): void {
    if (link.live || links.get(host) !== link || pipeline.streamPosition(host, link.stream) < link.lastN) return
    pipeline
      .command((state) => {
        const known = state.hosts.get(host)
        // Not introduced yet: its first `probe.connected` is on its way.
        if (link.live || links.get(host) !== link || !known || known.version === '')
          return { result: undefined, events: [], trust: 'vigil' }
        link.live = true
        const { version, bootId, kernel, abilities, observers } = known
        const base = { v: 1 as const, atMs: clock.nowMs(), host }
        const events: EventInput[] = [
          { ...base, kind: 'probe.connected', data: { version, bootId, kernel, abilities, observers } },
        ]
        for (const { session: id } of wantedOfHost(state, host)) {
          if (link.spokenOf.has(id)) continue
          const paused = link.held.get(id)
          const isHeld = (state.sessions.get(id)?.holds.length ?? 0) > 0
          if (paused === undefined && isHeld && known.bootId === link.bootId) {
            // The same boot, and its probe does not know it: that is a loss, not an end. What holds it stands, and turns red.
            const lost = { observed: 'its probe does not know it', observedFrom: 'the probe when it connected' }
            events.push({ ...base, session: id, kind: 'session.observed', data: { paused: false, ...lost } })
            events.push({
              ...base,
              session: id,
              kind: 'gap.recorded',
              data: {
                stream: 'events',
                count: 0,
                reason: 'the probe of its host lost this session: nothing enforces its holds',
              },
            })
          } else if (paused === undefined) {
            events.push({
              ...base,
              session: id,
              kind: 'session.ended',
              data: { reason: 'the probe of its host no longer holds it' },
            })
          } else if (paused !== state.sessions.get(id)?.observedPaused) {
            const observed = paused ? 'paused' : 'not paused'
            events.push({
              ...base,
              session: id,
              kind: 'session.observed',
              data: { paused, observed, observedFrom: 'the probe when it connected' },
            })
          }
        }
        return { result: undefined, events, trust: 'vigil' }
      })
      .catch(failed('record that a probe is heard'))
  }

  async function takeEvents(host: HostId, link: Link, message: EventsMessage) {
    const rejected: { n: number; reason: string }[] = []
    const events = message.events.map((value, index): EventInput => {
      const parsed = parseEvent(value)
      if (parsed.ok && (parsed.event.host === undefined || parsed.event.host === host)) return { ...parsed.event, host }
      const reason = parsed.ok ? `this probe speaks for host ${host}` : parsed.reason
      rejected.push({ n: message.fromN + index, reason })
      // The number stays taken, and the loss is on record: a hole that nobody sees would be worse than the bad event.
      return gap(host, `event ${message.fromN + index} was refused: ${reason}`)
    })
    const stream = { stream: message.stream, host, fromN: message.fromN }
    const position = pipeline.streamPosition(host, message.stream)
    if (message.fromN > position + 1) {
      return {
        retry: true,
        reason: `events ${position + 1} to ${message.fromN - 1} are missing: send from ${position + 1}`,
      }
    }
    const submitted = await pipeline.submit({ sender: { type: 'probe', host }, events, stream })
    for (const { index, reason } of submitted.rejected) rejected.push({ n: message.fromN + index, reason })
    const instead = submitted.rejected.flatMap(({ index, reason }) => {
      const event = events[index]
      return (event && failedInstead(event, reason)) ?? []
    })
    if (instead.length > 0) await pipeline.submit({ sender: { type: 'probe', host }, events: instead })
    const lost = submitted.rejected.filter(({ reason }) => !reason.includes(alreadyEnded))
    const [refused] = lost
    if (refused) {
      // Their numbers are taken and will not be sent again: that they were refused, and why, must be on record.
      const reason = `${lost.length} events were refused, the first because ${refused.reason}`
      const { session } = events[refused.index] ?? {}
      const event = gap(host, reason, lost.length)
      await pipeline.submit({ sender: vigil, events: [session === undefined ? event : { ...event, session }] })
    }
    for (const event of events)
      if (event.session !== undefined && tellsState.has(event.kind)) link.spokenOf.add(event.session)
    return {
      ackedN: message.fromN + events.length - 1,
      ...(rejected.length > 0 && { rejected: rejected.slice(0, 100) }),
    }
  }

  function gap(host: HostId, reason: string, count = 1): EventInput {
    return {
      v: 1,
      kind: 'gap.recorded',
      atMs: clock.nowMs(),
      host,
      data: { stream: 'events', count, reason: reason.slice(0, 500) },
    }
  }

  function ownSample(host: HostId, value: unknown): Sample[] {
    const parsed = Sample.safeParse(value)
    if (!parsed.success) return []
    if (parsed.data.type === 'gpu') return parsed.data.host === host ? [parsed.data] : []
    return pipeline.state.sessions.get(parsed.data.session)?.host === host ? [parsed.data] : []
  }

  /**
   * A session may have been born held, by an order that was lifted meanwhile, or under a name that is held already: its host gets what
   * is wanted of it once everything that its start makes due has been decided.
   */
  function settleBirth(host: HostId, session: SessionId): void {
    setImmediate(() => {
      pipeline
        .command(() => ({ result: undefined, events: [], trust: 'vigil' }))
        .then(() => deliver(host, new Set([session])))
        .catch(failed('tell a host what is wanted of a new session'))
    })
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
    const link = links.get(host)?.socket
    if (!link || sessions.size === 0) return // it stays wanted: the probe gets it with its next hello
    const wanted: Wanted[] = []
    for (const id of sessions) {
      const session = pipeline.state.sessions.get(id)
      if (session && session.endedAtMs === undefined) wanted.push(wantedOfSession(pipeline.state, session))
    }
    link.timeout(deliverTimeoutMs).emit('wanted', { wanted }, (error: Error | null) => {
      if (error === null) recordDelivered(wanted, host)
      else onError(`host ${host} did not acknowledge a wanted state`, error)
    })
  }

  pipeline.onCommit(({ events }) => {
    if (events.some(({ kind }) => kind === 'containment.requested' || kind === 'containment.lifted')) {
      const standing = standingSelectors(pipeline.state)
      for (const { socket } of links.values()) socket.emit('wanted', { wanted: [], standing })
    }
    const changed = new Map<HostId, Set<SessionId>>()
    for (const event of events) {
      if (event.kind === 'session.started' && event.session && event.host) settleBirth(event.host, event.session)
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
      for (const socket of namespace.sockets.values()) if (socket.data.keyId === keyId) socket.disconnect(true)
    },
    close: () => namespace.disconnectSockets(true),
  }
}
