// Grants wishes together: one transaction and one kill a namespace, however many sessions. To cut: first the drop, then the flows. To
// restore: first the flows, then the drop, and a session whose flows do not end stays cut.
import { stepName } from '../../server/protocol/control.ts'
import type { Session } from '../session.ts'
import { failed, inParallel, type Outcome } from './egress-batch.ts'
import type { DeviceCuts } from './egress-devices.ts'
import type { SessionFlows } from './egress-flows.ts'
import type { EgressPlaces } from './egress-places.ts'
import { count } from './egress-reading.ts'
import { type CutTables, countsOf } from './egress-tables.ts'
import type { Target } from './egress-target.ts'
import type { Place } from './egress-tools.ts'
import { atEachPlace, beginWork, targetOf, type Wish, type Work } from './egress-wish.ts'
import type { AskedStep } from './enforcer.ts'
import { readEveryNamespace } from './session-namespaces.ts'

export type WorkParts = {
  held: EgressPlaces
  tables: CutTables
  devices: DeviceCuts
  flows: SessionFlows
  warn: (text: string) => void
  /** Afresh. */
  look: (session: Session) => Promise<Target>
}

export class EgressWork {
  /** The cgroup under which a session was cut: also when that is gone. */
  private readonly cutAs = new Map<string, number>()

  constructor(private readonly parts: WorkParts) {}

  /** One outcome for every wish, in their order. Of each session there is one wish at most. */
  async grant(wishes: readonly Wish[]): Promise<Outcome<AskedStep[]>[]> {
    const outcomes = new Map<Wish, Outcome<AskedStep[]>>()
    const works: Work[] = []
    for (const wish of wishes) {
      try {
        works.push(this.begin(wish, await this.parts.look(wish.session)))
      } catch (error) {
        outcomes.set(wish, failed(error))
      }
    }
    const cuts = works.filter(({ wish }) => wish.kind === 'cut')
    const others = works.filter(({ wish }) => wish.kind !== 'cut')
    const done = [...(await this.cut(cuts)), ...(await this.restore(others))]
    for (const [{ wish, problems }, steps] of done) {
      const problem = [...new Set(problems)].join('; ')
      outcomes.set(wish, problem === '' ? { ok: true, value: steps } : failed(new Error(problem)))
    }
    return wishes.map((wish) => outcomes.get(wish) ?? failed(new Error('nothing was done')))
  }

  private begin(wish: Wish, target: Target): Work {
    const id = target.cgroupId ?? this.cutAs.get(wish.session.id)
    return beginWork(wish, target, id === undefined ? [] : this.parts.held.of(id))
  }

  private async cut(works: readonly Work[]): Promise<[Work, AskedStep[]][]> {
    if (works.length === 0) return []
    const { tables } = this.parts
    await atEachPlace(works, (place, its) => this.addAt(place, its, (targets) => tables.add(place, targets)))
    await this.cutDevices(works.filter(({ places }) => places.length > 1))
    let droppedAtMs = Date.now()
    const [repaired] = await Promise.all([this.repairRules(works), this.killFlows(works)])
    if (repaired) {
      // Without its rule the set alone has dropped nothing: whatever was opened meanwhile must end too.
      droppedAtMs = Date.now()
      for (const work of works) work.open = []
      await this.killFlows(works)
    }
    const killedAtMs = Date.now()
    return works.map((work) => {
      const added = `cgroup added to table inet ${tables.table.name}`
      const stillOpen = work.open.length > 0 ? `, ${work.open.length} still open` : ''
      return [
        work,
        [
          { name: stepName.egressDropped, detail: [added, ...work.notes].join(', '), atMs: droppedAtMs },
          { name: stepName.flowsKilled, detail: `${count(work.killed, 'flow')} cut${stillOpen}`, atMs: killedAtMs },
        ],
      ]
    })
  }

  private async addAt(
    place: Place,
    its: readonly Work[],
    add: (targets: Target[]) => Promise<Map<Target, string>>,
  ): Promise<void> {
    const refused = await add(its.map(targetOf))
    for (const { target, problems, wish } of its) {
      const reason = refused.get(target)
      if (reason !== undefined) problems.push(reason)
      if (reason !== undefined || target.cgroupId === undefined) continue
      this.parts.held.noteCut(target.cgroupId, place.netns)
      this.cutAs.set(wish.session.id, target.cgroupId)
    }
  }

  /** Reads the rules, and puts them into shape where somebody has changed them. True when that was so. */
  private async repairRules(works: readonly Work[]): Promise<boolean> {
    const { tables } = this.parts
    let repaired = false
    const added = works.filter(({ problems }) => problems.length === 0)
    await atEachPlace(added, async (place, its) => {
      const listing = await tables.read(place)
      if (listing.drops && listing.watches) return
      repaired = true
      await this.addAt(place, its, (targets) => tables.ensure(place, targets))
      if (!(await tables.read(place)).drops) await this.addAt(place, its, (targets) => tables.replace(place, targets))
    })
    return repaired
  }

