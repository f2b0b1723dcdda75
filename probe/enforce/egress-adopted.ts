// Takes the network away from adopted cgroups: wherever in the hierarchy they are, with one table for each depth. A table is made when
// the first session of its depth is to be cut, and it finds what a probe before this one has cut there.
import type { Ability } from '../../server/protocol/ability.ts'
import type { Session } from '../session.ts'
import { readSessionPids } from '../session-cgroup.ts'
import type { Egress, EgressFinding } from './egress.ts'
import { adoptedNftPath, levelOf } from './egress-target.ts'
import type { AskedStep, Enforcer, Reading } from './enforcer.ts'

type Opening = (adopted: { level: number; paths: () => string[] }) => Promise<EgressFinding>

export class AdoptedEgress implements Enforcer {
  readonly name = 'nft-egress'
  readonly restriction = 'network'
  readonly sweeps = false
  private readonly byLevel = new Map<number, Promise<EgressFinding>>()

  constructor(
    private readonly sessions: ReadonlyMap<string, Session>,
    private readonly open: Opening,
  ) {}

  can(): Ability {
    return {
      name: 'network',
      can: 'proven',
      enforcer: this.name,
      detail:
        "Every packet of the container's processes is dropped in the network namespaces they are in, and at the host's end of its own veth; open flows are killed, and both are read back; what cannot be reached is said.",
    }
  }

  /** Why it cannot be cut, before anyone clicks. */
  reasonAgainst(session: Session): string | undefined {
    try {
      adoptedNftPath(session)
      return undefined
    } catch (error) {
      return `The network of this container cannot be taken away: ${(error as Error).message}.`
    }
  }

  /** Throws when nothing can be cut at its depth. */
  async at(session: Session): Promise<Egress> {
    const level = levelOf(session)
    let opening = this.byLevel.get(level)
    if (!opening) {
      opening = this.open({ level, paths: () => this.pathsAt(level) })
      this.byLevel.set(level, opening)
    }
    const found = await opening
    if (found.ok) return found.egress
    // Tried anew for the next wish.
    if (this.byLevel.get(level) === opening) this.byLevel.delete(level)
    throw new Error(found.reason)
  }

  async apply(session: Session): Promise<AskedStep[]> {
    return (await this.at(session)).apply(session)
  }

  async revert(session: Session): Promise<AskedStep[]> {
    return (await this.at(session)).revert(session)
  }

  async observe(session: Session): Promise<Reading> {
    return (await this.at(session)).observe(session)
  }

  count(session: Session): number {
    return readSessionPids(session).length
  }

  async forget(session: Session): Promise<void> {
    return (await this.at(session)).forget(session)
  }

  async close(): Promise<void> {
    for (const opening of this.byLevel.values()) {
      const found = await opening
      if (found.ok) await found.egress.close()
    }
  }

  private pathsAt(level: number): string[] {
    const paths: string[] = []
    for (const session of this.sessions.values()) {
      if (!session.adopted || levelOf(session) !== level || this.reasonAgainst(session) !== undefined) continue
      paths.push(adoptedNftPath(session))
    }
    return paths
  }
}
