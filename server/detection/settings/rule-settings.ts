// On, off and exceptions of rules and detectors, asked for each flag that rises.
import { type DetectionEvent, logSources } from '../detection-event.ts'
import { type Flag, severities } from '../flag.ts'
import { isInBlock, readAddress, readCidr } from '../sigma/cidr.ts'
import { textsOf } from '../sigma/event-view.ts'
import { isKnownField, nearestField } from '../sigma/field-names.ts'
import { fold } from '../sigma/fold.ts'

/** What is known of a session by its host and its trainer, never by its agent alone. */
export type AboutSession = {
  taskSet?: string | undefined
  run?: string | undefined
  agent?: string | undefined
  taskText?: string | undefined
}

export type ExceptionCondition = {
  /** `session`, `host`, `agent`, `run`, `taskSet`, or a field of the event as Sigma spells it. */
  field: string
  how: 'equals' | 'contains' | 'startswith' | 'endswith' | 'cidr'
  value: string
}

export type RuleException = {
  rule: string
  /** All of them. */
  when: readonly ExceptionCondition[]
  why: string
  by: string
  expiresAtMs: number
}

export type RuleSettings = {
  /** The flag as it stands; undefined where its rule is off or an exception keeps it silent. */
  apply(flag: Flag, event: DetectionEvent | undefined, about: AboutSession, nowMs: number): Flag | undefined
}

export const noSettings: RuleSettings = { apply: (flag) => flag }

type Compiled = {
  exception: RuleException
  holds(flag: Flag, event: DetectionEvent | undefined, about: AboutSession): boolean
}

export function compileSettings(off: Iterable<string>, exceptions: readonly RuleException[]): RuleSettings {
  const disabled = new Set(off)
  const byRule = new Map<string, Compiled[]>()
  for (const exception of exceptions) {
    const conditions = exception.when.map(compileCondition)
    // Without a condition it would be a rule that is off and does not say so.
    if (conditions.length === 0) continue
    const holds: Compiled['holds'] = (flag, event, about) => conditions.every((each) => each(flag, event, about))
    byRule.set(exception.rule, [...(byRule.get(exception.rule) ?? []), { exception, holds }])
  }
  if (disabled.size === 0 && byRule.size === 0) return noSettings
  return {
    apply(flag, event, about, nowMs) {
      if (disabled.has(flag.rule)) return undefined
      const found = byRule
        .get(flag.rule)
        ?.find((each) => nowMs < each.exception.expiresAtMs && each.holds(flag, event, about))
      return found ? excepted(flag, found.exception) : flag
    },
  }
}

function excepted(flag: Flag, { why, by }: RuleException): Flag | undefined {
  if (severities.indexOf(flag.ruleSeverity) < severities.indexOf('high')) return undefined
  return { ...flag, severity: 'informational', context: [...flag.context, `lowered: an exception of ${by} (${why})`] }
}

const sessionFields: readonly string[] = ['session', 'host', 'agent', 'run', 'taskSet']

/** What is wrong with it and what to write instead; undefined where nothing is. */
export function wrongCondition({ field, how, value }: ExceptionCondition): string | undefined {
  if (!sessionFields.includes(field) && !isKnownField(field, logSources)) {
    const near = nearestField(field, logSources) ?? sessionFields.find((each) => fold(each) === fold(field))
    return `"${field}" is no field of any event${near === undefined ? '' : `: did you mean ${near}`}; of the session there are ${sessionFields.join(', ')}`
  }
  if (how !== 'cidr') return undefined
  const block = readCidr(value)
  return 'wrong' in block ? block.wrong : undefined
}

type Condition = (flag: Flag, event: DetectionEvent | undefined, about: AboutSession) => boolean

function compileCondition({ field, how, value }: ExceptionCondition): Condition {
  const fits = comparison(how, value)
  switch (field) {
    case 'session':
    case 'host':
      return (flag) => flag[field] !== undefined && fits(flag[field])
    case 'agent':
    case 'run':
    case 'taskSet':
      return (_flag, _event, about) => about[field] !== undefined && fits(about[field])
    default: {
      return (_flag, event) =>
        event !== undefined && Object.hasOwn(event.fields, field) && textsOf(event.fields[field]).some(fits)
    }
  }
}

/** As Sigma compares: letters' case does not count. */
function comparison(how: ExceptionCondition['how'], value: string): (text: string) => boolean {
  if (how === 'cidr') {
    const block = readCidr(value)
    if ('wrong' in block) return () => false
    return (text) => {
      const address = readAddress(text)
      return address !== undefined && isInBlock(block, address)
    }
  }
  const wanted = fold(value)
  if (how === 'equals') return (text) => fold(text) === wanted
  if (how === 'contains') return (text) => fold(text).includes(wanted)
  return how === 'startswith' ? (text) => fold(text).startsWith(wanted) : (text) => fold(text).endsWith(wanted)
}
