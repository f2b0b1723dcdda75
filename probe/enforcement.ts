// Everything by which this host restricts, ends, photographs and verifies a session, composed once; who enforces what is decided here.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { HostRestriction } from '../server/protocol/control.ts'
import type { Means } from './abilities.ts'
import type { CgroupFinding } from './cgroup-mount.ts'
import type { ControlLoopParts } from './control-loop.ts'
import { cgroupFreeze } from './enforce/cgroup-freeze.ts'
import { cgroupKill } from './enforce/cgroup-kill.ts'
import { type Egress, openEgress } from './enforce/egress.ts'
import { AdoptedEgress } from './enforce/egress-adopted.ts'
import type { Enforcer, Reading } from './enforce/enforcer.ts'
import { gpuProcesses } from './enforce/gpu-processes.ts'
import type { Killer } from './enforce/killer.ts'
import { processGroupKill } from './enforce/process-group-kill.ts'
import { processGroupStop } from './enforce/process-group-stop.ts'
import { EvidenceTaker } from './observe/evidence.ts'
import { ExeHasher } from './observe/exe-hash.ts'
import { askComputeProcesses, askGpuUse } from './observe/gpu-ask.ts'
import { gpuWorkReader, readCpuUsageUs } from './observe/quiet-readers.ts'
import type { Session } from './session.ts'
import { sliceMs } from './turns.ts'

export type Enforcement = Pick<ControlLoopParts, 'enforcerOf' | 'killerOf' | 'evidence' | 'verify'> & {
  /** What this host can do, for abilities. */
  means: Means
  meansOf(session: Session): Means
  /** A session is over: whatever was kept for it is let go. */
  forget(session: Session): void | Promise<void>
  close(): Promise<void>
}

export type EnforcementParts = {
  finding: CgroupFinding
  /** Text that is the same after a restart of this probe. */
  owner: string
  hostNetns: number
  sessions: ReadonlyMap<string, Session>
  gpuAbsent: () => string | undefined
  warn: (message: string, detail: object) => void
}

export async function openEnforcement({
  finding,
  owner,
  hostNetns,
  sessions,
  gpuAbsent,
  warn,
}: EnforcementParts): Promise<Enforcement> {
  const home = finding.ok ? finding.home : undefined
  const why = finding.ok ? '' : `No cgroup can be used: ${finding.reason}.`
  const groupStop = processGroupStop(why)
  const groupKill = processGroupKill(why)
  const kill = home ? cgroupKill(home.folder) : groupKill
  const egressOptions = { home, owner, hostNetns, warn: (text: string) => warn(text, {}) }
  const found = await openEgress(egressOptions)
  const egress = found.ok ? found.egress : undefined
  const adopted = egress && new AdoptedEgress(sessions, (at) => openEgress({ ...egressOptions, adopted: at }))
  const noNetwork = found.ok ? '' : `The network cannot be taken away here: ${found.reason}.`
  const gpu = gpuProcesses({ ask: askComputeProcesses, absent: gpuAbsent })
  // Evidence is taken while observers rest: it takes its own slices.
  const rest = slices()

  function networkOf(session: Session): Enforcer | string {
    if (!session.adopted) return egress ?? noNetwork
    return adopted?.reasonAgainst(session) ?? adopted ?? noNetwork
  }

  /** By which its packets are counted. */
  const egressOf = async (session: Session): Promise<Egress | undefined> =>
    session.adopted ? adopted?.at(session) : egress

  const means: Means = { pause: home ? cgroupFreeze : groupStop, end: kill, network: egress ?? noNetwork, gpu }

  function enforcerOf(session: Session, level: HostRestriction): Enforcer | string {
    switch (level) {
      case 'pause':
        return session.held === 'cgroup' ? cgroupFreeze : groupStop
      case 'network':
        if (session.held !== 'cgroup') return 'The network of a session without a cgroup cannot be taken away.'
        return networkOf(session)
      case 'gpu':
        return gpu
    }
  }

  return {
    enforcerOf,
    killerOf: (session) => (session.held === 'cgroup' ? kill : groupKill),
    evidence: new EvidenceTaker({
      hostNetns,
      rest,
      hasher: new ExeHasher({ rest }),
      askGpu: askComputeProcesses,
      gpuAbsent,
    }),
    verify: {
      hasGpu: () => gpuAbsent() === undefined,
      read: {
        cpuUsageUs: readCpuUsageUs,
        gpuBusy: gpuWorkReader({ ask: askComputeProcesses, askUse: askGpuUse, absent: gpuAbsent }),
        ...(egress && {
          packetsPassed: async (session: Session) => (await egressOf(session))?.packetsPassed(session),
          openFlows: async (session: Session) => {
            const its = await egressOf(session)
            return its && openFlowsIn(await its.observe(session))
          },
        }),
      },
    },
    means,
    meansOf: (session) => (session.adopted ? { ...means, end: onlyInside(kill), network: networkOf(session) } : means),
    forget(session) {
      void gpu.forget?.(session)
      // Most sessions end without ever having been cut: theirs need no wait.
      if (!session.touched.has('network') && !session.said.has('network')) return
      return session.adopted ? adopted?.forget(session) : egress?.forget(session)
    },
    close: async () => {
      await adopted?.close()
      await egress?.close()
    },
  }
}

/** Of an adopted cgroup, in its own words: what left it is told, and left alone. */
function onlyInside(kill: Killer): Killer {
  const can = kill.can()
  const detail =
    'The kernel kills the whole cgroup, forks and paused processes included; dead is said only when cgroup.events reads "populated 0". A process that left it is told and not killed, and its manager may start it again. This cannot be undone.'
  return can.can === 'no' ? kill : { ...kill, can: () => ({ ...can, detail }) }
}

/** Undefined unless it is wholly cut off: what is left may carry packets that nobody counts, and not known is never none. */
export function openFlowsIn({ restricted }: Reading): number | undefined {
  return restricted === true ? 0 : undefined
}

/** Rests that give way to everything else on this thread once a slice is used up. */
function slices(): () => Promise<void> {
  let startMs = performance.now()
  return async () => {
    if (performance.now() - startMs < sliceMs) return
    await nextTurn()
    startMs = performance.now()
  }
}
