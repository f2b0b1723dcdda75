// What must stand in an event for a rule to match at all. A rule is a few alternatives ("find with -perm", "getcap with -r"), each of them up to
// three demands, each of them a few texts of which one must occur in its field. Rules none of whose alternatives has all its demands met are
// never evaluated. It may only ever leave out rules that could not match (a property test holds it to that).
import { fold } from './fold.ts'
import type { Expression, FieldTest, ValueTest } from './sigma-rule.ts'

/** `text` is folded and occurs in the folded value. */
export type Atom = { field: string; text: string }
/** One of them must occur. */
export type Requirement = readonly Atom[]

/** All of them must be met; those that are met more seldom come first. */
export type Alternative = readonly Requirement[]

const demandsMax = 3
const alternativesMax = 64
const atomMaxChars = 16
const atomsMax = 400
/** A demand after the first that is met more often than that is not worth looking for. */
const worthMin = 1
/** Letters that seldom stand alone are worth looking for by themselves. */
const rareLetter = /^[?$`~|{};<>&()*"'\\%#@^![\]]$/

/** Empty: nothing is known, the rule is always evaluated. */
export function alternativesOf(expression: Expression): readonly Alternative[] {
  return alternatives(expression).map((demands) =>
    demands
      .map((requirement) => ({ requirement, worth: worth(requirement) }))
      .sort((a, b) => b.worth - a.worth)
      .filter((each, index) => index === 0 || (index < demandsMax && each.worth >= worthMin))
      .map(({ requirement }) => requirement),
  )
}

function alternatives(expression: Expression): readonly Alternative[] {
  switch (expression.kind) {
    case 'not':
      return []
    case 'test': {
      const demands = demandsOfTest(expression.test)
      return demands.length === 0 ? [] : [demands]
    }
    case 'or': {
      const each = expression.of.map(alternatives)
      if (each.some((one) => one.length === 0)) return []
      const all = each.flat()
      return all.length <= alternativesMax ? all : collapsed(all)
    }
    case 'and':
      return together(expression.of.map(alternatives).filter((one) => one.length > 0))
  }
}

/** The part with the most telling alternatives stays; each of them gets the demands of the other parts, too. */
function together(parts: readonly (readonly Alternative[])[]): readonly Alternative[] {
  const several = parts.filter((part) => part.length > 1)
  const base = several.reduce<readonly Alternative[] | undefined>(
    (kept, part) => (kept === undefined || worthOfAll(part) > worthOfAll(kept) ? part : kept),
    undefined,
  )
  const others = parts.filter((part) => part !== base)
  const demands = others.flatMap((part) => (part.length === 1 ? (part[0] ?? []) : (collapsed(part)[0] ?? [])))
  if (base === undefined) return demands.length === 0 ? [] : [demands]
  return base.map((alternative) => [...alternative, ...demands])
}

/** One demand that holds whichever alternative does. */
function collapsed(all: readonly Alternative[]): readonly Alternative[] {
  const demands = union(all.map(best))
  return demands.length === 0 ? [] : [demands]
}

function worthOfAll(all: readonly Alternative[]): number {
  return Math.min(...all.map((each) => Math.max(...each.map(worth))))
}

function demandsOfTest({ field, tests, all, negated }: FieldTest): readonly Requirement[] {
  if (negated || field === undefined) return []
  const each = tests.map((test) => demandsOfValue(field, test))
  return all || each.length === 1 ? each.flat() : union(each.map(best))
}

function demandsOfValue(field: string, test: ValueTest): readonly Requirement[] {
  if (test.kind === 'text') {
    const texts = test.pattern.filter((part) => typeof part === 'string').map((text) => [fold(text)])
    return texts.map((each) => atoms(field, each)).filter((each) => each !== undefined)
  }
  if (test.kind !== 'regex') return []
  return test.regex.literals.map((each) => atoms(field, each)).filter((each) => each !== undefined)
}

function atoms(field: string, texts: readonly string[]): Requirement | undefined {
  if (texts.length > atomsMax || texts.some((text) => text.length < 2 && !rareLetter.test(text))) return undefined
  // The end of a path tells more than its beginning.
  return texts.map((text) => ({ field, text: text.slice(-atomMaxChars) }))
}

/** One demand that holds whichever of these does; none where one of them demands nothing. */
function union(each: readonly (Requirement | undefined)[]): readonly Requirement[] {
  const all: Atom[] = []
  for (const one of each) {
    if (one === undefined) return []
    all.push(...one)
  }
  return all.length === 0 || all.length > atomsMax ? [] : [all]
}

function best(each: Alternative): Requirement | undefined {
  let found: Requirement | undefined
  for (const one of each) if (found === undefined || worth(one) > worth(found)) found = one
  return found
}

/** Fields that hold one of a few words: an event has one of them nearly always. */
const plainFields = new Set([
  ...['RunsOn', 'User', 'Origin', 'Language', 'Operation', 'Protocol', 'Direction', 'DestinationScope', 'ParentImage'],
  ...[
    'Stream',
    'State',
    'Phase',
    'Tool',
    'QueryType',
    'Initiated',
    'Background',
    'OnTask',
    'Refused',
    'Unanswered',
    'Open',
  ],
])
const usualPrograms =
  /^\/?(?:sh|bash|find|grep|echo|printf|cat|ls|sed|awk|xargs|python3?|git|cd|rm|cp|mv|tar|sort|cut|tr|head|tail)$/

/** A guess at how seldom one of the texts occurs in what agents do. */
function worth(requirement: Requirement): number {
  const rarity = requirement.map(({ field, text }) => {
    if (plainFields.has(field)) return 0
    if ('/usr/bin/'.includes(text) || text.startsWith(' -') || /^[\s./-]*$/.test(text)) return 1
    if (usualPrograms.test(text)) return 2
    return Math.min(text.length, 8) + (field === 'Image' ? 3 : 0)
  })
  return Math.min(...rarity) - Math.log2(requirement.length) / 2
}
