// A selection of `detection:` -> an expression: a map is "all of", a list is "one of", a bare text is a keyword.
import type { LogSource } from '../detection-event.ts'
import { readCidr } from './cidr.ts'
import { isKnownField, nearestField } from './field-names.ts'
import { foreignFields } from './log-source.ts'
import { type Modifiers, readModifiers, transform } from './modifiers.ts'
import { compileRegex } from './regex.ts'
import type { Expression, FieldTest, ValueTest } from './sigma-rule.ts'
import { isRecord, type Teller } from './teller.ts'
import { readTextPattern, surrounded, type TextPattern } from './text-pattern.ts'
import type { Path } from './yaml-documents.ts'

type Scalar = string | number | bigint | boolean | null
const isScalarValue = (value: unknown): value is Scalar => value === null || typeof value !== 'object'

export type SelectionContext = { teller: Teller; sources: readonly LogSource[]; isForeign: boolean }

export function readSelection(value: unknown, path: Path, context: SelectionContext): Expression | undefined {
  if (isRecord(value)) return readMap(value, path, context)
  if (isScalarValue(value)) return readTest('', value, path, context)
  if (!Array.isArray(value)) return undefined
  if (value.length === 0) {
    context.teller.problem(path, 'The selection is an empty list: it could never match')
    return undefined
  }
  const keywords = value.filter(isScalarValue)
  const of: (Expression | undefined)[] = keywords.length > 0 ? [readTest('', keywords, path, context)] : []
  for (const [index, item] of value.entries()) {
    if (isRecord(item)) of.push(readMap(item, [...path, index], context))
    else if (Array.isArray(item)) context.teller.problem([...path, index], 'A list within a list: write maps or texts')
  }
  return { kind: 'or', of: of.filter((each) => each !== undefined) }
}

function readMap(value: Record<string, unknown>, path: Path, context: SelectionContext): Expression | undefined {
  const entries = Object.entries(value)
  if (entries.length === 0) context.teller.problem(path, 'The selection is empty: it would match everything')
  const of = entries.map(([key, item]) => readTest(key, item, [...path, key], context))
  return { kind: 'and', of: of.filter((each) => each !== undefined) }
}

function readTest(key: string, value: unknown, path: Path, context: SelectionContext): Expression | undefined {
  const { teller } = context
  const [name = '', ...words] = key.split('|').map((word) => word.trim())
  const read = readModifiers(words)
  if ('wrong' in read) teller.problem(path, read.wrong)
  if ('unsupported' in read) teller.cannot(path, read.construct, read.unsupported)
  if (!('modifiers' in read)) return undefined
  const values = Array.isArray(value) ? value : [value]
  if (values.length === 0) {
    teller.problem(path, `${key || 'The list'} has an empty list of values: it could never match`)
    return undefined
  }
  const { modifiers } = read
  if (modifiers.all && values.length === 1) teller.note(path, 'Modifier all means nothing with a single value')
  const field = name === '' ? undefined : fieldName(name, path, context)
  const tests = values.map((each, index) => {
    const at = Array.isArray(value) ? [...path, index] : path
    if (isScalarValue(each)) return readValue(each, field, modifiers, at, context)
    teller.problem(
      at,
      isRecord(each)
        ? `${name}: a value is a text, a number or a list of those, not a map`
        : 'A list within a list of values',
    )
    return undefined
  })
  return together(field, tests, modifiers)
}

/** One value can stand for several tests (three offsets of base64); with `all`, one of each value's must hold. */
function together(field: string | undefined, tests: (ValueTest[] | undefined)[], modifiers: Modifiers): Expression {
  const known = tests.filter((each) => each !== undefined)
  const { negated } = modifiers
  const one = (some: readonly ValueTest[], all: boolean): FieldTest => ({ field, tests: some, all, negated: false })
  let expression: Expression
  if (!modifiers.all) expression = { kind: 'test', test: one(known.flat(), false) }
  else if (known.every((each) => each.length === 1)) expression = { kind: 'test', test: one(known.flat(), true) }
  else expression = { kind: 'and', of: known.map((each) => ({ kind: 'test', test: one(each, false) }) as const) }
  if (!negated) return expression
  return expression.kind === 'test'
    ? { kind: 'test', test: { ...expression.test, negated: true } }
    : { kind: 'not', of: expression }
}

