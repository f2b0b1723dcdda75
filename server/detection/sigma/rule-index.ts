// Which rules could match an event at all, found by the texts that must stand in it: every value is walked through once, for all rules.
import type { EventView, FieldSlots } from './event-view.ts'
import { LiteralScan } from './literal-scan.ts'
import type { Alternative } from './requirement.ts'
import { fieldsOfFewValues, ValueMemory } from './value-memory.ts'

type FieldScan = {
  slot: number
  scan: LiteralScan
  /** By number of the literal in the scan: its number among the literals of all fields; -1 where this field is not asked for it. */
  numbers: Int32Array
  /** The field whose values are words of this one's: what is looked for in them is looked for here. */
  words: { slot: number; numbers: Int32Array } | undefined
  /** By value, as it is written: the literals that occur in it. */
  memory: ValueMemory<Int32Array> | undefined
  /** The last value, as it is written, and what occurs in it: the text of a tool call stands in each of its commands. */
  lastText: string
  found: Int32Array
  count: number
}

/** Of a command the words are argv without its first, and the line is argv joined: one walk over the line is one over both. */
const wordsOf: ReadonlyMap<string, string> = new Map([['CommandLine', 'Args']])

/** The rules of one log source. Reused from event to event: judging is not reentrant. */
export class RuleIndex {
  /** Rules of which nothing must occur. */
  readonly #always: readonly number[]
  readonly #scans: readonly FieldScan[]
  /** By literal in a field: the alternatives whose first demand it meets. First demands are met seldom, so the others are looked at seldom. */
  readonly #triggers: readonly (readonly number[])[]
  /** By alternative: its rule, and its other demands, each of which is met by one of these literals. */
  readonly #ruleOf: readonly number[]
  readonly #demands: readonly (readonly Int32Array[])[]
  /** By literal in a field, and by rule: the last event in which it occurred, or was a candidate. */
  readonly #seen: Uint32Array
  readonly #chosen: Uint32Array
  readonly #triggered: Int32Array
  #event = 0
  #count = 0

  /** `alternatives`: of each of the rules, by its number in the rule set; none where nothing is known of it. */
  constructor(rules: readonly number[], alternatives: readonly (readonly Alternative[])[], slots: FieldSlots) {
    const always: number[] = []
    const byField = new Map<string, Map<string, number>>()
    const triggers: number[][] = []
    const numberOf = (field: string, text: string): number => {
      const texts = byField.get(field) ?? new Map<string, number>()
      byField.set(field, texts)
      const known = texts.get(text)
      if (known !== undefined) return known
      texts.set(text, triggers.length)
      return triggers.push([]) - 1
    }
    const ruleOf: number[] = []
    const demands: Int32Array[][] = []
    for (const rule of rules) {
      const mine = alternatives[rule] ?? []
      if (mine.length === 0) always.push(rule)
      for (const [first = [], ...others] of mine) {
        const alternative = ruleOf.push(rule) - 1
        for (const { field, text } of first) {
          const triggered = triggers[numberOf(field, text)]
          if (triggered?.at(-1) !== alternative) triggered?.push(alternative)
        }
        demands.push(others.map((each) => Int32Array.from(each, ({ field, text }) => numberOf(field, text))))
      }
    }
    this.#always = always
    this.#scans = [...byField]
      .map(([field, texts]): FieldScan => {
        const inner = wordsOf.get(field) ?? ''
        const ofWords = byField.get(inner)
        const literals = [...new Set([...texts.keys(), ...(ofWords?.keys() ?? [])])]
        const numbersIn = (known: ReadonlyMap<string, number>) =>
          Int32Array.from(literals, (text) => known.get(text) ?? -1)
        const scan = new LiteralScan(literals)
        return {
          slot: slots.slotOf(field),
          scan,
          numbers: numbersIn(texts),
          words: ofWords && { slot: slots.slotOf(inner), numbers: numbersIn(ofWords) },
          memory: fieldsOfFewValues.has(field) ? new ValueMemory() : undefined,
          lastText: '',
          found: scan.found,
          count: 0,
        }
      })
      .sort((a, b) => Number(b.words !== undefined) - Number(a.words !== undefined))
    this.#triggers = triggers
    this.#ruleOf = ruleOf
    this.#demands = demands
    this.#seen = new Uint32Array(triggers.length)
    this.#chosen = new Uint32Array(Math.max(0, ...rules.map((rule) => rule + 1)))
    this.#triggered = new Int32Array(triggers.length)
  }

