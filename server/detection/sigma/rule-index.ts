// Which rules could match an event at all, found by the texts that must stand in it: every value is walked through once, for all rules.
import type { EventView, FieldSlots } from './event-view.ts'
import { LiteralScan } from './literal-scan.ts'
import type { Alternative } from './requirement.ts'

type FieldScan = {
  slot: number
  scan: LiteralScan
  /** By number of the literal in the scan: its number among the literals of all fields. */
  numbers: Int32Array
}

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
    this.#scans = [...byField].map(([field, texts]) => ({
      slot: slots.slotOf(field),
      scan: new LiteralScan([...texts.keys()]),
      numbers: Int32Array.from(texts.values()),
    }))
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
    let count = 0
    for (const { slot, scan, numbers } of this.#scans)
      for (const text of view.folded(slot)) {
        if (!view.mayScan(text, !scan.isKnown(text))) return count
        const found = scan.find(text)
        for (let place = 0; place < found; place++) {
          const number = numbers[scan.found[place] as number] as number
          if (this.#seen[number] === this.#event) continue
          this.#seen[number] = this.#event
          if ((this.#triggers[number] as readonly number[]).length > 0) this.#triggered[count++] = number
        }
      }
    return count
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
