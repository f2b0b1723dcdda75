// The network namespaces in which sessions are cut. Each is held open by a descriptor, so that neither a reused PID nor the end of its
// last process can put another in its place.
import fs from 'node:fs'
import type { Place } from './egress-tools.ts'

/** Longer than any run of a tool may take that is still on its way into a namespace. */
const closedAfterMs = 10_000

export class EgressPlaces {
  private readonly held = new Map<number, { place: Place; descriptor: number }>()
  private readonly closing = new Map<number, NodeJS.Timeout>()
  /** Namespaces besides the host's own in whose table a session is, by its cgroup. */
  private readonly cutIn = new Map<number, Set<number>>()
  /** How many works under way need a namespace. */
  private readonly pins = new Map<number, number>()
  private letGoTimer: NodeJS.Timeout | undefined

  constructor(
    readonly host: Place,
    private readonly onLetGo: (place: Place) => void,
  ) {}

  /** `task`: a thread that is in it. undefined when that thread is gone or elsewhere by now. */
  hold(netns: number, task: number): Place | undefined {
    if (netns === this.host.netns) return this.host
    const known = this.held.get(netns)
    if (known) return known.place
    let descriptor: number
    try {
      descriptor = fs.openSync(`/proc/${task}/ns/net`, 'r')
    } catch {
      return undefined
    }
    if (fs.fstatSync(descriptor).ino !== netns) {
      fs.closeSync(descriptor)
      return undefined
    }
    const place = { netns, path: `/proc/${process.pid}/fd/${descriptor}` }
    this.held.set(netns, { place, descriptor })
    // Held for a look only, unless something is cut in it by then: a namespace must be able to end.
    this.letGoTimer ??= setTimeout(() => {
      this.letGoTimer = undefined
      this.letGo()
    }, closedAfterMs).unref()
    return place
  }

  noteCut(cgroupId: number, netns: number): void {
    if (netns === this.host.netns) return
    const namespaces = this.cutIn.get(cgroupId) ?? new Set()
    this.cutIn.set(cgroupId, namespaces.add(netns))
  }

  noteFree(cgroupId: number, netns: number): void {
    const namespaces = this.cutIn.get(cgroupId)
    namespaces?.delete(netns)
    if (namespaces?.size === 0) this.cutIn.delete(cgroupId)
  }

  /** Keeps namespaces open until they are unpinned. */
  pin(places: readonly Place[], by: 1 | -1): void {
    for (const { netns } of places) {
      const pins = (this.pins.get(netns) ?? 0) + by
      if (pins > 0) this.pins.set(netns, pins)
      else this.pins.delete(netns)
    }
  }

  /** The namespaces in which a session was cut. */
  of(cgroupId: number): Place[] {
    return [...(this.cutIn.get(cgroupId) ?? [])].flatMap((netns) => this.held.get(netns)?.place ?? [])
  }

  /** Some session is cut in it. */
  isUsed(netns: number): boolean {
    return [...this.cutIn.values()].some((namespaces) => namespaces.has(netns))
  }

  /** Lets go of the namespaces in which nobody is cut. */
  letGo(): void {
    const used = new Set([...this.cutIn.values()].flatMap((namespaces) => [...namespaces]))
    for (const [netns, { place, descriptor }] of this.held) {
      if (used.has(netns) || this.pins.has(netns)) continue
      this.held.delete(netns)
      this.onLetGo(place)
      this.closing.set(descriptor, setTimeout(() => this.closeNow(descriptor), closedAfterMs).unref())
    }
  }

  close(): void {
    this.cutIn.clear()
    this.pins.clear()
    this.letGo()
    clearTimeout(this.letGoTimer)
    for (const descriptor of [...this.closing.keys()]) this.closeNow(descriptor)
  }

  private closeNow(descriptor: number): void {
    clearTimeout(this.closing.get(descriptor))
    if (this.closing.delete(descriptor)) fs.closeSync(descriptor)
  }
}
