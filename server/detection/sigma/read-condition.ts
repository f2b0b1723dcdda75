// `condition:` of a rule -> an expression over its selections. Binding, loosest first: or, and, not, `1 of`, brackets.
import type { Expression } from './sigma-rule.ts'

const conditionMaxChars = 4_000
const depthMax = 50

export type ConditionOutcome =
  | { expression: Expression; used: Set<string> }
  | { wrong: string }
  | { unsupported: string; construct: string }

class Stop extends Error {
  readonly construct: string | undefined
  constructor(message: string, construct?: string) {
    super(message)
    this.construct = construct
  }
}

export function readCondition(text: string, selections: ReadonlyMap<string, Expression>): ConditionOutcome {
  if (text.length > conditionMaxChars) return { wrong: `The condition is longer than ${conditionMaxChars} characters` }
  if (text.includes('|')) {
    const hint =
      'write a correlation document instead (correlation: {type: event_count, rules, group-by, timespan, condition})'
    return {
      construct: 'aggregation in a condition',
      unsupported: `\`| …\` in a condition is Sigma's former aggregation; ${hint}`,
    }
  }
  try {
    return new ConditionReader(text, selections).read()
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    return error.construct === undefined
      ? { wrong: error.message }
      : { unsupported: error.message, construct: error.construct }
  }
}

class ConditionReader {
  readonly #tokens: string[]
  readonly #selections: ReadonlyMap<string, Expression>
  readonly #used = new Set<string>()
  #at = 0
  #depth = 0

  constructor(text: string, selections: ReadonlyMap<string, Expression>) {
    this.#tokens = text.match(/[()]|[^\s()]+/g) ?? []
    this.#selections = selections
  }

  read(): { expression: Expression; used: Set<string> } {
    const expression = this.#or()
    if (this.#at < this.#tokens.length) throw new Stop(`The condition has ${this.#quoted()} where it should have ended`)
    return { expression, used: this.#used }
  }

  #or(): Expression {
    const of = [this.#and()]
    while (this.#takeWord('or')) of.push(this.#and())
    return of.length === 1 && of[0] !== undefined ? of[0] : { kind: 'or', of }
  }

  #and(): Expression {
    const of = [this.#not()]
    while (this.#takeWord('and')) of.push(this.#not())
    return of.length === 1 && of[0] !== undefined ? of[0] : { kind: 'and', of }
  }

  #not(): Expression {
    if (!this.#takeWord('not')) return this.#atom()
    return this.#deeper(() => ({ kind: 'not', of: this.#not() }))
  }

  #atom(): Expression {
    if (this.#tokens[this.#at] === '(') {
      this.#at++
      const inner = this.#deeper(() => this.#or())
      if (this.#tokens[this.#at] !== ')')
        throw new Stop(`A bracket of the condition is not closed before ${this.#quoted()}`)
      this.#at++
      return inner
    }
    const word = this.#tokens[this.#at]
    if (word === undefined || word === ')') throw new Stop(`The condition lacks a selection before ${this.#quoted()}`)
    if (this.#tokens[this.#at + 1]?.toLowerCase() === 'of' && !this.#selections.has(word)) return this.#quantified(word)
    this.#at++
    const selection = this.#selections.get(word)
    if (selection === undefined) {
      const names = [...this.#selections.keys()].slice(0, 12).join(', ')
      throw new Stop(`The condition names "${word.slice(0, 60)}", which is no selection; there are: ${names || 'none'}`)
    }
    this.#used.add(word)
    return selection
  }

  #quantified(word: string): Expression {
    const quantity = word.toLowerCase()
    const pattern = this.#tokens[this.#at + 2]
    this.#at += 3
    if (quantity !== '1' && quantity !== 'all' && quantity !== 'any') {
      if (/^\d+$/.test(word))
        throw new Stop(
          `\`${word.slice(0, 10)} of\` is not Sigma; there are \`1 of\` and \`all of\``,
          `${word.slice(0, 10)} of`,
        )
      throw new Stop(`"${word.slice(0, 60)} of": write \`1 of\` or \`all of\``)
    }
    if (pattern === undefined || pattern === '(' || pattern === ')')
      throw new Stop(`After \`${word} of\` comes a name with *, or \`them\``)
    const names = this.#matching(pattern)
    if (names.length === 0) throw new Stop(`\`${word} of ${pattern.slice(0, 60)}\` matches no selection`)
    for (const name of names) this.#used.add(name)
    const of = names.map((name) => this.#selections.get(name)).filter((each) => each !== undefined)
    if (of.length === 1 && of[0] !== undefined) return of[0]
    return { kind: quantity === 'all' ? 'and' : 'or', of }
  }

  #matching(pattern: string): string[] {
    const names = [...this.#selections.keys()]
    if (pattern.toLowerCase() === 'them' && !this.#selections.has(pattern))
      return names.filter((name) => !name.startsWith('_'))
    const pieces = pattern.split('*')
    return names.filter((name) => matchesPieces(name, pieces))
  }

  #deeper<T>(inner: () => T): T {
    if (++this.#depth > depthMax) throw new Stop(`The condition is nested deeper than ${depthMax}`)
    const done = inner()
    this.#depth--
    return done
  }

  #takeWord(word: string): boolean {
    const token = this.#tokens[this.#at]
    if (token?.toLowerCase() !== word || this.#selections.has(token)) return false
    this.#at++
    return true
  }

  #quoted(): string {
    const token = this.#tokens[this.#at]
    return token === undefined ? 'its end' : `"${token.slice(0, 60)}"`
  }
}

function matchesPieces(name: string, pieces: readonly string[]): boolean {
  const [first = '', ...rest] = pieces
  if (rest.length === 0) return name === first
  if (!name.startsWith(first)) return false
  let at = first.length
  for (const piece of rest.slice(0, -1)) {
    const found = name.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  const last = rest.at(-1) ?? ''
  return name.length - last.length >= at && name.endsWith(last)
}
