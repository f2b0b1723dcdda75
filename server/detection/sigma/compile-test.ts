// Expressions -> functions of an event. Compiled once: an event is judged by closures over numbers and texts, not by walking a tree.
import type { FieldValue } from '../detection-event.ts'
import { isInBlock, readAddress } from './cidr.ts'
import type { EventView, FieldSlots } from './event-view.ts'
import { fold } from './fold.ts'
import { matchesRegex } from './regex.ts'
import type { Literals } from './regex-literals.ts'
import type { RegexTexts } from './regex-texts.ts'
import type { Expression, FieldTest, ValueTest } from './sigma-rule.ts'
import { textListMatcher } from './text-list.ts'
import { anyText, compilePattern } from './text-pattern.ts'
import { fieldsOfFewValues, ValueMemory } from './value-memory.ts'

export type Predicate = (view: EventView) => boolean

export function compileExpression(expression: Expression, slots: FieldSlots): Predicate {
  if (expression.kind === 'test') return compileFieldTest(expression.test, slots)
  if (expression.kind === 'not') {
    const inner = compileExpression(expression.of, slots)
    return (view) => !inner(view)
  }
  // Nothing is lost by asking the cheap questions first.
  const of = [...expression.of]
    .map((each) => ({ cost: costOf(each), predicate: compileExpression(each, slots) }))
    .sort((a, b) => a.cost - b.cost)
    .map(({ predicate }) => predicate)
  return expression.kind === 'and' ? every(of) : some(of)
}

export function compileFieldTest({ field, tests, all, negated }: FieldTest, slots: FieldSlots): Predicate {
  const of = all ? tests.map((test) => compileValueTest(field, test, slots)) : compileOneOf(field, tests, slots)
  const together = remembering(field, tests, all ? every(of) : some(of), slots)
  return negated ? (view) => !together(view) : together
}

/**
 * Where the answer follows from a field's one text alone, it is not asked for twice: the text of a tool call stands in each of its commands, and
 * there are few programs.
 */
function remembering(
  field: string | undefined,
  tests: readonly ValueTest[],
  ask: Predicate,
  slots: FieldSlots,
): Predicate {
  const hasFew = field !== undefined && fieldsOfFewValues.has(field)
  if (field === undefined || !tests.every(({ kind }) => ofTextAlone.has(kind))) return ask
  if (!hasFew && !tests.some(({ kind }) => kind === 'regex')) return ask
  const slot = slots.slotOf(field)
  const memory = hasFew ? new ValueMemory<boolean>() : undefined
  let lastText: string | undefined
  let lastAnswer = false
  return (view) => {
    const texts = view.texts(slot)
    if (texts.length !== 1) return ask(view)
    const text = texts[0] as string
    if (text === lastText) return lastAnswer
    const known = memory?.get(text)
    lastAnswer = known ?? ask(view)
    lastText = text
    if (known === undefined) memory?.set(text, lastAnswer)
    return lastAnswer
  }
}

const ofTextAlone: ReadonlySet<ValueTest['kind']> = new Set(['text', 'regex', 'cidr', 'compare'])

/** Texts without wildcards inside are asked all at once, the rest one by one. */
function compileOneOf(field: string | undefined, tests: readonly ValueTest[], slots: FieldSlots): Predicate[] {
  const slot = field === undefined ? undefined : slots.slotOf(field)
  const folded = { equals: [], startsWith: [], endsWith: [], contains: [] } as Lists
  const cased = { equals: [], startsWith: [], endsWith: [], contains: [] } as Lists
  const rest: ValueTest[] = []
  for (const test of tests) {
    const simple = slot === undefined ? undefined : simpleTexts(test)
    if (simple === undefined) rest.push(test)
    else (simple.isFolded ? folded : cased)[simple.how].push(...simple.texts)
  }
  const of: Predicate[] = []
  if (slot !== undefined && Object.values(folded).some((list) => list.length > 0)) {
    const matches = textListMatcher(folded)
    of.push((view) => anyOf(view.folded(slot), matches))
  }
  if (slot !== undefined && Object.values(cased).some((list) => list.length > 0)) {
    const matches = textListMatcher(cased)
    of.push((view) => anyOf(view.texts(slot), matches))
  }
  return [...of, ...rest.map((test) => compileValueTest(field, test, slots))]
}

