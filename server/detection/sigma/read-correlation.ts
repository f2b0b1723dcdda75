// `correlation:` of a document -> what is counted, by what, and for how long.
import type { Correlation, CorrelationType, CountRange, RuleHead } from './sigma-rule.ts'
import { isRecord, type Teller } from './teller.ts'

const types: readonly CorrelationType[] = ['event_count', 'value_count', 'temporal', 'temporal_ordered']
const rulesMax = 32
const countMax = 10_000
const unitMs: { readonly [unit: string]: number } = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export type CorrelationBody = Omit<Correlation, keyof RuleHead>

export function readCorrelation(
  value: Record<string, unknown>,
  outerGenerate: unknown,
  teller: Teller,
): CorrelationBody | undefined {
  const type = types.find((each) => each === value.type)
  if (type === undefined) return void tellType(value.type, teller)
  const rules = texts(value.rules)
  if (rules === undefined || rules.length === 0)
    teller.problem(['correlation', 'rules'], 'rules is a list of names or ids of rules')
  else if (rules.length > rulesMax)
    teller.problem(['correlation', 'rules'], `A correlation takes at most ${rulesMax} rules`)
  else if (new Set(rules).size < rules.length) teller.problem(['correlation', 'rules'], 'A rule is named twice')
  const groupBy = value['group-by'] === undefined ? [] : texts(value['group-by'])
  if (groupBy === undefined)
    teller.problem(['correlation', 'group-by'], 'group-by is a list of fields, session or host')
  for (const key of Object.keys(value)) {
    if (['type', 'rules', 'group-by', 'timespan', 'condition', 'aliases', 'generate', 'field'].includes(key)) continue
    teller.problem(
      ['correlation', key],
      `A correlation has no "${key.slice(0, 40)}"; it has type, rules, group-by, timespan, condition, aliases, generate`,
    )
  }
  const counted = readCount(type, value, (rules ?? []).length, teller)
  const generate = value.generate ?? outerGenerate ?? false
  if (typeof generate !== 'boolean') teller.problem(['correlation', 'generate'], 'generate is true or false')
  return {
    type,
    rules: rules ?? [],
    groupBy: groupBy ?? [],
    timespanMs: readTimespan(value.timespan, teller),
    ...counted,
    aliases: readAliases(value.aliases, teller),
    generate: generate === true,
  }
}

function tellType(type: unknown, teller: Teller): void {
  const written = typeof type === 'string' ? type.slice(0, 40) : ''
  if (
    [
      'value_sum',
      'value_avg',
      'value_percentile',
      'value_median',
      'temporal_extended',
      'temporal_ordered_extended',
    ].includes(written)
  )
    teller.cannot(
      ['correlation', 'type'],
      `correlation ${written}`,
      `Correlations of type ${written} are not counted; there are ${types.join(', ')}`,
    )
  else
    teller.problem(
      ['correlation', 'type'],
      `${written === '' ? 'The type is missing' : `There is no type "${written}"`}; there are ${types.join(', ')}`,
    )
}

function texts(value: unknown): string[] | undefined {
  const items: unknown[] = Array.isArray(value) ? value : [value]
  return items.every((item) => typeof item === 'string' && item !== '') ? (items as string[]) : undefined
}

function readTimespan(value: unknown, teller: Teller): number {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(typeof value === 'string' ? value.trim() : '') ?? []
  const ms = Number(count) * (unitMs[unit] ?? Number.NaN)
  if (ms > 0) return ms
  teller.problem(['correlation', 'timespan'], 'timespan is a number and one of s, m, h, d, for example 10m')
  return 0
}

function readCount(
  type: CorrelationType,
  value: Record<string, unknown>,
  rules: number,
  teller: Teller,
): { count: CountRange; field: string | undefined } {
  const path = ['correlation', 'condition']
  const whole = { count: { min: rules, max: Number.POSITIVE_INFINITY }, field: undefined }
  const { condition } = value
  const isTemporal = type === 'temporal' || type === 'temporal_ordered'
  if (condition === undefined && isTemporal) return whole
  if (typeof condition === 'string' && isTemporal) {
    teller.cannot(
      path,
      'condition in words',
      'A temporal condition in words is not read; leave it out to ask for all rules',
    )
    return whole
  }
  if (!isRecord(condition)) {
    teller.problem(path, `A ${type} needs a condition, for example {gte: 10}`)
    return whole
  }
  const count = readRange(condition, teller)
  if (type === 'temporal_ordered' && (count.min !== rules || count.max < rules))
    teller.cannot(
      path,
      'temporal_ordered with a count',
      'An ordered correlation asks for all of its rules; leave the condition out',
    )
  const field = condition.field ?? value.field
  if (type !== 'value_count') return { count, field: undefined }
  if (typeof field === 'string' && field !== '') return { count, field }
  if (Array.isArray(field)) teller.cannot(path, 'value_count of several fields', 'value_count counts one field')
  else teller.problem(path, 'value_count needs the field that it counts: condition: {field: DestinationIp, gte: 10}')
  return { count, field: undefined }
}

function readRange(condition: Record<string, unknown>, teller: Teller): CountRange {
  const range: CountRange = { min: 1, max: Number.POSITIVE_INFINITY }
  let isBounded = false
  for (const [key, written] of Object.entries(condition)) {
    if (key === 'field') continue
    const path = ['correlation', 'condition', key]
    if (!['gt', 'gte', 'lt', 'lte', 'eq'].includes(key)) {
      teller.problem(path, `There is no "${key.slice(0, 40)}" in a condition; there are gt, gte, lt, lte, eq`)
      continue
    }
    isBounded = true
    const count = typeof written === 'bigint' ? Number(written) : Number.NaN
    if (!(count >= 0 && count <= countMax)) {
      teller.problem(path, `${key} takes a whole number from 0 to ${countMax}`)
      continue
    }
    if (key === 'gt' || key === 'gte' || key === 'eq') range.min = Math.max(range.min, key === 'gt' ? count + 1 : count)
    if (key === 'lt' || key === 'lte' || key === 'eq') range.max = Math.min(range.max, key === 'lt' ? count - 1 : count)
  }
  const path = ['correlation', 'condition']
  if (!isBounded) teller.problem(path, 'The condition says no number, for example gte: 10')
  else if (range.min > range.max)
    teller.problem(path, 'No count fulfils the condition (an event is counted when it comes, so none is never told)')
  return range
}

function readAliases(value: unknown, teller: Teller): Correlation['aliases'] {
  const aliases = new Map<string, ReadonlyMap<string, string>>()
  if (value === undefined || value === null) return aliases
  const wrong = () => void teller.problem(['correlation', 'aliases'], 'aliases is a map: alias: {rule: field}')
  if (!isRecord(value)) {
    wrong()
    return aliases
  }
  for (const [alias, fields] of Object.entries(value)) {
    if (!isRecord(fields) || !Object.values(fields).every((field) => typeof field === 'string')) wrong()
    else aliases.set(alias, new Map(Object.entries(fields) as [string, string][]))
  }
  return aliases
}
