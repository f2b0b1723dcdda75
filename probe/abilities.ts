// What this host can enforce and see, in words, before anyone clicks. `proven` only where the effect is read back.
import type { Ability, Observer } from '../server/protocol/ability.ts'
import { cutText, shortTextMax } from '../server/protocol/text.ts'
import type { Enforcer } from './enforce/enforcer.ts'
import type { Killer } from './enforce/killer.ts'

export type Means = {
  pause: Enforcer
  end: Killer
  /** In words where nobody can. */
  network: Enforcer | string
  gpu: Enforcer
}

/** What needs a gate or a vault is not the host's to enforce: the server knows whether there is one. */
export function describeAbilities({ pause, end, network, gpu }: Means): Ability[] {
  return [
    pause.can(),
    end.can(),
    typeof network === 'string'
      ? { name: 'network', can: 'no', enforcer: '', detail: cutText(network, shortTextMax) }
      : network.can(),
    gpu.can(),
  ]
}

export type SeeingOf = {
  cgroup: boolean
  isRoot: boolean
  ssProblem: string | undefined
  closedFollowed: boolean
  udpProblem: string | undefined
  gpuAbsent: string | undefined
  /** What is said of cgroups that others made; undefined when none was asked for. */
  adoption?: string | undefined
  /** Why it is not known under which addresses a connection leaves a host that translates them. */
  natProblem?: string | undefined
}

export function describeObservers(seeing: SeeingOf): Observer[] {
  const whose = seeing.cgroup ? "the session's cgroup" : "the session's process group and its descendants"
  const nat = seeing.natProblem
    ? `Addresses behind this host's NAT are not known: ${cutText(seeing.natProblem, 200)}.`
    : "Addresses that this host's NAT translates are read from its connection tracking."
  const tcp: Observer = seeing.ssProblem
    ? { name: 'tcp', can: 'no', detail: `TCP connections are not seen: ${seeing.ssProblem}` }
    : {
        name: 'tcp',
        can: seeing.cgroup && seeing.isRoot ? 'yes' : 'partly',
        detail: `Read from the kernel several times a second${seeing.closedFollowed ? '; final byte counts come from the kernel as each one ends' : ''}. ${nat}`,
      }
  return [
    {
      name: 'processes',
      can: seeing.cgroup ? 'yes' : 'partly',
      detail: `Read from ${whose} many times a second; a process that lives only some milliseconds can be missed.${seeing.adoption === undefined ? '' : ` ${cutText(seeing.adoption, 300)}`}`,
    },
    tcp,
    seeing.udpProblem === undefined
      ? {
          name: 'udp',
          can: 'yes',
          detail: `Counted per remote by our own nftables table, in the network namespace of this host${seeing.adoption === undefined ? '' : '; of adopted cgroups sockets are seen, without bytes'}.`,
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
