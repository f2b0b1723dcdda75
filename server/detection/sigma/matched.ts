// What of an event a rule matched on, for people: fields and excerpts around the place, bounded.
import type { Flag } from '../flag.ts'
import { compileExpression, compileFieldTest, textMatcher } from './compile-test.ts'
import { type EventView, type FieldSlots, textsOf } from './event-view.ts'
import { fold } from './fold.ts'
import type { Expression, FieldTest, ValueTest } from './sigma-rule.ts'

const matchesMax = 8
const excerptMax = 200

/** Only called for rules that match: what must not be there (`not`) is left out. */
export function matchedOf(expression: Expression, view: EventView, slots: FieldSlots): Flag['matched'] {
  const found: { field: string; value: string }[] = []
  collect(expression, view, slots, found)
  return found
}

function collect(
  expression: Expression,
  view: EventView,
  slots: FieldSlots,
  found: { field: string; value: string }[],
) {
  if (found.length >= matchesMax) return
  switch (expression.kind) {
    case 'not':
      return
    case 'and':
      for (const each of expression.of) collect(each, view, slots, found)
      return
    case 'or':
      for (const each of expression.of) if (compileExpression(each, slots)(view)) collect(each, view, slots, found)
      return
    case 'test':
      if (!expression.test.negated && compileFieldTest(expression.test, slots)(view))
        addExcerpts(expression.test, view, slots, found)
  }
}

function addExcerpts(
  { field, tests, all }: FieldTest,
  view: EventView,
  slots: FieldSlots,
  found: { field: string; value: string }[],
) {
  for (const test of tests) {
    if (found.length >= matchesMax) return
    const excerpt = excerptOf(field, test, view, slots)
    if (excerpt === undefined) continue
    if (!found.some((each) => each.field === excerpt.field && each.value === excerpt.value)) found.push(excerpt)
    if (!all) return
  }
}

function excerptOf(field: string | undefined, test: ValueTest, view: EventView, slots: FieldSlots) {
  if (test.kind === 'null' || (test.kind === 'exists' && !test.wanted)) return undefined
  const names = field === undefined ? Object.keys(view.event.fields) : [field]
  for (const name of names) {
    // A keyword may stand in a field that no rule names: it gets no slot, or whoever names fields could make more of them.
    const texts = field === undefined ? textsOf(view.event.fields[name]) : view.texts(slots.slotOf(name))
    if (test.kind === 'exists' || test.kind === 'field')
      return texts[0] === undefined ? undefined : { field: name, value: excerpt(texts[0], 0) }
    const matches = textMatcher(test)
    const isFolded = test.kind === 'text' && !test.cased
    const text = texts.find((each) => matches(isFolded ? fold(each) : each))
    if (text !== undefined) return { field: name, value: excerpt(text, placeOf(test, text)) }
  }
  return undefined
}

/** About where the match stands, so that the excerpt shows it. */
function placeOf(test: ValueTest, text: string): number {
  if (test.kind === 'regex') return Math.max(0, (test.regex.exec(text) as { index: number } | null)?.index ?? 0)
  if (test.kind !== 'text') return 0
  const literal = test.pattern.find((part) => typeof part === 'string')
  return literal === undefined ? 0 : Math.max(0, fold(text).indexOf(fold(literal)))
}

function excerpt(text: string, at: number): string {
  if (text.length <= excerptMax) return text
  const start = Math.max(0, Math.min(at - 40, text.length - excerptMax + 1))
  const end = start + excerptMax - 2
  return `${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`
}
