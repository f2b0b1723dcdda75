// Watches the disk that the data is on: warns when it gets low, and drops the oldest readings that nobody holds when it is very low. Events, and with
// them flags, controls and approvals, are never dropped: nothing here could.
import { clearOf, type DiskLimits, diskLevelOf, shedBeforeMs } from './model/disk-space.ts'
import type { RetentionHolds } from './model/retention-holds.ts'
import type { DiskView } from './protocol/retention.ts'
import type { SampleDay } from './store/retention.ts'
import type { Shed } from './store/shed-samples.ts'

export type DiskSpace = { freeBytes: number; totalBytes: number }

export type ShedStore = {
  /** Oldest first. */
  daysToShed(beforeMs: number): Promise<SampleDay[]>
  shedDay(day: SampleDay, holds: RetentionHolds, beforeMs: number): Promise<Shed | undefined>
  /** What went and was not told yet. */
  notes(): Promise<Shed[]>
  dropNote(): Promise<void>
}

export type DiskKeeper = {
  /** undefined before the first look. */
  view(): DiskView | undefined
  /** Once, now. It is called by itself every quarter of a minute. */
  look(): Promise<void>
  close(): Promise<void>
}

const everyMs = 15_000
const reason = 'the disk was nearly full: the oldest readings were dropped, but for those that an incident holds'

export function keepDisk(options: {
  space: () => Promise<DiskSpace>
  limits: DiskLimits
  /** undefined: the readings are not on this disk. */
  store: ShedStore | undefined
  holds: () => RetentionHolds
  recordGap: (gap: { count: number; reason: string; fromMs: number; toMs: number }) => Promise<void>
  nowMs: () => number
  say: (line: string) => void
  /** After a start nothing is dropped for so long: the log's end is being judged again, and what it shows may open an incident. */
  patienceMs: number
  onError: (context: string, error: unknown) => void
}): DiskKeeper {
  const { space, limits, store, holds, recordGap, nowMs, say, patienceMs, onError } = options
  const startedMs = nowMs()
  let view: DiskView | undefined
  let looking: Promise<void> | undefined
  let closed = false

  async function measure(): Promise<DiskView> {
    const { freeBytes, totalBytes } = await space()
    const level = diskLevelOf(view?.level ?? 'ok', freeBytes, limits)
    const isNew = level !== (view?.level ?? 'ok')
    const next: DiskView = {
      ...(view ?? { shedRows: 0 }),
      level,
      sinceMs: view && !isNew ? view.sinceMs : nowMs(),
      freeBytes,
      totalBytes,
      ...limits,
      databaseIsElsewhere: store === undefined,
      nothingLeft: level === 'very-low' && (view?.nothingLeft ?? false),
    }
    view = next
    if (isNew) say(sentenceOf(next))
    return next
  }

  async function lookOnce(): Promise<void> {
    // Before anything else: what an earlier run dropped, and could not tell.
    await tellShed()
    const { level } = await measure()
    if (level === 'very-low' && store && nowMs() - startedMs >= patienceMs) await shed(store)
  }

  async function shed({ daysToShed, shedDay }: ShedStore): Promise<void> {
    const beforeMs = shedBeforeMs(nowMs())
    for (const day of await daysToShed(beforeMs)) {
      if (closed) return
      // Read anew for each: an incident that opened meanwhile holds what is not dropped yet.
      const gone = await shedDay(day, holds(), beforeMs)
      if (!gone) continue
      if (view) view = { ...view, shedRows: view.shedRows + gone.rows, lastShedAtMs: nowMs() }
      say(`vigil: the disk is nearly full: dropped ${gone.rows} readings of ${day.name} that no incident holds`)
      await tellShed()
      if ((await measure()).level !== 'very-low') return
    }
    if (view && !view.nothingLeft) {
      view = { ...view, nothingLeft: true }
      say('vigil: the disk is nearly full, and there is no reading left that may be dropped')
    }
  }

  /** A note is taken away after its gap is on record: after a crash in between it is told twice, and never not at all. */
  async function tellShed(): Promise<void> {
    for (const { rows, fromMs, toMs } of (await store?.notes()) ?? []) {
      await recordGap({ count: rows, reason, fromMs, toMs })
      await store?.dropNote()
    }
  }

  async function look(): Promise<void> {
    looking ??= lookOnce().finally(() => {
      looking = undefined
    })
    await looking
  }
  const due = () => void look().catch((error: unknown) => onError('look after the disk', error)) // also: a backup reads; the next look tries again
  const isWatched = limits.warnBytes > 0 || limits.shedBytes > 0
  const timer = isWatched ? setInterval(due, everyMs) : undefined
  if (isWatched) due()

  return {
    view: () => view,
    look,
    async close() {
      closed = true
      clearInterval(timer)
      await looking?.catch(() => undefined) // said where it was begun
    },
  }
}

export const gb = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`

function sentenceOf({ level, freeBytes, warnBytes, shedBytes, databaseIsElsewhere }: DiskView): string {
  const free = `vigil: ${gb(freeBytes)} are free on the disk of the data folder`
  if (level === 'ok') return `${free}: enough again`
  if (level === 'low') return `${free}, less than ${gb(warnBytes)}: make room`
  return databaseIsElsewhere
    ? `${free}, less than ${gb(shedBytes)}: make room. The database is elsewhere, so nothing is dropped for it`
    : `${free}, less than ${gb(shedBytes)}: the oldest readings are dropped until ${gb(clearOf(shedBytes))} are free`
}
