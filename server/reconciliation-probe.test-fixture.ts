// The probe in the world of one property: its real loop, spool and registry, over a kernel of three booleans. It notes every end that calls
// enforced what the kernel does not have. Tests only.
import path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { ControlLoop } from '../probe/control-loop.ts'
import type { Enforcer } from '../probe/enforce/enforcer.ts'
import { makeRecord } from '../probe/record.ts'
import { newSession, type Session } from '../probe/session.ts'
import { SessionRegistry } from '../probe/session-registry.ts'
import { Spool } from '../probe/spool.ts'
import { Turns } from '../probe/turns.ts'
import { testHost, testSession } from './model/event-for-test.ts'
import { type HostRestriction, isLift, restrictionsOf } from './protocol/control.ts'
import { levels, type World } from './reconciliation-world.test-fixture.ts'

/** One life of the probe's program, from a start to a crash. After its death nothing of it acts or writes any more. */
export class ProbeLife {
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
