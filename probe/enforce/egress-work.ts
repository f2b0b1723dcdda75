// Grants wishes together: one transaction and one kill a namespace, however many sessions. To cut: first the drop, then the flows. To
// restore: first the flows, then the drop, and a session whose flows do not end stays cut.
import { stepName } from '../../server/protocol/control.ts'
import type { Session } from '../session.ts'
import { failed, inParallel, type Outcome, SharedReading, WishBatch } from './egress-batch.ts'
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

/** Longer a cut does not kill: what is open then is said, and killed when the cut is asked for again. */
const cutKillMs = 400
/** A restore must leave nothing open. */
const restoreKillMs = 5_000
const looksMax = 4

type Change = { kind: 'add' | 'repair' | 'remove'; work: Work }

export class EgressWork {
  /** The cgroup under which a session was cut: also when that is gone. */
  private readonly cutAs = new Map<string, number>()
  private readonly looks: WishBatch<Wish, Work>
  /** Changes of the tables follow one another, and each is short: nothing is killed meanwhile. */
  private readonly changes: WishBatch<Change, boolean>
  private readonly everyNamespace = new SharedReading(readEveryNamespace)
  private deviceChange: Promise<unknown> = Promise.resolve()

  constructor(private readonly parts: WorkParts) {
    this.looks = new WishBatch((wishes) => this.beginAll(wishes), looksMax)
    this.changes = new WishBatch((changes) => this.changeAll(changes))
  }

  /** Together with what others ask for at about the same time; nobody's kill is waited for but its own. */
  async grant(wish: Wish): Promise<AskedStep[]> {
    const work = await this.looks.ask(wish, wish)
    try {
      const steps = wish.kind === 'cut' ? await this.cut(work) : await this.restore(work)
      const problem = [...new Set(work.problems)].join('; ')
      if (problem !== '') throw new Error(problem)
      return steps
    } finally {
      this.parts.held.pin(work.places, -1)
      if (wish.kind !== 'cut') this.parts.held.letGo()
    }
  }

  private async beginAll(wishes: readonly Wish[]): Promise<Outcome<Work>[]> {
    const begin = async (wish: Wish): Promise<Outcome<Work>> => {
      try {
        const target = await this.parts.look(wish.session)
        const id = target.cgroupId ?? this.cutAs.get(wish.session.id)
        const work = beginWork(wish, target, id === undefined ? [] : this.parts.held.of(id))
        this.parts.held.pin(work.places, 1)
        return { ok: true, value: work }
      } catch (error) {
        return failed(error)
      }
    }
    const outcomes: Outcome<Work>[] = []
    for (const wish of wishes) outcomes.push(await begin(wish))
    return outcomes
  }

  private async changeAll(changes: readonly Change[]): Promise<Outcome<boolean>[]> {
    const { tables } = this.parts
    const of = (kind: Change['kind']) => changes.flatMap((change) => (change.kind === kind ? change.work : []))
    await atEachPlace(of('add'), (place, its) => this.addAt(place, its, (targets) => tables.add(place, targets)))
    const repairs = of('repair')
    if (repairs.length > 0) await this.repairRules(repairs)
    const removes = of('remove')
    if (removes.length > 0) await this.takeOut(removes)
    return changes.map(() => ({ ok: true, value: true }))
  }

  private async cut(work: Work): Promise<AskedStep[]> {
    const { tables } = this.parts
    await this.changes.ask({ kind: 'add', work }, work)
    if (work.places.length > 1) await this.cutDevices(work)
    let droppedAtMs = Date.now()
    const [repaired] = await Promise.all([this.repair(work), this.killFlows(work, cutKillMs)])
    if (repaired) {
      // Without its rule the set alone has dropped nothing: whatever was opened meanwhile must end too.
      droppedAtMs = Date.now()
      work.open = []
      await this.killFlows(work, cutKillMs)
    }
    const stillOpen = work.open.length > 0 ? `, ${work.open.length} still open` : ''
    const added = `cgroup added to table inet ${tables.table.name}`
    return [
      { name: stepName.egressDropped, detail: [added, ...work.notes].join(', '), atMs: droppedAtMs },
      { name: stepName.flowsKilled, detail: `${count(work.killed, 'flow')} cut${stillOpen}`, atMs: Date.now() },
    ]
  }

