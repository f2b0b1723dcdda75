// The command line, parsed once. A wrong word is one line that says which, never a bench of something else.
import { parseArgs } from 'node:util'
import { type Group, groups } from './figure.ts'

export type BenchOptions = {
  json: boolean
  only: ReadonlySet<Group>
  /** About how long each measured round of ingest and each stretch of the busy view lasts. */
  seconds: number
  /** How long the heap of the Live page is watched. */
  minutes: number
  /** Folder for a CPU profile of the server under ingest. */
  profile: string | undefined
  /** In the log that `replay` looks back in. */
  events: number
}

/** Throws an Error with one line. */
export function benchOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      json: { type: 'boolean', default: false },
      only: { type: 'string', default: groups.join(',') },
      seconds: { type: 'string', default: '4' },
      minutes: { type: 'string', default: '2' },
      profile: { type: 'string' },
      events: { type: 'string', default: '5000000' },
    },
  })
  const only = new Set(values.only.split(',').map((word) => groupOf(word.trim())))
  const seconds = Number(values.seconds)
  if (!(seconds >= 1 && seconds <= 60)) throw new Error(`--seconds ${values.seconds}: give 1 to 60`)
  const minutes = Number(values.minutes)
  if (!(minutes > 0 && minutes <= 30)) throw new Error(`--minutes ${values.minutes}: give up to 30`)
  const events = Number(values.events)
  if (!(events >= 100_000 && events <= 20_000_000))
    throw new Error(`--events ${values.events}: give 100000 to 20000000`)
  return { json: values.json, only, seconds, minutes, profile: values.profile, events }
}

function groupOf(word: string): Group {
  const found = groups.find((group) => group === word)
  if (found === undefined) throw new Error(`--only ${word}: choose from ${groups.join(',')}`)
  return found
}
