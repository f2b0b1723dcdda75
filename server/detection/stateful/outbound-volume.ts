// Bytes out against the session's own habit. A habit is learnt only from what has settled, and it excuses only so much: whoever reads this
// will raise it slowly.
import type { DetectionEvent } from '../detection-event.ts'
import { type DetectorRule, flagOf, isOutside, numberAt, type StatefulDetector, type Tell, textAt } from './detector.ts'
import { RecencyMap } from './recency-map.ts'
import { Subjects } from './subjects.ts'
import { countedAt, Once, SumWindow } from './window.ts'

export const outboundVolume: DetectorRule = {
  id: 'vigil-outbound-volume',
  title: 'Sends far more to one outside address than it ever did',
  behaviour: 'exfiltration',
  severity: 'medium',
  why: 'Weights, data sets or credentials leave, and cannot be called back.',
  response: 'Revoke the network and look what the running tool call reads.',
  tactics: ['exfiltration'],
  techniques: ['T1048', 'T1041'],
  falsePositives: ['A push of a large image or model to its registry', 'An upload of checkpoints'],
  measures:
    'to one outside end at least 20 MB in 1 to 2 hours (200 MB to all of them together), at least 3 times what came back, and at least 8 times the session’s habit for an hour; high from 200 MB on to an end that is new to it; 2 GB whatever its habit is',
  sources: ['traffic'],
}

const mega = 1_000_000
const limits = {
  floor: 20 * mega,
  floorOfAll: 200 * mega,
  newAndLarge: 200 * mega,
  whateverHabit: 2_000 * mega,
  overHabit: 8,
  outOverIn: 3,
}
const hourMs = 3_600_000
const endsMax = 64

type End = { firstMs: number; out: SumWindow; in: SumWindow; said: Once; saidBytes: number }
type Habit = {
  ends: RecencyMap<End>
  newestMs: number
  /** The running hour, and what an hour was before it. */
  hourFromMs: number
  hourBytes: number
  habitBytes: number
  hours: number
}

export function createOutboundVolume(): StatefulDetector {
  // Firewall and host tell of the same bytes: counted apart, or each would be counted twice.
  const ofNetwork = new Subjects(noHabit)
  const ofHost = new Subjects(noHabit)
  return {
    sources: ['traffic'],
    observe(event, tell) {
      if (!isOutside(event) || event.trust === 'agent') return
      const bytesOut = numberAt(event, 'BytesOut') ?? 0
      const bytesIn = numberAt(event, 'BytesIn') ?? 0
      const address = textAt(event, 'DestinationIp')
      if (address === undefined || bytesOut + bytesIn === 0) return
      const habit = (event.trust === 'firewall' ? ofNetwork : ofHost).of(event)
      if (habit === undefined) return
      const atMs = countedAt(habit.newestMs, event.atMs)
      habit.newestMs = atMs
      settle(habit, atMs)
      habit.hourBytes += bytesOut

      const moved = { event, atMs, bytesOut, bytesIn }
      const isKnown = count(habit, textAt(event, 'DestinationIp') ?? '', limits.floor, moved, tell)
      // Spread over many ends it is still gone; an end that was told speaks for itself.
      if (!isKnown) count(habit, '', limits.floorOfAll, moved, tell)
    },
  }
}

type Moved = { event: DetectionEvent; atMs: number; bytesOut: number; bytesIn: number }

/** True where it told something of this end, now or before. */
function count(
  habit: Habit,
  key: string,
  floor: number,
  { event, atMs, bytesOut, bytesIn }: Moved,
  tell: Tell,
): boolean {
  const end = endFor(habit, key, atMs)
  const out = end.out.add(bytesOut, atMs)
  const back = end.in.add(bytesIn, atMs)
  if (out < floor || out < back * limits.outOverIn) return end.saidBytes > 0
  if (out < habit.habitBytes * limits.overHabit && out < limits.whateverHabit) return end.saidBytes > 0
  // Ten times as much is news again, before the hour is over.
  const isMore = out >= end.saidBytes * 10
  if (!end.said.now(atMs) && !isMore) return end.saidBytes > 0
  end.saidBytes = out
  const isNew = key !== '' && atMs - end.firstMs < hourMs
  const isLarge = isNew && out >= limits.newAndLarge
  tell(
    flagOf(outboundVolume, event, {
      what: key === '' ? 'in all' : key,
      matched: [
        ['DestinationIp', key === '' ? 'all outside addresses together' : key],
        ['BytesOut in 1 to 2 hours', out],
        ['BytesIn in 1 to 2 hours', back],
        ['habit in bytes an hour', Math.round(habit.habitBytes)],
      ],
      ...(isLarge && { severity: 'high', context: 'raised: more than 200 MB to an end that is new to this session' }),
    }),
  )
  return true
}

function endFor(habit: Habit, key: string, atMs: number): End {
  const known = habit.ends.get(key)
  if (known !== undefined) return known
  const made = {
    firstMs: atMs,
    out: new SumWindow(hourMs),
    in: new SumWindow(hourMs),
    said: new Once(hourMs),
    saidBytes: 0,
  }
  habit.ends.set(key, made)
  return made
}

function noHabit(): Habit {
  return {
    ends: new RecencyMap(endsMax),
    newestMs: Number.NEGATIVE_INFINITY,
    hourFromMs: Number.NEGATIVE_INFINITY,
    hourBytes: 0,
    habitBytes: 0,
    hours: 0,
  }
}

/** An hour that is over becomes a part of the habit: the mean of the last eight or so, and no hour teaches more than twice what was known. */
function settle(habit: Habit, atMs: number): void {
  if (habit.hourFromMs === Number.NEGATIVE_INFINITY) habit.hourFromMs = atMs
  if (atMs >= habit.hourFromMs && atMs < habit.hourFromMs + hourMs) return
  const taught =
    habit.hours === 0
      ? Math.min(habit.hourBytes, limits.floor)
      : Math.min(habit.hourBytes, Math.max(mega, habit.habitBytes * 2))
  habit.hours += 1
  habit.habitBytes += (taught - habit.habitBytes) / Math.min(habit.hours, 8)
  habit.hourBytes = 0
  habit.hourFromMs = atMs
}
