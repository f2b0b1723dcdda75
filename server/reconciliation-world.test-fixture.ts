// A whole world in memory for one property: the real decisions of the server, the real loop of the probe with its real spool and
// registry on disk, and a kernel that is three booleans. Lines break, either side crashes at any moment, time jumps. Tests only.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { admitEvent, emptyBatchMemory, failedInstead, type Sender } from './control/admit-event.ts'
import { containLater, liftContainment, requestContainment } from './control/contain-many.ts'
import { requestControl } from './control/request-control.ts'
import { cancelOpenControls } from './control/session-end.ts'
import { eventsDue } from './control/times-up.ts'
import { wantedOfHost } from './control/wanted-state.ts'
import { drawEpisode, testHost, testSession } from './model/event-for-test.ts'
import { applyEvent, nothingTouched } from './model/reduce.ts'
import { stateFromJson, stateToJson } from './model/snapshot-state.ts'
import { type ConsoleState, emptyState } from './model/state.ts'
import type { Capability, ControlAction, HostRestriction } from './protocol/control.ts'
import type { EventInput, StoredEvent } from './protocol/event.ts'
import { ContainmentId, ControlId, type EventId } from './protocol/ids.ts'
import { parseEvent } from './protocol/parse-event.ts'
import { ProbeLife } from './reconciliation-probe.test-fixture.ts'

export const levels: readonly HostRestriction[] = ['network', 'gpu', 'pause']

export type Kernel = Record<HostRestriction, boolean>

export class World {
  readonly kernel: Kernel = { network: false, gpu: false, pause: false }
  /** Levels that the kernel refuses to change at the moment, that nobody here can enforce, that cannot be read. */
  readonly refuses = new Set<HostRestriction>()
  readonly missing = new Set<HostRestriction>()
  readonly unreadable = new Set<HostRestriction>()
  /** Levels that somebody undid behind our back in this story: a reading of before may be told after it. */
  readonly tampered = new Set<HostRestriction>()
  /** Ends that called enforced what the kernel did not have. */
  readonly lies: string[] = []
  /** Times that a level was changed: repeats must not be effects. */
  changes = 0
  state: ConsoleState
  readonly log: StoredEvent[] = []
  nowMs: number
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vigil-world-'))
  private probe: ProbeLife | undefined
  private isUp = true
  private ackedN = 0
  private ids = 0

  constructor() {
    this.state = emptyState()
    for (const event of drawEpisode('00:00 probe\n00:01 start sh')) this.commit(event)
    const session = this.state.sessions.get(testSession)
    if (!session) throw new Error('no session')
    for (const name of ['network', 'gpu', 'end'] as const)
      session.abilities.push({ name, can: 'proven', enforcer: 'kernel of three booleans', detail: '' })
    this.nowMs = this.log.at(-1)?.seenAtMs ?? 0
    this.probe = this.startProbe(true)
  }

  // ---- what may happen -------------------------------------------------------------------------------------------------

  click(action: ControlAction, who: string, capability?: Capability, reason?: string, ttlMs?: number): void {
    const by = { type: 'operator' as const, id: who, name: who }
    const control = this.newControl()
    const decision = requestControl(this.state, testSession, {
      control,
      action,
      capability,
      by,
      role: 'responder',
      reason,
      ttlMs,
      nowMs: this.nowMs,
    })
    if (decision.ok) this.take(decision.events, { type: 'vigil' })
    this.deliver()
  }

  containAll(who: string, ttlMs?: number): void {
    const decision = requestContainment(this.state, {
      containment: ContainmentId.parse(`con-${++this.ids}`),
      selector: { agent: 'rome-30b' },
      by: { type: 'operator', id: who, name: who },
      role: 'responder',
      ttlMs,
      nowMs: this.nowMs,
      newControlId: () => this.newControl(),
    })
    if (decision.ok) this.take(decision.events, { type: 'vigil' })
    this.deliver()
  }

  liftAll(who: string): void {
    for (const { containment, liftedAtMs } of [...this.state.containments.values()]) {
      if (liftedAtMs !== undefined) continue
      const decision = liftContainment(this.state, {
        containment,
        by: { type: 'operator', id: who, name: who },
        role: 'responder',
        nowMs: this.nowMs,
        newControlId: () => this.newControl(),
      })
      if (decision.ok) this.take(decision.events, { type: 'vigil' })
    }
    this.deliver()
  }

