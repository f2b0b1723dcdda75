// A whole world in memory for one property: the real decisions of the server, the real loop of the probe with its real spool and
// registry on disk, and a kernel that is three booleans. Lines break, either side crashes at any moment, time jumps. Tests only.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { ControlLoop } from '../probe/control-loop.ts'
import type { Enforcer } from '../probe/enforce/enforcer.ts'
import { makeRecord } from '../probe/record.ts'
import { newSession, type Session } from '../probe/session.ts'
import { SessionRegistry } from '../probe/session-registry.ts'
import { Spool } from '../probe/spool.ts'
import { Turns } from '../probe/turns.ts'
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
import {
  type Capability,
  type ControlAction,
  type HostRestriction,
  isLift,
  restrictionsOf,
} from './protocol/control.ts'
import type { EventInput, StoredEvent } from './protocol/event.ts'
import { ContainmentId, ControlId, type EventId } from './protocol/ids.ts'
import { parseEvent } from './protocol/parse-event.ts'

export const levels: readonly HostRestriction[] = ['network', 'gpu', 'pause']

type Kernel = Record<HostRestriction, boolean>

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

/** One life of the probe's program, from a start to a crash. After its death nothing of it acts or writes any more. */
class ProbeLife {
  readonly spool: Spool
  readonly loop: ControlLoop
  private readonly session: Session
  private isDead = false

  constructor(
    folder: string,
    private readonly world: World,
    isFirst: boolean,
  ) {
    this.spool = new Spool(path.join(folder, 'spool'), { maxBytes: 10_000_000 })
    const registry = new SessionRegistry(path.join(folder, 'sessions'), () => undefined)
    registry.load(this.spool.stream, (n) => this.spool.after(n))
    if (isFirst) {
      const from = { id: testSession, held: 'cgroup' as const, cgroupFolder: '/x', cgroupPath: '/x', bootId: 'b' }
      const session = newSession({ ...from, openedAtMs: 0 })
      session.started = true
      registry.add(session)
      registry.save(session, this.spool.stream, this.spool.lastN)
    }
    const session = registry.sessions.get(testSession)
    if (!session) throw new Error('the session was lost with the probe')
    this.session = session
    const write = makeRecord({
      spool: this.spool,
      host: testHost,
      sessions: registry.sessions,
      onWritten: () => undefined,
    })
    const enforcers = { network: this.enforcer('network'), gpu: this.enforcer('gpu'), pause: this.enforcer('pause') }
    this.loop = new ControlLoop({
      sessions: registry.sessions,
      enforcerOf: (_session, level) => (world.missing.has(level) ? 'its tool is gone' : enforcers[level]),
      killerOf: () => {
        throw new Error('nothing is killed in this world')
      },
      evidence: {
        take: async () => ({ records: [], summary: '1 process', tookMs: 0, session, state: {} as never }),
        finish: async () => ({ records: [], summary: '1 process', tookMs: 0 }),
      },
      verify: {
        read: { cpuUsageUs: () => 0, packetsPassed: () => 0, openFlows: () => 0 },
        forMs: 0,
        sleep: () => turn(),
      },
      record: (fact) => {
        this.mustLive()
        if (fact.kind === 'control.ended' && fact.data.outcome === 'enforced') this.checkTruth(fact.data.control)
        write(fact)
      },
      turns: new Turns(),
      keep: (each) => {
        this.mustLive()
        each.dirty = true
        registry.save(each, this.spool.stream, this.spool.lastN)
      },
      warn: () => undefined,
    })
    this.loop.resume()
  }

  look(): void {
    this.loop.verify(this.session)
  }

  die(): void {
    this.isDead = true
    this.loop.stop()
  }

  /** What is called enforced at this moment is so in the kernel at this moment. */
  private checkTruth(control: string): void {
    const { wanted } = this.session
    const pending = wanted?.pending.find((each) => each.control === control)
    if (!wanted || !pending) return
    const { action, capability } = pending
    const lifted = isLift(action)
      ? ({ resume: 'pause', restore: 'revoke', release: 'contain' } as const)[action]
      : undefined
    for (const level of levels) {
      if (this.world.tampered.has(level)) continue
      const isOn = this.world.kernel[level]
      if (restrictionsOf(action, capability).includes(level) && !isOn)
        this.world.lies.push(`${action}: ${level} is off`)
      if (!lifted || !restrictionsOf(lifted, capability).includes(level)) continue
      // While another control of that level is under way, this one may have been decided before it.
      const isAlone = wanted.pending.every((each) => each.control === control || (each.capability ?? 'pause') !== level)
      if (isAlone && !wanted.restrict.includes(level) && isOn) this.world.lies.push(`${action}: ${level} is on`)
    }
  }

  private mustLive(): void {
    if (this.isDead) throw new Error('this probe is dead')
  }

  private enforcer(level: HostRestriction): Enforcer {
    const change = async (on: boolean) => {
      await turn()
      this.mustLive()
      if (this.world.refuses.has(level)) throw new Error('EPERM')
      if (this.world.kernel[level] !== on) this.world.changes += 1
      this.world.kernel[level] = on
      await turn()
      this.mustLive()
      return [{ name: `${level} asked`, detail: String(on), atMs: 1_790_000_000_000 }]
    }
    const read = () => {
      if (this.world.unreadable.has(level)) throw new Error('EIO')
      return reading()
    }
    const reading = () => ({
      restricted: this.world.kernel[level],
      observed: `${level} ${this.world.kernel[level]}`,
      observedFrom: 'three booleans',
      empty: false,
      left: [],
    })
    return {
      name: `boolean-${level}`,
      restriction: level,
      sweeps: false,
      can: () => ({ name: level, can: 'proven', enforcer: `boolean-${level}`, detail: '' }),
      apply: () => change(true),
      revert: () => change(false),
      observe: level === 'pause' ? read : async () => read(),
      count: () => 1,
    }
  }
}
