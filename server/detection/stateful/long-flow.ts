// A connection to the outside that lives long and says little: a tunnel that waits, a pool that hands out work.
import { type DetectorRule, flagOf, isOutside, numberAt, type StatefulDetector } from './detector.ts'
import { RecencyMap } from './recency-map.ts'
import { Subjects } from './subjects.ts'
import { Once } from './window.ts'

export const longFlow: DetectorRule = {
  id: 'vigil-long-quiet-connection',
  title: 'Holds a quiet connection to the outside for a long time',
  behaviour: 'tunnel',
  severity: 'medium',
  why: 'A reverse tunnel that waits to be used, or a mining pool, looks like this for hours.',
  response: 'Look at the process that holds it and at the destination; cut the flow if nobody knows it.',
  tactics: ['command-and-control'],
  techniques: ['T1572', 'T1095'],
  falsePositives: [
    'A web socket of an experiment tracker',
    'A model provider’s connection that is kept open',
    'ssh to a build machine',
  ],
  measures:
    'one outside TCP connection of at least 10 minutes that moves at most 1,000 bytes a second both ways together; on ports 80 and 443 it is low',
  sources: ['traffic'],
}

const longMs = 600_000
const rateMaxBytesPerSecond = 1_000
const endsMax = 64
const againMs = 3_600_000

type Held = { bytes: number; lastAgeMs: number; said: Once }

export function createLongFlow(): StatefulDetector {
  const subjects = new Subjects(() => new RecencyMap<Held>(endsMax))
  return {
    sources: ['traffic'],
    observe(event, tell) {
      if (!isOutside(event) || event.trust === 'agent' || event.fields.Protocol !== 'tcp') return
      const ageMs = numberAt(event, 'DurationMs')
      const bytes = (numberAt(event, 'BytesOut') ?? 0) + (numberAt(event, 'BytesIn') ?? 0)
      const isOpen = event.fields.Open === true
      // Short ones that have ended are the most there is: out at once.
      if (ageMs === undefined || (ageMs < longMs && !isOpen)) return
      const ends = subjects.of(event)
      if (ends === undefined) return
      const port = numberAt(event, 'DestinationPort')
      const end = `${event.fields.DestinationIp} ${port}`
      let held = ends.get(end)
      if (held === undefined) {
        held = { bytes: 0, lastAgeMs: 0, said: new Once(againMs) }
        ends.set(end, held)
      }
      // A younger connection to the same end begins anew.
      if (ageMs < held.lastAgeMs) held.bytes = 0
      held.bytes += bytes
      held.lastAgeMs = ageMs
      const total = held.bytes
      if (!isOpen) {
        held.bytes = 0
        held.lastAgeMs = 0
      }
      if (ageMs < longMs || total > (ageMs / 1_000) * rateMaxBytesPerSecond) return
      // Nothing ever came or went: nobody is there.
      if (total === 0 || !held.said.now(event.atMs)) return
      const isWeb = port === 443 || port === 80
      tell(
        flagOf(longFlow, event, {
          what: end,
          matched: [
            ['DestinationIp', event.fields.DestinationIp ?? ''],
            ['DestinationPort', port ?? ''],
            ['minutes', Math.round(ageMs / 60_000)],
            ['bytes', total],
          ],
          ...(isWeb && {
            severity: 'low',
            context: 'lowered: on a port of the web, where connections are often kept open',
          }),
        }),
      )
    },
  }
}