  pass(ms: number): void {
    this.nowMs += ms
    this.take(
      eventsDue(this.state, this.nowMs, () => this.newControl()),
      { type: 'vigil' },
    )
    this.deliver()
  }

  cutLine(): void {
    this.isUp = false
  }

  healLine(): void {
    this.isUp = true
    this.receive()
    this.deliver()
  }

  /** The server is killed: what it knows afterwards is what its log says, read from a snapshot and the rest. */
  crashServer(): void {
    const half = Math.floor(this.log.length / 2)
    const before = emptyState()
    for (const event of this.log.slice(0, half)) applyEvent(before, event, nothingTouched())
    const session = before.sessions.get(testSession)
    const abilities = this.state.sessions.get(testSession)?.abilities ?? []
    this.state = stateFromJson(stateToJson(before))
    for (const event of this.log.slice(half)) applyEvent(this.state, event, nothingTouched())
    const now = this.state.sessions.get(testSession)
    if (session && now) now.abilities = abilities
    this.take(
      eventsDue(this.state, this.nowMs, () => this.newControl()),
      { type: 'vigil' },
    )
    this.deliver()
  }

  crashProbe(): void {
    this.probe?.die()
    this.probe = undefined
  }

  startProbeAgain(): void {
    if (this.probe) return
    this.probe = this.startProbe(false)
    this.receive()
    this.deliver()
  }

  repeat(): void {
    this.deliver()
    this.deliver()
  }

  tamper(level: HostRestriction): void {
    this.tampered.add(level)
    this.kernel[level] = false
  }

  /** The second's look of the probe, and what it has to say. */
  async look(): Promise<void> {
    this.probe?.look()
    await this.turns(3)
    this.receive()
  }

  async turns(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) await turn()
  }

  /** Everything works again and is waited for. */
  async settle(): Promise<void> {
    this.refuses.clear()
    this.missing.clear()
    this.unreadable.clear()
    this.isUp = true
    this.startProbeAgain()
    for (let round = 0; round < 12; round += 1) {
      this.receive()
      this.deliver()
      this.probe?.look()
      await this.turns(12)
    }
    this.receive()
  }

  end(): void {
    this.probe?.die()
    fs.rmSync(this.folder, { recursive: true, force: true })
  }

  // ---- how it happens --------------------------------------------------------------------------------------------------

  private newControl(): ControlId {
    return ControlId.parse(`ctl-${++this.ids}`)
  }

  private take(events: readonly EventInput[], sender: Sender): void {
    const memory = emptyBatchMemory()
    for (const event of events) {
      const admission = admitEvent(this.state, memory, sender, event)
      if (!admission.ok) {
        const instead = failedInstead(event, admission.reason)
        if (instead) this.take([instead], sender)
        continue
      }
      this.commit({
        ...event,
        id: `00000000-0000-4000-8000-${String(this.log.length).padStart(12, '0')}` as EventId,
        partition: 0,
        seq: this.log.length + 1,
        seenAtMs: Math.max(this.nowMs, event.atMs),
        trust: sender.type === 'probe' ? 'kernel' : 'vigil',
      } as StoredEvent)
    }
    const session = this.state.sessions.get(testSession)
    if (events.some((event) => event.kind === 'session.started') && session)
      this.take(
        containLater(this.state, testSession, this.nowMs, () => this.newControl()),
        { type: 'vigil' },
      )
    if (events.some((event) => event.kind === 'session.ended') && session)
      this.take(cancelOpenControls(session, this.nowMs), { type: 'vigil' })
  }

  private commit(event: StoredEvent): void {
    const stored = { ...event, seq: this.log.length + 1 }
    this.log.push(stored)
    applyEvent(this.state, stored, nothingTouched())
  }

  private deliver(): void {
    if (this.isUp) this.probe?.loop.want(wantedOfHost(this.state, testHost))
  }

  private receive(): void {
    if (!this.isUp || !this.probe) return
    const lines = this.probe.spool.read(this.ackedN + 1, 1_000, 1_000_000)
    const events = lines.flatMap(({ json }) => {
      const parsed = parseEvent(JSON.parse(json))
      if (!parsed.ok) throw new Error(`the probe said what cannot be parsed: ${parsed.reason} in ${json}`)
      return [parsed.event]
    })
    this.take(events, { type: 'probe', host: testHost })
    this.ackedN = lines.at(-1)?.n ?? this.ackedN
  }

  private startProbe(isFirst: boolean): ProbeLife {
    return new ProbeLife(this.folder, this, isFirst)
  }
}