  private async cutDevices(works: readonly Work[]): Promise<void> {
    if (works.length === 0) return
    const { held, devices } = this.parts
    const everyNamespace = await readEveryNamespace()
    await inParallel(works, async ({ target, places, notes }) => {
      for (const place of places) {
        if (place === held.host) continue
        const why = await devices.cut(target, place, everyNamespace)
        const cuts = devices.of(target.cgroupId).filter(({ netns }) => netns === place.netns)
        const names = cuts.map(({ device }) => device).join(', ')
        const outcome = names === '' ? `no device cut: ${why}` : `device ${names} cut on the host's side`
        notes.push(`also in network namespace ${place.netns} (${outcome})`)
      }
    })
  }

  private async restore(works: readonly Work[]): Promise<[Work, AskedStep[]][]> {
    if (works.length === 0) return []
    const { held, tables, devices, flows } = this.parts
    // The flows of a session that is not cut are none of our business: a repeat must be harmless.
    const cutOnes = await this.findCut(works)
    await this.killFlows(cutOnes)
    const killedAtMs = Date.now()
    for (const { open, problems } of cutOnes) {
      if (open.length === 0) continue
      const which = open.slice(0, 3).join(', ')
      problems.push(`still cut: ${count(open.length, 'flow')} cannot be killed and may hold queued data (${which})`)
    }
    const going = works.filter(({ problems }) => problems.length === 0)
    const idOf = ({ wish, target }: Work) => target.cgroupId ?? this.cutAs.get(wish.session.id)
    try {
      await devices.free(new Set(going.flatMap((work) => idOf(work) ?? [])))
    } catch (error) {
      for (const { problems } of going) problems.push((error as Error).message)
    }
    const left = new Set<Place>()
    await atEachPlace(going, async (place, its) => {
      const present = its.filter((work) => work.target.cgroupId !== undefined && cutOnes.includes(work))
      const refused = present.length > 0 ? await tables.remove(place, present.map(targetOf)) : new Map<Target, string>()
      for (const work of its) {
        const id = idOf(work)
        const reason = refused.get(work.target)
        if (reason !== undefined) work.problems.push(reason)
        else if (id !== undefined) held.noteFree(id, place.netns)
      }
      if (place !== held.host && cutOnes.some((work) => its.includes(work))) left.add(place)
    })
    // The element of a cgroup that is gone can no longer be named: only without it can the table be made anew.
    if (going.some(({ target, wish }) => target.cgroupId === undefined && this.cutAs.has(wish.session.id))) {
      await tables.replace(held.host)
    }
    for (const work of going) {
      const id = idOf(work)
      if (id !== undefined && work.wish.kind === 'forget') flows.forget(id)
      if (work.problems.length === 0) this.cutAs.delete(work.wish.session.id)
    }
    await this.removeIdleTables([...left])
    const atMs = Date.now()
    return works.map((work) => [work, cutOnes.includes(work) ? this.restoredSteps(work, killedAtMs, atMs) : []])
  }

  private restoredSteps({ killed }: Work, killedAtMs: number, atMs: number): AskedStep[] {
    const { table } = this.parts.tables
    return [
      { name: stepName.flowsKilled, detail: `${count(killed, 'flow')} cut: nothing queued is sent`, atMs: killedAtMs },
      { name: 'drop removed', detail: `cgroup taken out of table inet ${table.name}`, atMs },
    ]
  }

  /** Those that are in some set, or of which a device is cut. */
  private async findCut(works: readonly Work[]): Promise<Work[]> {
    const { tables, devices } = this.parts
    const found = new Set<Work>()
    await atEachPlace(works, async (place, its) => {
      const listing = await tables.read(place)
      for (const work of its) {
        const { nftPath, cgroupId } = work.target
        if (countsOf(listing, nftPath, cgroupId) || devices.of(cgroupId).length > 0) found.add(work)
        if (cgroupId === undefined && this.cutAs.has(work.wish.session.id)) found.add(work)
      }
    })
    return [...found]
  }

  private async killFlows(works: readonly Work[]): Promise<void> {
    await atEachPlace(works, async (place, its) => {
      const results = await this.parts.flows.kill(place, its.map(targetOf))
      for (const work of its) {
        const result = results.get(work.target)
        work.killed += result?.killed ?? 0
        work.open.push(...(result?.open ?? []).map(({ remote }) => remote))
      }
    })
  }

  private async removeIdleTables(places: readonly Place[]): Promise<void> {
    const { held, tables, warn } = this.parts
    const idle = places.filter(({ netns }) => !held.isUsed(netns))
    await inParallel(idle, async (place) => {
      const problem = await tables.removeTable(place)
      if (problem !== undefined) warn(`table in network namespace ${place.netns}: ${problem}`)
    })
    held.letGo()
  }
}