type How = 'equals' | 'startsWith' | 'endsWith' | 'contains'
type Lists = { [how in How]: string[] }

function simpleTexts(test: ValueTest): { how: How; texts: readonly string[]; isFolded: boolean } | undefined {
  if (test.kind === 'regex') {
    const written = test.regex.texts
    // `$` also stands before a last line break: only patterns without it are plain texts.
    if (written === undefined || written.atEnd) return undefined
    const { texts, atStart, ignoresCase } = written
    return {
      how: atStart ? 'startsWith' : 'contains',
      texts: ignoresCase ? texts.map(fold) : texts,
      isFolded: ignoresCase,
    }
  }
  if (test.kind !== 'text') return undefined
  const isFolded = !test.cased
  const plain = test.pattern.filter((part) => typeof part === 'string')
  const [text = ''] = plain
  const shape = test.pattern.map((part) => (typeof part === 'string' ? 'x' : part === anyText ? '*' : '?')).join('')
  const how = ({ '': 'equals', x: 'equals', 'x*': 'startsWith', '*x': 'endsWith', '*x*': 'contains' } as const)[shape]
  return how && { how, texts: [isFolded ? fold(text) : text], isFolded }
}

/** About how long it takes, next to looking for one text. */
function costOf(expression: Expression): number {
  if (expression.kind === 'not') return costOf(expression.of)
  if (expression.kind !== 'test') return expression.of.reduce((sum, each) => sum + costOf(each), 0)
  const { field, tests } = expression.test
  const each = tests.reduce((sum, test) => sum + costOfValue(test), 0)
  return field === undefined ? each * 20 : each
}

function costOfValue(test: ValueTest): number {
  if (test.kind === 'regex') return test.regex.texts === undefined ? 20 : 2
  return test.kind === 'cidr' ? 5 : 1
}

function every(of: readonly Predicate[]): Predicate {
  const [only] = of
  if (of.length === 1 && only !== undefined) return only
  return (view) => {
    for (const each of of) if (!each(view)) return false
    return true
  }
}

function some(of: readonly Predicate[]): Predicate {
  const [only] = of
  if (of.length === 1 && only !== undefined) return only
  return (view) => {
    for (const each of of) if (each(view)) return true
    return false
  }
}

export function compileValueTest(field: string | undefined, test: ValueTest, slots: FieldSlots): Predicate {
  const slot = field === undefined ? undefined : slots.slotOf(field)
  if (test.kind === 'null' || test.kind === 'exists') {
    const wanted = test.kind === 'exists' && test.wanted
    return (view) => (slot !== undefined && isThere(view.value(slot), test.kind)) === wanted
  }
  if (test.kind === 'field') return compileReference(slot ?? 0, test, slots)
  if (test.kind === 'regex' && slot !== undefined) return compileFieldRegex(slot, test)
  const matches = textMatcher(test)
  const isFolded = test.kind === 'text' && !test.cased
  if (slot === undefined)
    return isFolded ? (view) => anyOf(view.everythingFolded(), matches) : (view) => anyOf(view.everything(), matches)
  return isFolded ? (view) => anyOf(view.folded(slot), matches) : (view) => anyOf(view.texts(slot), matches)
}

