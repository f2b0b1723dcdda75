// Everything by which this host restricts, ends, photographs and verifies a session, composed once; who enforces what is decided here.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { HostRestriction } from '../server/protocol/control.ts'
import type { Means } from './abilities.ts'
import type { CgroupFinding } from './cgroup-mount.ts'
import type { ControlLoopParts } from './control-loop.ts'
import { cgroupFreeze } from './enforce/cgroup-freeze.ts'
import { cgroupKill } from './enforce/cgroup-kill.ts'
import { openEgress } from './enforce/egress.ts'
import type { Enforcer, Reading } from './enforce/enforcer.ts'
import { gpuProcesses } from './enforce/gpu-processes.ts'
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
  /** A session is over: whatever was kept for it is let go. */
  forget(session: Session): void | Promise<void>
  close(): Promise<void>
}

export type EnforcementParts = {
  finding: CgroupFinding
  /** Text that is the same after a restart of this probe. */
  owner: string
  hostNetns: number
  gpuAbsent: () => string | undefined
  warn: (message: string, detail: object) => void
}

export async function openEnforcement({
  finding,
  owner,
  hostNetns,
  gpuAbsent,
  warn,
}: EnforcementParts): Promise<Enforcement> {
  const home = finding.ok ? finding.home : undefined
  const why = finding.ok ? '' : `No cgroup can be used: ${finding.reason}.`
  const groupStop = processGroupStop(why)
  const groupKill = processGroupKill(why)
  const kill = home ? cgroupKill(home.folder) : groupKill
  const found = await openEgress({ home, owner, hostNetns, warn: (text) => warn(text, {}) })
  const egress = found.ok ? found.egress : undefined
  const noNetwork = found.ok ? '' : `The network cannot be taken away here: ${found.reason}.`
  const gpu = gpuProcesses({ ask: askComputeProcesses, absent: gpuAbsent })
  // Evidence is taken while observers rest: it takes its own slices.
  const rest = slices()

  function enforcerOf(session: Session, level: HostRestriction): Enforcer | string {
    switch (level) {
      case 'pause':
        return session.held === 'cgroup' ? cgroupFreeze : groupStop
      case 'network':
        if (session.held !== 'cgroup') return 'The network of a session without a cgroup cannot be taken away.'
        return egress ?? noNetwork
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
          packetsPassed: (session: Session) => egress.packetsPassed(session),
          openFlows: async (session: Session) => openFlowsIn(await egress.observe(session)),
        }),
      },
    },
    means: { pause: home ? cgroupFreeze : groupStop, end: kill, network: egress ?? noNetwork, gpu },
    forget(session) {
      void gpu.forget?.(session)
      // Most sessions end without ever having been cut: theirs need no wait.
      if (session.touched.has('network') || session.said.has('network')) return egress?.forget(session)
    },
    close: async () => egress?.close(),
  }
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
