// Proposes an exception from flags that people called noise: what all or many of them have in common, as narrow as it can be said. It must never
// fit a flag that was judged true. What is not surely known of such a flag (an excerpt that was cut, a session that left memory) is taken as if it
// fitted: then nothing is proposed. Flags' texts are the agent's, so who reads a proposal is told when an agent could imitate all of it.

import { maskValue } from '../../protocol/secrets.ts'
import type { AboutSession, ExceptionCondition } from '../settings/rule-settings.ts'
import { fold } from '../sigma/fold.ts'

/** What is known of a flag that somebody judged. */
export type JudgedFlag = {
  session: string | undefined
  host: string | undefined
  about: AboutSession
  matched: readonly { field: string; value: string }[]
}

export type Proposal = {
  when: ExceptionCondition[]
  /** Of the flags that were noise, so many surely fit. */
  hides: number
  ofNoise: number
  /** Judged true: none of them fits. */
  keeps: number
  /** Nothing of it is what a host or a trainer says: an agent could do the same to stay unseen. */
  isImitable: boolean
}

export type Proposed = { proposal: Proposal } | { none: 'too-few' | 'nothing-common' | 'would-hide-true' }

/** One verdict says nothing of what several have in common. */
const noiseMin = 2
/** Of each kind; what is more must be left out by the caller, the newest first. */
export const judgedMax = 200
const conditionsMax = 8
const valueMax = 512
/** A shorter end, such as ` -v`, says nothing. */
const endMin = 8

/** Told by the host or the trainer. One session is no pattern: it is over tomorrow. */
const facts = ['taskSet', 'run', 'agent', 'host'] as const
/** Fields that hold one text: a value that is wholly known is the only one. Those that are lists are not used. */
const fields = [
  'CommandLine',
  'Image',
  'ParentImage',
  'User',
  'CurrentDirectory',
  'DestinationIp',
  'DestinationHostname',
  'DestinationPort',
  'QueryName',
  'TargetFilename',
  'Tool',
  'Sensor',
  'Signature',
] as const

type Attribute = (typeof facts)[number] | (typeof fields)[number]
/** What is surely so of a flag; an attribute that is absent may be anything. */
type Known = ReadonlyMap<Attribute, string>

/** `withFields`: the rule looks at one event, whose fields its flag names; correlations and detectors name what they like. */
export function proposeException(
  noise: readonly JudgedFlag[],
  real: readonly JudgedFlag[],
  withFields: boolean,
): Proposed {
  if (noise.length < noiseMin) return { none: 'too-few' }
  const seen = noise.slice(0, judgedMax).map((flag) => knownOf(flag, withFields))
  const kept = real.map((flag) => knownOf(flag, withFields))
  let found: Omit<Proposal, 'ofNoise' | 'keeps'> | undefined
  let wasUnsafe = false
  for (const some of groupsOf(seen)) {
    const when = commonOf(some)
    if (!isEnough(when)) continue
    if (kept.some((flag) => mayFit(when, flag))) {
      wasUnsafe = true
      continue
    }
    const hides = seen.filter((flag) => surelyFits(when, flag)).length
    if (hides < noiseMin || (found && hides <= found.hides)) continue
    found = { when, hides, isImitable: !when.some(({ field }) => isFact(field)) }
  }
  if (found) return { proposal: { ...found, ofNoise: noise.length, keeps: real.length } }
  return { none: wasUnsafe ? 'would-hide-true' : 'nothing-common' }
}

function isFact(field: string): boolean {
  return (facts as readonly string[]).includes(field)
}

function knownOf({ host, about, matched }: JudgedFlag, withFields: boolean): Known {
  const known = new Map<Attribute, string>()
  const { taskSet, run, agent } = about
  for (const [attribute, value] of Object.entries({ taskSet, run, agent, host }))
    if (value !== undefined && value !== '') known.set(attribute as Attribute, value)
  if (!withFields) return known
  for (const field of fields) {
    const value = matched.find((each) => each.field === field)?.value
    if (value !== undefined && isWhole(value)) known.set(field, value)
  }
  return known
}

/** What a mask would change is not said again. An excerpt begins or ends with an ellipsis, a text that was cut ends with its length in one; a whole text may too, and then is not used. */
function isWhole(value: string): boolean {
  return value !== '' && value.length <= valueMax && !value.includes('…') && maskValue(value, {}) === value
}

/** All of them, then those that share one value: the whole first, so that of equals the widest counts. */
function* groupsOf(seen: readonly Known[]): Generator<Known[]> {
  yield [...seen]
  const done = new Set<string>()
  for (const flag of seen)
    for (const [attribute, value] of flag) {
      const key = `${attribute} ${fold(value)}`
      if (done.has(key)) continue
      done.add(key)
      const some = seen.filter((each) => fold(each.get(attribute) ?? '') === fold(value))
      if (some.length >= noiseMin) yield some
    }
}

/** Everything that they share: an exception is as narrow as it can be said. */
function commonOf(some: readonly Known[]): ExceptionCondition[] {
  const [first] = some
  if (!first) return []
  const when = [...facts, ...fields].flatMap((field): ExceptionCondition[] => {
    const values = some.flatMap((flag) => flag.get(field) ?? [])
    const [value] = values
    if (value === undefined || values.length < some.length) return []
    if (values.every((each) => fold(each) === fold(value))) return [{ field, how: 'equals', value }]
    return field === 'CommandLine' ? commonShape(values) : []
  })
  return when.slice(0, conditionsMax)
}

/** Whole words at both ends: `pip install …`, and where it leads. One word in front is no shape: `python …` may do anything. */
function commonShape(values: readonly string[]): ExceptionCondition[] {
  const words = values.map((value) => value.split(' '))
  const start = commonStart(words)
  const end = commonStart(words.map((each) => each.toReversed())).reverse()
  const last = ` ${end.join(' ')}`
  return [
    ...(start.length < 2 ? [] : [{ field: 'CommandLine', how: 'startswith', value: `${start.join(' ')} ` } as const]),
    ...(last.length < endMin ? [] : [{ field: 'CommandLine', how: 'endswith', value: last } as const]),
  ]
}

function commonStart(words: readonly (readonly string[])[]): string[] {
  const [first = []] = words
  let count = 0
  while (count < first.length && words.every((each) => fold(each[count] ?? '') === fold(first[count] ?? ''))) count += 1
  return first.slice(0, count)
}

/** The host alone would be the rule switched off on that host. */
function isEnough(when: readonly ExceptionCondition[]): boolean {
  return when.some(({ field }) => field !== 'host')
}

/** What is not known of the flag may fit. */
function mayFit(when: readonly ExceptionCondition[], flag: Known): boolean {
  return when.every((condition) => fits(condition, flag) !== false)
}

function surelyFits(when: readonly ExceptionCondition[], flag: Known): boolean {
  return when.every((condition) => fits(condition, flag) === true)
}

/** As an exception compares; undefined: not known. */
function fits({ field, how, value }: ExceptionCondition, flag: Known): boolean | undefined {
  const own = flag.get(field as Attribute)
  if (own === undefined) return undefined
  if (how === 'equals') return fold(own) === fold(value)
  return how === 'startswith' ? fold(own).startsWith(fold(value)) : fold(own).endsWith(fold(value))
}
