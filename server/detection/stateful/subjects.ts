// Whose behaviour a detector counts: a session; where nobody knows whose a flow is, the address it came from; else the host. Addresses can
// be forged by the thousand, so they stand apart and can push out nothing but each other.
import type { DetectionEvent } from '../detection-event.ts'
import { RecencyMap } from './recency-map.ts'

export class Subjects<S> {
  readonly #sessions: RecencyMap<S>
  readonly #addresses: RecencyMap<S>
  readonly #hosts: RecencyMap<S>
  readonly #make: () => S

  /** Keeps at most `sessionsMax` sessions and an eighth as many addresses and hosts each. */
  constructor(make: () => S, sessionsMax = 4_096) {
    this.#make = make
    this.#sessions = new RecencyMap(sessionsMax)
    this.#addresses = new RecencyMap(Math.ceil(sessionsMax / 8))
    this.#hosts = new RecencyMap(Math.ceil(sessionsMax / 8))
  }

  get size(): number {
    return this.#sessions.size + this.#addresses.size + this.#hosts.size
  }

  /** Undefined for an event of nobody and nowhere. */
  of(event: DetectionEvent): S | undefined {
    if (event.session !== undefined) return this.#in(this.#sessions, event.session)
    const address = event.fields.SourceIp
    if (typeof address === 'string' && address !== '') return this.#in(this.#addresses, address.slice(0, 64))
    return event.host === undefined ? undefined : this.#in(this.#hosts, event.host)
  }

  #in(map: RecencyMap<S>, key: string): S {
    const known = map.get(key)
    if (known !== undefined) return known
    const made = this.#make()
    map.set(key, made)
    return made
  }
}
