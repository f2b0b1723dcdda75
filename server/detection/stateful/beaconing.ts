// Regular contact with one outside end: what waits for orders asks for them by the clock. People and agents do not; timers do.
import type { DetectionEvent } from '../detection-event.ts'
import { type DetectorRule, flagOf, isOutside, numberAt, type StatefulDetector, textAt } from './detector.ts'
import { RecencyMap } from './recency-map.ts'
import { Subjects } from './subjects.ts'
import { Once } from './window.ts'

export const beaconing: DetectorRule = {
  id: 'vigil-beaconing',
  title: 'Contacts one outside address by the clock',
  behaviour: 'beaconing',
  severity: 'medium',
  why: 'A program that waits for orders asks for them at regular times; the session may be led from outside.',
  response: 'Look at the destination and at the process that connects; revoke the network if nobody knows it.',
  tactics: ['command-and-control'],
  techniques: ['T1071', 'T1573'],
  falsePositives: ['Polling of a build or a job until it is done', 'Metrics or heartbeats of an experiment tracker'],
  measures:
    '12 contacts over at least 2 minutes with one outside end, 3 s to 1 h apart, 10 of the 11 gaps within half and one and a half times their median, or 9 of the 10 sums of two neighbours within a fifth of theirs',
  sources: ['connection'],
}

const contacts = 12
const gapMinMs = 3_000
const gapMaxMs = 3_600_000
const spanMinMs = 120_000
/** Of the gaps, how many may be out of beat: a beat that was missed, one contact more. */
const strays = 1
/** Jitter to each side, as a part of the median. */
const jitter = 0.5
/** Sums of two gaps are alike by chance more often: they must be closer. */
const pairJitter = 0.2
const endsMax = 64

type Contacts = {
  /** Gaps between contacts, a ring. */
  gaps: Float64Array
  count: number
  lastMs: number
  said: Once
}

export function createBeaconing(): StatefulDetector {
  const subjects = new Subjects(() => new RecencyMap<Contacts>(endsMax))
  const sorted = new Float64Array(contacts - 1)
  const sortedPairs = new Float64Array(contacts - 2)
  return {
    sources: ['connection'],
    observe(event, tell) {
      if (!isOutside(event) || event.fields.Direction === 'in') return
      // The end of a connection is no contact, and agents' own words teach nothing.
      if (event.fields.Ended === true || event.trust === 'agent') return
      const end = endOf(event)
      const ends = end === undefined ? undefined : subjects.of(event)
      if (end === undefined || ends === undefined) return
      const known = ends.get(end)
      if (known === undefined) {
        ends.set(end, {
          gaps: new Float64Array(contacts - 1),
          count: 0,
          lastMs: event.atMs,
          said: new Once(gapMaxMs),
        })
        return
      }
      const gapMs = event.atMs - known.lastMs
      // Several connections at once are one contact; records that come late are none.
      if (gapMs < gapMinMs && gapMs > -gapMaxMs) return
      known.lastMs = event.atMs
      if (gapMs < 0 || gapMs > gapMaxMs) {
        known.count = 0
        return
      }
      known.gaps[known.count % known.gaps.length] = gapMs
      known.count += 1
      if (known.count < known.gaps.length) return
      const medianMs = beatOf(known, sorted) ?? pairBeatOf(known, sortedPairs)
      if (medianMs === undefined || !known.said.now(event.atMs)) return
      tell(
        flagOf(beaconing, event, {
          what: end,
          matched: [
            ['DestinationIp', event.fields.DestinationIp ?? ''],
            ['DestinationPort', event.fields.DestinationPort ?? ''],
            ['contacts', known.count + 1],
            ['median gap in seconds', Math.round(medianMs / 100) / 10],
          ],
        }),
      )
    },
  }
}

/** Median of the gaps where they keep to it. */
function beatOf({ gaps }: Contacts, sorted: Float64Array): number | undefined {
  sorted.set(gaps)
  return medianIfRegular(sorted, jitter)
}

/** The same of each two gaps that follow each other: a second contact between the beats hides nothing. */
function pairBeatOf({ gaps, count }: Contacts, sorted: Float64Array): number | undefined {
  const { length } = gaps
  for (let index = 0; index < length - 1; index += 1)
    sorted[index] = (gaps[(count + index) % length] ?? 0) + (gaps[(count + index + 1) % length] ?? 0)
  return medianIfRegular(sorted, pairJitter)
}

function medianIfRegular(gaps: Float64Array, within: number): number | undefined {
  gaps.sort()
  const median = gaps[gaps.length >> 1] ?? 0
  let outside = 0
  let spanMs = 0
  for (const gap of gaps) {
    spanMs += gap
    if (gap < median * (1 - within) || gap > median * (1 + within)) outside += 1
  }
  return outside <= strays && spanMs >= spanMinMs ? median : undefined
}

function endOf(event: DetectionEvent): string | undefined {
  const name = textAt(event, 'DestinationIp') ?? textAt(event, 'DestinationHostname')
  return name === undefined ? undefined : `${name.slice(0, 253)} ${numberAt(event, 'DestinationPort') ?? ''}`
}
