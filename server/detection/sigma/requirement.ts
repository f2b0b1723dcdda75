// What must stand in an event for a rule to match at all: a few texts, one of which has to occur in its field. Rules whose texts do not occur are
// never evaluated. It may only ever leave out rules that could not match (a property test holds it to that).
import { fold } from './fold.ts'
import { regexLiterals } from './regex-literals.ts'
import type { Expression, FieldTest, ValueTest } from './sigma-rule.ts'

/** `text` is folded and occurs in the folded value. */
export type Atom = { field: string; text: string }
/** One of them must occur; undefined: nothing is known, the rule is always evaluated. */
export type Requirement = readonly Atom[] | undefined

const atomMaxChars = 16
const atomMinChars = 2
const atomsMax = 400

export function requirementOf(expression: Expression): Requirement {
  switch (expression.kind) {
    case 'not':
      return undefined
    case 'test':
      return ofTest(expression.test)
    case 'and':
      return best(expression.of.map(requirementOf))
    case 'or':
      return union(expression.of.map(requirementOf))
  }
}

function ofTest({ field, tests, all, negated }: FieldTest): Requirement {
  if (negated || field === undefined) return undefined
  const each = tests.map((test) => ofValue(field, test))
  return all ? best(each) : union(each)
}

function ofValue(field: string, test: ValueTest): Requirement {
  if (test.kind === 'text') {
    const texts = test.pattern.filter((part) => typeof part === 'string').map(fold)
    const longest = texts.reduce((a, b) => (b.length > a.length ? b : a), '')
    return atoms(field, [longest])
  }
  return test.kind === 'regex' ? atoms(field, regexLiterals(test.source)) : undefined
}

function atoms(field: string, texts: readonly string[] | undefined): Requirement {
  if (texts === undefined || texts.some((text) => text.length < atomMinChars)) return undefined
  // The end of a path tells more than its beginning.
  return texts.map((text) => ({ field, text: text.slice(-atomMaxChars) }))
}

function union(each: readonly Requirement[]): Requirement {
  const all: Atom[] = []
  for (const one of each) {
    if (one === undefined) return undefined
    all.push(...one)
  }
  return all.length === 0 || all.length > atomsMax ? undefined : all
}

function best(each: readonly Requirement[]): Requirement {
  let found: Requirement
  for (const one of each) if (one !== undefined && (found === undefined || worth(one) > worth(found))) found = one
  return found
}

/** A guess at how seldom one of the texts occurs. */
function worth(requirement: readonly Atom[]): number {
  const rarity = requirement.map(({ field, text }) => {
    if ('/usr/bin/'.includes(text) || text.startsWith(' -') || /^[\s./-]*$/.test(text)) return 1
    return Math.min(text.length, 8) + (field === 'Image' ? 3 : 0)
  })
  return Math.min(...rarity) - Math.log2(requirement.length)
}