function fieldName(name: string, path: Path, { teller, sources, isForeign }: SelectionContext): string {
  if (isKnownField(name, sources)) return name
  const ours = isForeign && Object.hasOwn(foreignFields, name) ? foreignFields[name] : undefined
  if (ours !== undefined && isKnownField(ours, sources)) return ours
  const near = nearestField(name, sources)
  teller.note(
    path,
    `No event of this log source has a field "${name.slice(0, 60)}"${near === undefined ? '' : ` (did you mean ${near}?)`}: it is never seen`,
  )
  return name
}

function readValue(
  value: Scalar,
  field: string | undefined,
  modifiers: Modifiers,
  path: Path,
  { teller }: SelectionContext,
): ValueTest[] | undefined {
  const wrong = (message: string) => {
    teller.problem(path, message)
    return undefined
  }
  const { type } = modifiers
  if (field === undefined && type !== undefined && type !== 're')
    return wrong(`Modifier ${type} needs a field before it`)
  if (type === 'exists') {
    if (typeof value !== 'boolean') return wrong('Modifier exists takes true or false')
    return [{ kind: 'exists', wanted: value }]
  }
  if (value === null) {
    if (type !== undefined || modifiers.steps.length > 0 || field === undefined)
      return wrong('null stands for a field that is absent; no modifier goes with it')
    return [{ kind: 'null' }]
  }
  const text = String(value)
  if (type === 'lt' || type === 'lte' || type === 'gt' || type === 'gte') {
    const number = typeof value === 'boolean' || text.trim() === '' ? Number.NaN : Number(text)
    return Number.isFinite(number)
      ? [{ kind: 'compare', operator: type, value: number }]
      : wrong(`Modifier ${type} takes a number`)
  }
  if (type === 'cidr') {
    const block = readCidr(text.trim())
    return 'wrong' in block ? wrong(block.wrong) : [{ kind: 'cidr', block, text }]
  }
  if (type === 'fieldref') {
    if (text === '') return wrong('Modifier fieldref takes the name of a field')
    const how = modifiers.steps.find((step) => step === 'contains' || step === 'startswith' || step === 'endswith')
    return [{ kind: 'field', field: text, how: how ?? 'equals', cased: modifiers.cased }]
  }
  if (type === 're') {
    const compiled = compileRegex(text, modifiers.flags)
    if ('wrong' in compiled) return wrong(compiled.wrong)
    if ('unsupported' in compiled) return teller.cannot(path, compiled.construct, compiled.unsupported) as undefined
    const flags = (['i', 'm', 's'] as const).filter((flag) => modifiers.flags[flag]).join('')
    return [{ kind: 'regex', source: text, flags, regex: compiled.regex }]
  }
  return readText(typeof value === 'string' ? readTextPattern(value) : [text], field, modifiers, wrong)
}

function readText(
  pattern: TextPattern,
  field: string | undefined,
  { steps, cased }: Modifiers,
  wrong: (message: string) => undefined,
): ValueTest[] | undefined {
  if (field === undefined && pattern.length === 0) return wrong('An empty keyword would match everything')
  const done = transform(pattern, steps)
  if ('wrong' in done) return wrong(done.wrong)
  const everywhere = { before: true, after: true }
  return done.patterns.map((each) => ({
    kind: 'text',
    pattern: field === undefined ? surrounded(each, everywhere) : each,
    // What base64 makes of a text has its own case, whatever the case of the text.
    cased: cased || done.isEncoded,
  }))
}
