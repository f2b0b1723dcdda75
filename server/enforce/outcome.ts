// What may be said at a control's end, from what became of its wishes. `enforced` only when every effect was read as wanted. That the
// gate would deny a call is its own answer: an agent that does not ask it is not stopped by it, so that alone enforces nothing.
import type { ControlOutcome } from '../protocol/control.ts'
import { cutText, shortTextMax } from '../protocol/text.ts'
import type { Result } from './bring.ts'
import type { Part, Reading } from './enforcer.ts'
import { gateName } from './gate.ts'

const notAsked = 'calls that do not ask the gate'

export type PartResult = { part: Part; wanted: boolean; results: Result[] }

export type Outcome = {
  outcome: Extract<ControlOutcome, 'enforced' | 'partial' | 'failed' | 'lifted'>
  enforcer?: string
  observed?: string
  observedFrom?: string
  detail?: string
  left?: string[]
}

export function outcomeOf(parts: readonly PartResult[]): Outcome {
  const results = parts.flatMap((each) => each.results)
  const names = [...new Set(results.map((each) => each.enforcer))].join(', ')
  const enforcer = names === '' ? {} : { enforcer: cutText(names, shortTextMax) }
  if (parts.length > 0 && parts.every(isWhole)) return { outcome: 'enforced', ...enforcer, ...readText(results) }
  if (parts.length > 0 && parts.every(isHeldByOthers)) {
    const said = results.map((each) => each.reading?.observed).join('; ')
    return {
      outcome: 'lifted',
      ...enforcer,
      detail: cutText(`lifted; another cause still restricts it (${said})`, shortTextMax),
    }
  }
  const left = [...new Set(parts.flatMap(leftOf).map((line) => cutText(line, shortTextMax)))]
  const detail = parts.flatMap(detailOf).join('; ')
  const some =
    results.some((each) => matches(parts, each)) || results.some((each) => each.acknowledged && !each.reading)
  return {
    outcome: some ? 'partial' : 'failed',
    ...enforcer,
    ...(some && readText(results.filter((each) => matches(parts, each)))),
    ...(detail !== '' && { detail: cutText(detail, shortTextMax) }),
    left: left.slice(0, 50),
  }
}

/**
 * What is known of a part over all its enforcers: restricted only when each one was read so. Undefined when nothing was read. The gate
 * does not count: what it would answer is no state of the session.
 */
export function readingOf({ wanted, results: all }: PartResult): (Reading & { enforcer: string }) | undefined {
  const results = all.filter((each) => each.enforcer !== gateName)
  const read = results.flatMap((each) => (each.reading ? [each.reading] : []))
  if (read.length === 0) return undefined
  const restricted = wanted ? results.every((each) => each.reading?.restricted) : read.some((each) => each.restricted)
  const [only] = results.length === 1 ? read : []
  const observed = results.map((each) => `${each.enforcer}: ${each.reading?.observed ?? 'not observed'}`).join('; ')
  return {
    restricted,
    observed: cutText(only?.observed ?? observed, shortTextMax),
    observedFrom: [...new Set(read.map((each) => each.observedFrom))].join(', '),
    enforcer: cutText(results.map((each) => each.enforcer).join(', '), shortTextMax),
  }
}

/** Nothing is left to try. */
export function isSettled(result: Result, wanted: boolean): boolean {
  return result.reading ? result.reading.restricted === wanted || result.enforcer === gateName : result.unverifiable
}

function isWhole({ wanted, results }: PartResult): boolean {
  const isProven = !wanted || results.some((each) => each.enforcer !== gateName)
  return isProven && results.length > 0 && results.every((each) => each.reading?.restricted === wanted)
}

/** The gate decides by holds alone: what it still denies after a lift, it denies for another hold. */
function isHeldByOthers({ wanted, results }: PartResult): boolean {
  return (
    !wanted && results.length > 0 && results.every((each) => each.enforcer === gateName && each.reading?.restricted)
  )
}

function matches(parts: readonly PartResult[], result: Result): boolean {
  const part = parts.find((each) => each.results.includes(result))
  return part !== undefined && result.reading?.restricted === part.wanted
}

function readText(results: readonly Result[]): Pick<Outcome, 'observed' | 'observedFrom'> {
  const read = results.flatMap((each) => (each.reading ? [each.reading] : []))
  if (read.length === 0) return {}
  return {
    observed: cutText(read.map((each) => each.observed).join('; '), shortTextMax),
    observedFrom: [...new Set(read.map((each) => each.observedFrom))].join(', '),
  }
}

function detailOf({ part, wanted, results }: PartResult): string[] {
  if (results.length === 0) return [`nothing here can ${wanted ? 'restrict' : 'let go of'} ${part}`]
  return results.flatMap((each) => {
    if (each.reading) {
      if (each.reading.restricted === wanted) return []
      return [`${each.enforcer} was read as ${each.reading.restricted ? 'restricted' : 'not restricted'}`]
    }
    if (!each.acknowledged) return [`${each.enforcer} ${each.trouble ?? 'was not reached'}`]
    const why = each.unverifiable
      ? 'it names no address at which the effect could be read'
      : 'the effect could not be read'
    return [`acknowledged by ${each.enforcer} at ${each.address}; ${why}${each.trouble ? ` (${each.trouble})` : ''}`]
  })
}

function leftOf({ part, wanted, results }: PartResult): string[] {
  if (results.length === 0)
    return [part === 'actions' ? 'its tool calls do not pass the gate' : `${part}: nothing here can`]
  return results.flatMap((each) => {
    if (!each.reading) return [`the effect on ${part} was not observed`]
    if (each.reading.restricted === wanted) return wanted && each.enforcer === gateName ? [notAsked] : []
    return [`${part}: ${each.enforcer} says "${each.reading.observed}"`]
  })
}