  /** Rules one of whose alternatives has all its demands met by the event that the view shows, and those that demand nothing; each once. */
  candidates(view: EventView): readonly number[] {
    const count = this.#look(view)
    let found: number[] | undefined
    for (let place = 0; place < count; place++) {
      for (const alternative of this.#triggers[this.#triggered[place] as number] as readonly number[]) {
        const rule = this.#ruleOf[alternative] as number
        if (this.#chosen[rule] === this.#event || !this.#areMet(this.#demands[alternative] as Int32Array[])) continue
        this.#chosen[rule] = this.#event
        if (found === undefined) found = [...this.#always]
        found.push(rule)
      }
    }
    return found ?? this.#always
  }

  /** Marks the literals that occur; how many of them meet a first demand. */
  #look(view: EventView): number {
    this.#event = (this.#event + 1) >>> 0
    if (this.#event === 0) {
      this.#seen.fill(0)
      this.#chosen.fill(0)
      this.#event = 1
    }
    this.#count = 0
    let covered = -1
    for (const scan of this.#scans) {
      if (scan.slot === covered) continue
      const value = view.value(scan.slot)
      // Most fields of most events are empty.
      if (value === undefined || value === null || (typeof value === 'object' && value.length === 0)) continue
      const texts = view.texts(scan.slot)
      const words = scan.words !== undefined && areWordsOf(texts, view.texts(scan.words.slot)) ? scan.words : undefined
      if (words !== undefined) covered = words.slot
      for (let at = 0; at < texts.length; at++)
        if (!this.#lookThrough(scan, words, texts[at] as string, at, view)) return this.#count
    }
    return this.#count
  }

  /** False where it may not. */
  #lookThrough(field: FieldScan, words: FieldScan['words'], text: string, at: number, view: EventView): boolean {
    const isKnown = text === field.lastText
    if (!view.mayScan(words === undefined ? text.length : 2 * text.length, !isKnown)) return false
    if (!isKnown) find(field, text, at, view)
    this.#mark(field, field.numbers)
    if (words !== undefined) this.#mark(field, words.numbers)
    return true
  }

  #mark({ found, count }: FieldScan, numbers: Int32Array): void {
    for (let place = 0; place < count; place++) {
      const number = numbers[found[place] as number] as number
      if (number < 0 || this.#seen[number] === this.#event) continue
      this.#seen[number] = this.#event
      if ((this.#triggers[number] as readonly number[]).length > 0) this.#triggered[this.#count++] = number
    }
  }

  #areMet(demands: readonly Int32Array[]): boolean {
    for (const demand of demands) {
      let isMet = false
      for (let place = 0; place < demand.length && !isMet; place++)
        isMet = this.#seen[demand[place] as number] === this.#event
      if (!isMet) return false
    }
    return true
  }
}

function find(field: FieldScan, text: string, at: number, view: EventView): void {
  const { slot, scan, memory } = field
  field.lastText = text
  const known = memory?.get(text)
  if (known !== undefined) {
    field.found = known
    field.count = known.length
    return
  }
  field.count = scan.find(view.folded(slot)[at] as string)
  field.found = scan.found
  memory?.set(text, scan.found.slice(0, field.count))
}

/** Whether the words stand at the end of the line, a blank before each: then nothing occurs in one of them that does not occur in the line. */
function areWordsOf(lines: readonly string[], words: readonly string[]): boolean {
  if (lines.length !== 1) return false
  const line = lines[0] as string
  let end = line.length
  for (let at = words.length - 1; at >= 0; at--) {
    const word = words[at] as string
    const start = end - word.length
    if (start < 1 || line.charCodeAt(start - 1) !== 32 || !line.startsWith(word, start)) return false
    end = start - 1
  }
  return true
}
