// The command line of the soak, parsed once.
import { parseArgs } from 'node:util'

export type SoakOptions = { minutes: number; json: boolean; eventsPerSecond: number }

/** Throws an Error with one line. */
export function soakOptions(args: string[]): SoakOptions {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '30' },
      events: { type: 'string', default: '200' },
      json: { type: 'boolean', default: false },
    },
  })
  const minutes = Number(values.minutes)
  if (!(minutes >= 2 && minutes <= 24 * 60)) throw new Error(`--minutes ${values.minutes}: give 2 to 1440`)
  const eventsPerSecond = Number(values.events)
  if (!(eventsPerSecond >= 10 && eventsPerSecond <= 2_000))
    throw new Error(`--events ${values.events}: give 10 to 2000 a second`)
  return { minutes, json: values.json, eventsPerSecond }
}
