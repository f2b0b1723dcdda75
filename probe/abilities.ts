// What this host can enforce and see, in words, before anyone clicks. `proven` only where the effect is read back.
import type { Ability, Observer } from '../server/protocol/ability.ts'
import type { Enforcer } from './enforce/enforcer.ts'

export function describeAbilities(pause: Enforcer): Ability[] {
  const none = (name: Ability['name'], detail: string): Ability => ({ name, can: 'no', enforcer: '', detail })
  return [
    pause.can(),
    none('end', 'Not in this version: no enforcer yet. Pause instead.'),
    none(
      'network',
      'Not in this version: no enforcer yet. Pause instead; a paused session keeps its open connections.',
    ),
    none('shell', 'Not in this version: no enforcer yet. Pause instead.'),
    none('gpu', 'Not in this version: no enforcer yet. Pause instead; GPU memory stays in use.'),
    none('files', 'Not in this version: no enforcer yet. Pause instead.'),
    none('credentials', 'Not in this version: no enforcer yet. Pause instead.'),
  ]
}

export type SeeingOf = {
  cgroup: boolean
  isRoot: boolean
  ssProblem: string | undefined
  closedFollowed: boolean
  udpProblem: string | undefined
  gpuAbsent: string | undefined
}

export function describeObservers(seeing: SeeingOf): Observer[] {
  const whose = seeing.cgroup ? "the session's cgroup" : "the session's process group and its descendants"
  const tcp: Observer = seeing.ssProblem
    ? { name: 'tcp', can: 'no', detail: `TCP connections are not seen: ${seeing.ssProblem}` }
    : {
        name: 'tcp',
        can: seeing.cgroup && seeing.isRoot ? 'yes' : 'partly',
        detail: `Read from the kernel several times a second${seeing.closedFollowed ? '; final byte counts come from the kernel as each one ends' : ''}.`,
      }
  return [
    {
      name: 'processes',
      can: seeing.cgroup ? 'yes' : 'partly',
      detail: `Read from ${whose} many times a second; a process that lives only some milliseconds can be missed.`,
    },
    tcp,
    seeing.udpProblem === undefined
      ? {
          name: 'udp',
          can: 'yes',
          detail: 'Counted per remote by our own nftables table, in the network namespace of this host.',
        }
      : {
          name: 'udp',
          can: seeing.ssProblem ? 'no' : 'partly',
          detail: `UDP bytes are not counted: ${seeing.udpProblem}.`,
        },
    { name: 'cpu', can: 'yes', detail: seeing.cgroup ? 'cpu.stat of the cgroup' : 'Summed over the known processes.' },
    {
      name: 'memory',
      can: 'yes',
      detail: 'memory.current of the cgroup where the kernel has it, else resident memory summed over processes.',
    },
    seeing.gpuAbsent === undefined
      ? { name: 'gpu', can: 'yes', detail: 'nvidia-smi, every 2 seconds' }
      : { name: 'gpu', can: 'no', detail: seeing.gpuAbsent },
  ]
}
