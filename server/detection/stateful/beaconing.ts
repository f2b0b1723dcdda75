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
    '12 contacts over at least 2 minutes with one outside end, 3 s to 1 h apart, 10 of the 11 gaps within half and one and a half times their median',
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
      if (known.count < known.gaps.length || !isRegular(known.gaps, sorted)) return
      if (!known.said.now(event.atMs)) return
      const medianMs = sorted[sorted.length >> 1] ?? 0
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

/** Leaves the gaps sorted in `sorted`. */
function isRegular(gaps: Float64Array, sorted: Float64Array): boolean {
  sorted.set(gaps)
  sorted.sort()
  const median = sorted[sorted.length >> 1] ?? 0
  let outside = 0
  let spanMs = 0
  for (const gap of sorted) {
    spanMs += gap
    if (gap < median * (1 - jitter) || gap > median * (1 + jitter)) outside += 1
  }
  return outside <= strays && spanMs >= spanMinMs
}

function endOf(event: DetectionEvent): string | undefined {
  const name = textAt(event, 'DestinationIp') ?? textAt(event, 'DestinationHostname')
  return name === undefined ? undefined : `${name.slice(0, 253)} ${numberAt(event, 'DestinationPort') ?? ''}`
}
