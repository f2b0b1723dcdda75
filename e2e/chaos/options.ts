// The command line of the fault runner, parsed once. A wrong word is one line that says which.
import { parseArgs } from 'node:util'
import { type FaultKind, faultKinds } from './plan.ts'

export type ChaosOptions = {
  seed: number
  minutes: number
  kinds: readonly FaultKind[]
  json: boolean
  /** Print the plan and do nothing. */
  dry: boolean
  /** Leave logs and data where they are, also when all is well. */
  keep: boolean
}

/** Throws an Error with one line. `chance`: a seed, where none is given. */
export function chaosOptions(args: string[], chance: number): ChaosOptions {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string', default: '5' },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      plan: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  })
  const seed = values.seed === undefined ? chance : Number(values.seed)
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32))
    throw new Error(`--seed ${values.seed}: give 0 to 4294967295`)
  const minutes = Number(values.minutes)
  if (!(minutes >= 0.25 && minutes <= 240)) throw new Error(`--minutes ${values.minutes}: give 0.25 to 240`)
  const kinds = values.only === undefined ? faultKinds : values.only.split(',').map((word) => kindOf(word.trim()))
  return { seed, minutes, kinds, json: values.json, dry: values.plan, keep: values.keep }
}

function kindOf(word: string): FaultKind {
  const found = faultKinds.find((kind) => kind === word)
  if (found === undefined) throw new Error(`--only ${word}: choose from ${faultKinds.join(',')}`)
  return found
}