  /** Reads the rules, and has them put into shape where somebody has changed them. True when that was so. */
  private async repair(work: Work): Promise<boolean> {
    let isIntact = true
    await atEachPlace(work.problems.length === 0 ? [work] : [], async (place) => {
      const { drops, watches } = await this.parts.tables.read(place)
      isIntact &&= drops && watches
    })
    return !isIntact && this.changes.ask({ kind: 'repair', work }, work)
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

  private async repairRules(works: readonly Work[]): Promise<void> {
    const { tables } = this.parts
    await atEachPlace(works, async (place, its) => {
      const listing = await tables.read(place)
      if (listing.drops && listing.watches) return
      await this.addAt(place, its, (targets) => tables.ensure(place, targets))
      if (!(await tables.read(place)).drops) await this.addAt(place, its, (targets) => tables.replace(place, targets))
    })
  }

  private async cutDevices({ target, places, notes, problems }: Work): Promise<void> {
    const { held, devices } = this.parts
    try {
      const everyNamespace = await this.everyNamespace.read()
      for (const place of places) {
        if (place === held.host) continue
        const why = await this.changeDevices(() => devices.cut(target, place, everyNamespace))
        const cuts = devices.of(target.cgroupId).filter(({ netns }) => netns === place.netns)
        const names = cuts.map(({ device }) => device).join(', ')
        const outcome = names === '' ? `no device cut: ${why}` : `device ${names} cut on the host's side`
        notes.push(`also in network namespace ${place.netns} (${outcome})`)
      }
    } catch (error) {
      problems.push((error as Error).message)
    }
  }

  /** One after another: each reads what is there and then changes it. */
  private changeDevices<T>(change: () => Promise<T>): Promise<T> {
    const done = this.deviceChange.then(change)
    this.deviceChange = done.catch(() => {})
    return done
  }

  private async restore(work: Work): Promise<AskedStep[]> {
    const { devices } = this.parts
    // The flows of a session that is not cut are none of our business: a repeat must be harmless.
    work.wasCut = await this.isCut(work)
    if (work.wasCut) await this.killFlows(work, restoreKillMs)
    const killedAtMs = Date.now()
    if (work.open.length > 0) {
      const which = work.open.slice(0, 3).join(', ')
      const flows = count(work.open.length, 'flow')
      work.problems.push(`still cut: ${flows} cannot be killed and may hold queued data (${which})`)
    }
    if (work.problems.length > 0) return []
    try {
      const id = this.idOf(work)
      if (id !== undefined) await this.changeDevices(() => devices.free(new Set([id])))
    } catch (error) {
      work.problems.push((error as Error).message)
    }
    await this.changes.ask({ kind: 'remove', work }, work)
    return work.wasCut ? this.restoredSteps(work, killedAtMs, Date.now()) : []
  }

  private idOf({ wish, target }: Work): number | undefined {
    return target.cgroupId ?? this.cutAs.get(wish.session.id)
  }

  private async takeOut(going: readonly Work[]): Promise<void> {
    const { held, tables, flows } = this.parts
    const left = new Set<Place>()
    await atEachPlace(going, async (place, its) => {
      const present = its.filter((work) => work.target.cgroupId !== undefined && work.wasCut)
      const refused = present.length > 0 ? await tables.remove(place, present.map(targetOf)) : new Map<Target, string>()
      for (const work of its) {
        const id = this.idOf(work)
        const reason = refused.get(work.target)
        if (reason !== undefined) work.problems.push(reason)
        else if (id !== undefined) held.noteFree(id, place.netns)
      }
      if (place !== held.host && its.some(({ wasCut }) => wasCut)) left.add(place)
    })
    // The element of a cgroup that is gone can no longer be named: only without it can the table be made anew.
    if (going.some(({ target, wish }) => target.cgroupId === undefined && this.cutAs.has(wish.session.id))) {
      await tables.replace(held.host)
    }
    for (const work of going) {
      const id = this.idOf(work)
      if (id !== undefined && work.wish.kind === 'forget') flows.forget(id)
      if (work.problems.length === 0) this.cutAs.delete(work.wish.session.id)
    }
    await this.removeIdleTables([...left])
  }

  private restoredSteps({ killed }: Work, killedAtMs: number, atMs: number): AskedStep[] {
    const { table } = this.parts.tables
    return [
      { name: stepName.flowsKilled, detail: `${count(killed, 'flow')} cut: nothing queued is sent`, atMs: killedAtMs },
      { name: 'drop removed', detail: `cgroup taken out of table inet ${table.name}`, atMs },
    ]
  }

  /** It is in some set, or a device of it is cut. */
  private async isCut(work: Work): Promise<boolean> {
    const { tables, devices } = this.parts
    const { nftPath, cgroupId } = work.target
    let found = devices.of(cgroupId).length > 0 || (cgroupId === undefined && this.cutAs.has(work.wish.session.id))
    await atEachPlace([work], async (place) => {
      const listing = await tables.read(place)
      found ||= countsOf(listing, nftPath, cgroupId) !== undefined
    })
    return found
  }

  private async killFlows(work: Work, withinMs: number): Promise<void> {
    await atEachPlace([work], async (place) => {
      const { killed, open } = await this.parts.flows.kill(place, work.target, withinMs)
      work.killed += killed
      work.open.push(...open.map(({ remote }) => remote))
    })
  }

  private async removeIdleTables(places: readonly Place[]): Promise<void> {
    const { held, tables, warn } = this.parts
    const idle = places.filter(({ netns }) => !held.isUsed(netns))
    await inParallel(idle, async (place) => {
      const problem = await tables.removeTable(place)
      if (problem !== undefined) warn(`table in network namespace ${place.netns}: ${problem}`)
    })
  }
}