const literalsMax = 24
const demandsMax = 3
/** Patterns are slow: where one of a few texts must occur in whatever they match, those are looked for first. */
function compileFieldRegex(slot: number, test: Extract<ValueTest, { kind: 'regex' }>): Predicate {
  const { regex } = test
  const written = regex.texts
  if (written !== undefined) return compileWrittenOut(slot, written)
  // The texts of each of these must occur; what stands everywhere or is one of very many is not worth looking for.
  const sought = regex.literals
    .filter((each) => each.length <= literalsMax && each.every((text) => text.length > 1 || !/[\s/\-\w]/.test(text)))
    .slice(0, demandsMax)
  return (view) => {
    const texts = view.texts(slot)
    for (let index = 0; index < texts.length; index++) {
      const text = texts[index] as string
      if (!holdsOneOfEach(view.folded(slot)[index] as string, sought)) continue
      if (matchesRegex(regex, text)) return true
    }
    return false
  }
}

function compileWrittenOut(slot: number, written: RegexTexts): Predicate {
  const reads = writtenMatcher(written)
  return written.ignoresCase ? (view) => anyOf(view.folded(slot), reads) : (view) => anyOf(view.texts(slot), reads)
}

/** Of a text, folded where case is ignored. */
function writtenMatcher({ texts, atStart, atEnd, ignoresCase }: RegexTexts): (text: string) => boolean {
  const how: How = atStart ? (atEnd ? 'equals' : 'startsWith') : atEnd ? 'endsWith' : 'contains'
  const matches = textListMatcher({ [how]: ignoresCase ? texts.map(fold) : texts })
  return (text) => matches(text) || (atEnd && text.endsWith('\n') && matches(text.slice(0, -1)))
}

function holdsOneOfEach(text: string, demands: readonly Literals[]): boolean {
  for (const literals of demands) {
    let isMet = false
    for (const literal of literals)
      if (text.includes(literal)) {
        isMet = true
        break
      }
    if (!isMet) return false
  }
  return true
}

function anyOf(texts: readonly string[], matches: (text: string) => boolean): boolean {
  for (const text of texts) if (matches(text)) return true
  return false
}

/** An empty list holds no value: for `exists` as for null it is not there. A field that holds null is there for `exists`, as Sigma has it. */
function isThere(value: FieldValue | undefined, asked: 'null' | 'exists'): boolean {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return false
  return asked === 'exists' || value !== null
}

/** Of one value, folded where the test does not heed case. */
export function textMatcher(
  test: Exclude<ValueTest, { kind: 'null' | 'exists' | 'field' }>,
): (text: string) => boolean {
  switch (test.kind) {
    case 'text':
      return compilePattern(test.pattern, test.cased)
    case 'regex': {
      const { regex } = test
      const written = regex.texts
      if (written === undefined) return (text) => matchesRegex(regex, text)
      const reads = writtenMatcher(written)
      return written.ignoresCase ? (text) => reads(fold(text)) : reads
    }
    case 'cidr': {
      const { block } = test
      return (text) => {
        const address = readAddress(text)
        return address !== undefined && isInBlock(block, address)
      }
    }
    case 'compare': {
      const { operator, value } = test
      return (text) => {
        const number = readNumber(text)
        if (operator === 'lt') return number < value
        if (operator === 'lte') return number <= value
        return operator === 'gt' ? number > value : number >= value
      }
    }
  }
}

/** NaN, which compares to nothing, where the text is no decimal number. */
function readNumber(text: string): number {
  return /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(text) && text.length <= 64 ? Number(text) : Number.NaN
}

const referenceMax = 64

function compileReference(slot: number, test: Extract<ValueTest, { kind: 'field' }>, slots: FieldSlots): Predicate {
  const other = slots.slotOf(test.field)
  const compare = {
    equals: (a: string, b: string) => a === b,
    contains: (a: string, b: string) => a.includes(b),
    startswith: (a: string, b: string) => a.startsWith(b),
    endswith: (a: string, b: string) => a.endsWith(b),
  }[test.how]
  return (view) => {
    const texts = test.cased ? view.texts(slot) : view.folded(slot)
    const others = test.cased ? view.texts(other) : view.folded(other)
    // Two lists of thousands, all against all, would be an attacker's gift.
    const some = others.length > referenceMax ? others.slice(0, referenceMax) : others
    return texts.some((text) => some.some((each) => compare(text, each)))
  }
}
