// The words of this folder: what a rule file says once it is read. Plain data but for compiled regular expressions.

import type { LogSource } from '../detection-event.ts'
import type { Severity } from '../flag.ts'
import type { CidrBlock } from './cidr.ts'
import type { Regex } from './regex.ts'
import type { TextPattern } from './text-pattern.ts'
import type { VigilBlock } from './vigil-block.ts'

/** Lines and columns count from one. */
export type Place = { file: string; line: number; column: number }

export type Problem = Place & {
  message: string
  /** Title of the rule it is about; undefined when it is about the file. */
  rule: string | undefined
}

/** Something that is valid Sigma, and that this engine does not do. The rule does not run. */
export type Unsupported = Problem & {
  /** For example `modifier expand`, `look-around`, `log source windows`. */
  construct: string
}

/** How one value of a rule is compared with one value of an event. */
export type ValueTest =
  | { kind: 'text'; pattern: TextPattern; cased: boolean }
  | { kind: 'regex'; source: string; flags: string; regex: Regex }
  | { kind: 'cidr'; block: CidrBlock; text: string }
  | { kind: 'compare'; operator: 'lt' | 'lte' | 'gt' | 'gte'; value: number }
  /** The field is absent, null or an empty list. */
  | { kind: 'null' }
  | { kind: 'exists'; wanted: boolean }
  /** The value of another field of the same event. */
  | { kind: 'field'; field: string; how: 'equals' | 'contains' | 'startswith' | 'endswith'; cased: boolean }

export type FieldTest = {
  /** Undefined: a keyword, looked for in every field. */
  field: string | undefined
  tests: readonly ValueTest[]
  /** All of `tests` must hold (modifier `all`), not one of them. */
  all: boolean
  /** Modifier `neq`: the opposite. As with `not`, a field that is absent is different from every value. */
  negated: boolean
}

export type Expression =
  | { kind: 'and'; of: readonly Expression[] }
  | { kind: 'or'; of: readonly Expression[] }
  | { kind: 'not'; of: Expression }
  | { kind: 'test'; test: FieldTest }

/** What rules and correlations have in common. */
export type RuleHead = Place & {
  /** `id`; where it is missing, `name`, else the title. */
  id: string
  name: string | undefined
  title: string
  status: string | undefined
  description: string | undefined
  references: readonly string[]
  author: string | undefined
  date: string | undefined
  modified: string | undefined
  falsePositives: readonly string[]
  level: Severity
  tags: readonly string[]
  /** ATT&CK, `T1572.001`: those of `tags`, then former numbers. */
  techniques: readonly string[]
  /** ATT&CK, `command-and-control`. */
  tactics: readonly string[]
  /** ATLAS, `AML.T0050`. */
  atlas: readonly string[]
  vigil: VigilBlock | undefined
}

export type SigmaRule = RuleHead & {
  sources: readonly LogSource[]
  /** As written, for people: `linux process_creation`. */
  logSource: string
  when: Expression
}

export type CorrelationType = 'event_count' | 'value_count' | 'temporal' | 'temporal_ordered'

/** Inclusive. */
export type CountRange = { min: number; max: number }

export type Correlation = RuleHead & {
  type: CorrelationType
  /** Names or ids. */
  rules: readonly string[]
  /** Fields, aliases, `session` or `host`; empty: the session. */
  groupBy: readonly string[]
  timespanMs: number
  count: CountRange
  /** What `value_count` counts. */
  field: string | undefined
  /** alias -> rule (name or id) -> field */
  aliases: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** The rules that it refers to raise flags of their own, too. */
  generate: boolean
}

export type RuleFile = {
  rules: SigmaRule[]
  correlations: Correlation[]
  /** Mistakes. What they are in is refused, by itself. */
  problems: Problem[]
  unsupported: Unsupported[]
  /** The rule runs; its author may have meant something else. */
  notes: Problem[]
}
