// Hosts: whether their probe is heard, what it can do and see, which GPUs are there.
import type { StoredEvent } from '../protocol/event.ts'
import type { HostId } from '../protocol/ids.ts'
import { displayTimeMs, type Touched } from './reduce.ts'
import type { ConsoleState, HostState } from './state.ts'

export function applyHostEvent(state: ConsoleState, event: StoredEvent, touched: Touched): void {
  if (event.host === undefined) return
  switch (event.kind) {
    case 'probe.connected': {
      const host = hostFor(state, event.host, event.seenAtMs)
      Object.assign(host, event.data)
      // A probe's own word may come out of its spool, hours old: that the host is heard now is for the server to say.
      if (event.trust === 'vigil' && !host.connected) {
        host.connected = true
        host.sinceMs = displayTimeMs(event)
      }
      touch(state, event.host, touched)
      return
    }
    case 'probe.disconnected': {
      const host = hostFor(state, event.host, event.seenAtMs)
      host.connected = false
      host.sinceMs = event.seenAtMs
      touch(state, event.host, touched)
      return
    }
    case 'gpu.inventory': {
      const host = hostFor(state, event.host, event.seenAtMs)
      host.gpus = event.data.gpus
      host.gpuAbsent = event.data.absent
      touch(state, event.host, touched)
      return
    }
    default:
      return
  }
}

/** A host that falls silent or speaks again changes what may be said of every session it holds. */
function touch(state: ConsoleState, host: HostId, touched: Touched): void {
  touched.hosts.add(host)
  for (const session of state.sessions.values()) {
    if (session.host === host && session.endedAtMs === undefined) touched.sessions.add(session.session)
  }
}

/** One that nobody has said to be heard is not connected since it was first spoken of: a probe introduces itself before the server says so. */
function hostFor(state: ConsoleState, id: HostId, seenAtMs: number): HostState {
  const known = state.hosts.get(id)
  if (known) return known
  const host: HostState = {
    host: id,
    connected: false,
    sinceMs: seenAtMs,
    version: '',
    bootId: '',
    kernel: '',
    abilities: [],
    observers: [],
    gpus: [],
  }
  state.hosts.set(id, host)
  return host
}
