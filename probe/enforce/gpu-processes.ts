// Takes the GPU from a session by ending its compute processes and asking nvidia-smi again. A level, not a lock: nothing in the
// kernel stops a new one from starting, so while it is wanted the loop repeats `apply`. An answer that cannot be read is never
// "restricted", and a process of another session is never touched.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ability } from '../../server/protocol/ability.ts'
import { stepName } from '../../server/protocol/control.ts'
import { cutText, shortTextMax } from '../../server/protocol/text.ts'
import { freshRun } from '../fresh-run.ts'
import type { GpuListing } from '../observe/gpu-ask.ts'
import {
  isAlive,
  livingKnown,
  type Member,
  memberOf,
  nameOf,
  namesOf,
  plural,
  signalMember,
} from '../observe/members.ts'
import { type DeviceHolder, gpuDevice, readDeviceHolders, readUptimeTicks } from '../observe/open-devices.ts'
import type { Session } from '../session.ts'
import { readSessionPids } from '../session-cgroup.ts'
import type { AskedStep, Enforcer, Reading } from './enforcer.ts'

const askGiveUpMs = 8_000
const endWaitMs = 2_000
const namedMax = 20
const observedFrom = 'nvidia-smi --query-compute-apps'

export type GpuParts = {
  /** All compute processes of the host, for example `askComputeProcesses`. */
  ask: () => Promise<GpuListing>
  /** In words why there is no GPU; undefined when there is one. */
  absent: () => string | undefined
  /** Milliseconds that `apply` waits for what it has killed. */
  endWaitMs?: number
  /** Which opened files are GPUs. */
  device?: RegExp
}

/** A session from which the GPU is taken; how many of its processes were ended since, by this probe. */
type Mark = { ended: number }

export function gpuProcesses(parts: GpuParts): Enforcer {
  const marks = new Map<string, Mark>()
  const listAll = freshRun(
    'nvidia-smi',
    async () => ({ askedAtTicks: readUptimeTicks(), listing: await parts.ask() }),
    askGiveUpMs,
  )

  /**
   * The session's own among the processes listed just now. `young` began after the question: either it computes already, or
   * the one that was listed is over and its PID belongs to another by now. It is not signalled, and not called gone either.
   */
  const listOf = async (session: Session): Promise<{ sure: Member[]; young: Member[] }> => {
    const { askedAtTicks, listing } = await listAll()
    if ('problem' in listing) throw new Error(`the GPU's processes cannot be read: ${listing.problem}`)
    const sure: Member[] = []
    const young: Member[] = []
    for (const pid of new Set(listing.map((process) => process.pid))) {
      const member = memberOf(session, pid)
      if (member) (member.startTicks <= askedAtTicks ? sure : young).push(member)
    }
    return { sure, young }
  }

  const apply = async (session: Session): Promise<AskedStep[]> => {
    const absent = parts.absent()
    if (absent !== undefined) throw new Error(absent)
    const mark = marks.get(session.id) ?? { ended: 0 }
    marks.set(session.id, mark)
    const { sure } = await listOf(session)
    const asked = sure.filter((member) => signalMember(member, 'SIGKILL'))
    if (asked.length === 0) return []
    const untilMs = performance.now() + (parts.endWaitMs ?? endWaitMs)
    let ended = asked.filter((member) => !isAlive(member))
    while (ended.length < asked.length && performance.now() < untilMs) {
      await sleep(10)
      ended = asked.filter((member) => !isAlive(member))
    }
    if (ended.length === 0) return []
    mark.ended += ended.length
    const what = plural(ended.length, 'compute process', 'compute processes')
    const detail = cutText(`${what} ended: ${namesOf(ended)}`, shortTextMax)
    return [{ name: stepName.gpuEnded, detail, atMs: Date.now() }]
  }

  const observe = async (session: Session): Promise<Reading> => {
    // Also after this probe was started anew: what is wanted says that the loop holds it so.
    const mark = marks.get(session.id)
    const isWithheld = mark !== undefined || session.wanted?.restrict.includes('gpu') === true
    const { sure, young } = await listOf(session)
    const listed = [...sure, ...young]
    const count = plural(listed.length, 'compute process', 'compute processes')
    const empty = listed.length === 0 && processCount(session) === 0
    if (!isWithheld) {
      const observed = `nvidia-smi lists ${listed.length === 0 ? 'no compute process' : count} of this session, from which the GPU is not taken`
      return { restricted: false, observed, observedFrom, empty, left: [] }
    }
    if (listed.length > 0) {
      const left = sentences(listed.map((member) => `${nameOf(member)} still computes on a GPU`))
      // In part only if some were ended; else nothing of it is in force.
      const restricted = mark !== undefined && mark.ended > 0 ? 'mixed' : false
      return { restricted, observed: `nvidia-smi lists ${count} of this session`, observedFrom, empty, left }
    }
    const observed = 'nvidia-smi lists no compute process of this session'
    // Graphics and Vulkan compute are not on that list: an open device is.
    const holders = await readDeviceHolders(pidsOf(session), parts.device ?? gpuDevice)
    if (holders.length === 0) return { restricted: true, observed, observedFrom, empty, left: [] }
    return {
      restricted: 'mixed',
      observed: `${observed}; ${plural(holders.length, 'process has', 'processes have')} a GPU device open`,
      observedFrom: `${observedFrom}, /proc/PID/fd`,
      empty,
      left: sentences(holders.map(holderSentence)),
    }
  }

  return {
    name: 'gpu-processes',
    restriction: 'gpu',
    sweeps: true,
    can: () => canTakeGpu(parts.absent()),
    apply,
    // Nothing is asked of the kernel: new compute processes are no longer ended, and those that were do not come back.
    revert: (session) => {
      marks.delete(session.id)
      return []
    },
    observe,
    count: processCount,
    forget: (session) => {
      marks.delete(session.id)
    },
  }
}

function canTakeGpu(absent: string | undefined): Ability {
  if (absent !== undefined) return { name: 'gpu', can: 'no', enforcer: '', detail: cutText(absent, shortTextMax) }
  return {
    name: 'gpu',
    can: 'proven',
    enforcer: 'gpu-processes',
    detail:
      "Ends this session's compute processes, and each new one as it appears, and asks nvidia-smi again. Ended processes lose their work and cannot be brought back; restoring only lets new ones live.",
  }
}

function pidsOf(session: Session): number[] {
  const inside = readSessionPids(session)
  return [...new Set([...inside, ...livingKnown(session).map(({ pid }) => pid)])]
}

function processCount(session: Session): number {
  return pidsOf(session).length
}

function sentences(all: readonly string[]): string[] {
  return all.length > namedMax ? [...all.slice(0, namedMax), `and ${all.length - namedMax} more`] : [...all]
}

function holderSentence(holder: DeviceHolder): string {
  return `${nameOf(holder)} has ${holder.device} open, though nvidia-smi does not list it`
}
