// What of an event a rule matched on, for people: fields and excerpts around the place, bounded. Compiled once a rule, when it first matches.
import { findSecrets } from '../../protocol/secrets.ts'
import type { Flag } from '../flag.ts'
import { compileExpression, compileFieldTest, compileValueTest, textMatcher } from './compile-test.ts'
import { type EventView, type FieldSlots, textsOf } from './event-view.ts'
import { fold } from './fold.ts'
import type { Expression, FieldTest, ValueTest } from './sigma-rule.ts'

const matchesMax = 8
const excerptMax = 200

type Match = { field: string; value: string }
type Collector = (view: EventView, found: Match[]) => void

/** Only to be called for events that match: what must not be there (`not`) is left out. */
export function compileMatched(expression: Expression, slots: FieldSlots): (view: EventView) => Flag['matched'] {
  const collect = collector(expression, slots)
  return (view) => {
    const found: Match[] = []
    collect(view, found)
    return found
  }
}

function collector(expression: Expression, slots: FieldSlots): Collector {
  switch (expression.kind) {
    case 'not':
      return () => {}
    case 'and': {
      const of = expression.of.map((each) => collector(each, slots))
      return (view, found) => {
        for (const each of of) if (found.length < matchesMax) each(view, found)
      }
    }
    case 'or': {
      const of = expression.of.map((each) => ({
        matches: compileExpression(each, slots),
        collect: collector(each, slots),
      }))
      return (view, found) => {
        for (const each of of) if (found.length < matchesMax && each.matches(view)) each.collect(view, found)
      }
    }
    case 'test':
      return expression.test.negated ? () => {} : testCollector(expression.test, slots)
  }
}

function testCollector(test: FieldTest, slots: FieldSlots): Collector {
  const matches = compileFieldTest(test, slots)
  const of = test.tests.map((each) => ({
    matches: compileValueTest(test.field, each, slots),
    excerpt: excerptOf(test.field, each, slots),
  }))
  return (view, found) => {
    if (!matches(view)) return
    for (const each of of) {
      if (found.length >= matchesMax) return
      const excerpt = each.matches(view) ? each.excerpt(view) : undefined
      if (excerpt === undefined) continue
      if (!found.some(({ field, value }) => field === excerpt.field && value === excerpt.value)) found.push(excerpt)
      if (!test.all) return
    }
  }
}

function excerptOf(
  field: string | undefined,
  test: ValueTest,
  slots: FieldSlots,
): (view: EventView) => Match | undefined {
  if (test.kind === 'null' || (test.kind === 'exists' && !test.wanted)) return () => undefined
  const slot = field === undefined ? undefined : slots.slotOf(field)
  const matches = test.kind === 'exists' || test.kind === 'field' ? () => true : textMatcher(test)
  const isFolded = test.kind === 'text' && !test.cased
  return (view) => {
    // A keyword may stand in a field that no rule names: it gets no slot, or whoever names fields could make more of them.
    const names = field === undefined ? Object.keys(view.event.fields) : [field]
    for (const name of names) {
      const texts = slot === undefined ? textsOf(view.event.fields[name]) : view.texts(slot)
      // Folding again what the view has folded is most of what a long text costs here.
      const compared = !isFolded ? texts : slot === undefined ? texts.map(fold) : view.folded(slot)
      const place = compared.findIndex((each) => matches(each))
      const text = texts[place]
      if (text !== undefined)
        return { field: name, value: excerpt(text, placeOf(test, text, compared[place] as string, view)) }
    }
    return undefined
  }
}

/** About where the match stands, so that the excerpt shows it. */
function placeOf(test: ValueTest, text: string, compared: string, view: EventView): number {
  if (text.length <= excerptMax) return 0
  if (test.kind === 'regex') return view.mayFindPlace() ? test.regex.placeIn(text) : 0
  if (test.kind !== 'text') return 0
  const literal = test.pattern.find((part) => typeof part === 'string')
  return literal === undefined ? 0 : Math.max(0, compared.indexOf(test.cased ? literal : fold(literal)))
}

/** As far as it may lie from its secret what shows that it is one: a name before it, the rest of a token behind it. */
const lookAround = 4_096

/**
 * Whoever shows an excerpt masks what looks like a secret in it. What does not look like one any more, because a part of it or what named it
 * was cut off, is left out here: not with a mask's mark, which nobody but the one who masks may write.
 */
function withoutHalfSecrets(text: string, start: number, end: number): string {
  const from = Math.max(0, start - lookAround)
  const secrets = findSecrets(text.slice(from, end + lookAround))
  if (secrets.length === 0) return text.slice(start, end)
  const known = findSecrets(text.slice(start, end))
  let shown = ''
  let at = start
  for (const secret of secrets) {
    const [first, last] = [Math.max(start, from + secret.start), Math.min(end, from + secret.end)]
    if (first >= last || known.some((each) => start + each.start <= first && last <= start + each.end)) continue
    shown += `${text.slice(at, first)}‹left out: ${secret.kind}, ${secret.end - secret.start} characters›`
    at = last
  }
  return shown + text.slice(at, end)
}

function excerpt(text: string, at: number): string {
  if (text.length <= excerptMax) return text
  const start = Math.max(0, Math.min(at - 40, text.length - excerptMax + 1))
  const end = start + excerptMax - 2
  return `${start > 0 ? '…' : ''}${withoutHalfSecrets(text, start, end)}${end < text.length ? '…' : ''}`
}
