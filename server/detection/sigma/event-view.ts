// One event as the tests of rules see it: each field's values as texts, and folded, made at most once per event. Reused from event to event.
import type { DetectionEvent, FieldValue } from '../detection-event.ts'
import { fold } from './fold.ts'

const nothing: readonly string[] = Object.freeze([])

/**
 * Longer values are looked at in their beginning and their end. Whoever makes events bounds them already; this is the last wall, so that one
 * value cannot hold the pipeline up.
 */
export const valueMaxChars = 262_144
const headChars = 196_608
const rememberedMinChars = 64
/**
 * What judging the events of one act (all commands of a tool call) may cost, in characters times rules that are asked of them: some 20 ms.
 * Short events are asked beyond it, half as much again, so that a long one hides none of them.
 */
const workMax = 3_000_000
/**
 * Beyond this much of it the clock is looked at too: how dear a character is differs from rule to rule. What a pause of a busy machine hits
 * below it is never cut.
 */
const unclockedUntil = workMax - 300_000
const clockedMaxMs = 10
const shortEventChars = 1_024
/** Of an act, places of matches that are looked for in long texts: each takes as long as many answers, and what is beyond shows the text's beginning. */
const placesMax = 16
/** Of asking one rule, whatever the length. */
const askingChars = 300
/** Of searching one character of a value for what rules ask, in characters that one rule is asked of. */
const scannedChars = 5
/** Of as many characters of a value that was searched before, and is only compared: the same as one. */
const comparedChars = 8

/** Gives each field that rules ask for a number: reading an event is reading arrays. */
export class FieldSlots {
  readonly names: string[] = []
  /** By slot: every object has something of that name by birth. */
  readonly areInborn: boolean[] = []
  readonly #slots = new Map<string, number>()

  slotOf(field: string): number {
    const known = this.#slots.get(field)
    if (known !== undefined) return known
    this.#slots.set(field, this.names.length)
    this.areInborn.push(field in Object.prototype)
    return this.names.push(field) - 1
  }
}

export class EventView {
  event!: DetectionEvent
  readonly #slots: FieldSlots
  #texts: (readonly string[] | undefined)[] = []
  #folded: (readonly string[] | undefined)[] = []
  readonly #last: ({ text: string; folded: readonly string[] } | undefined)[] = []
  #everything: readonly string[] | undefined
  #everythingFolded: readonly string[] | undefined
  #workLeft = workMax
  #newChars = 0
  #placesLeft = placesMax
  readonly #nowMs: (() => number) | undefined
  #startMs: number | undefined
  /** A rule was not asked, because the act had cost too much already. */
  isCut = false
  /** The same of any event of the act until now. */
  isActCut = false

  /** `nowMs`: monotonic milliseconds, of which only differences count. Without it only work is counted. */
  constructor(slots: FieldSlots, nowMs?: () => number) {
    this.#slots = slots
    this.#nowMs = nowMs
  }

  /** `isMore`: of the same act as the event before. */
  show(event: DetectionEvent, isMore = false): void {
    this.event = event
    this.#newChars = 0
    this.pass(isMore)
    this.#texts.fill(undefined)
    this.#folded.fill(undefined)
    this.#everything = undefined
    this.#everythingFolded = undefined
  }

  /** An event comes, of which nothing may be asked. */
  pass(isMore: boolean): void {
    this.isCut = false
    if (isMore) return
    this.#workLeft = workMax
    this.#placesLeft = placesMax
    this.#startMs = undefined
    this.isActCut = false
  }

  /**
   * Whether a value of so many characters may be searched for what rules ask. `isNew`: no event before had it; what rules know of the others they remember, so that
   * asking them is cheap.
   */
  mayScan(chars: number, isNew: boolean): boolean {
    if (isNew) this.#newChars += chars
    const work = isNew ? chars * scannedChars : Math.trunc(chars / comparedChars)
    return this.#mayGoOn(work)
  }

  /** Whether one more rule may be asked. */
  mayAsk(): boolean {
    return this.#mayGoOn(askingChars + this.#newChars)
  }

  /** Whether one more place of a match may be looked for in a long text. */
  mayFindPlace(): boolean {
    return this.#placesLeft-- > 0
  }

  #mayGoOn(work: number): boolean {
    // Nearly all acts end before it matters: every rule of every event comes through here.
    if (this.#workLeft <= unclockedUntil) return this.#spend(work)
    this.#workLeft -= work
    return true
  }

  #spend(work: number): boolean {
    if (this.isCut) return false
    const isShort = this.#newChars <= shortEventChars
    if (this.#workLeft < (isShort ? -workMax / 2 : 0) || this.#isLate(isShort)) this.isCut = this.isActCut = true
    else this.#workLeft -= work
    return !this.isCut
  }

  #isLate(isShort: boolean): boolean {
    if (this.#nowMs === undefined) return false
    const now = this.#nowMs()
    this.#startMs ??= now
    return now - this.#startMs >= (isShort ? clockedMaxMs * 1.5 : clockedMaxMs)
  }

  value(slot: number): FieldValue | undefined {
    const { fields } = this.event
    const name = this.#slots.names[slot] as string
    // Fields may come from a parsed line: what every object has by birth is no field of it.
    return this.#slots.areInborn[slot] && !Object.hasOwn(fields, name) ? undefined : fields[name]
  }

  /** Empty: absent, null or an empty list. */
  texts(slot: number): readonly string[] {
    const known = this.#texts[slot]
    if (known !== undefined) return known
    const texts = textsOf(this.value(slot))
    this.#texts[slot] = texts
    return texts
  }

  folded(slot: number): readonly string[] {
    const known = this.#folded[slot]
    if (known !== undefined) return known
    const texts = this.texts(slot)
    const folded = texts.length === 1 ? this.#foldOne(slot, texts[0] as string) : foldAll(texts)
    this.#folded[slot] = folded
    return folded
  }

  /** A long text often comes again at once: the text of a tool call stands in each of its commands. */
  #foldOne(slot: number, text: string): readonly string[] {
    if (text.length < rememberedMinChars) return foldAll(this.#texts[slot] as readonly string[])
    const last = this.#last[slot]
    if (last !== undefined && last.text === text) return last.folded
    const folded = foldAll(this.#texts[slot] as readonly string[])
    this.#last[slot] = { text, folded }
    return folded
  }

  /** All values of all fields, for keywords. */
  everything(): readonly string[] {
    this.#everything ??= Object.values(this.event.fields).flatMap(textsOf)
    return this.#everything
  }

  everythingFolded(): readonly string[] {
    this.#everythingFolded ??= this.everything().map(fold)
    return this.#everythingFolded
  }
}

export function textsOf(value: FieldValue | undefined): readonly string[] {
  if (typeof value === 'string') return [bounded(value)]
  if (value === undefined || value === null) return nothing
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)]
  for (let at = 0; at < value.length; at++) if ((value[at] as string).length > valueMaxChars) return value.map(bounded)
  return value
}

/** Most texts are folded already: those lists are not made again. */
function foldAll(texts: readonly string[]): readonly string[] {
  let folded: string[] | undefined
  for (let at = 0; at < texts.length; at++) {
    const text = texts[at] as string
    const other = fold(text)
    if (folded !== undefined) folded.push(other)
    else if (other !== text) folded = [...texts.slice(0, at), other]
  }
  return folded ?? texts
}

function bounded(text: string): string {
  if (text.length <= valueMaxChars) return text
  return `${text.slice(0, headChars)}\n${text.slice(headChars - valueMaxChars)}`
}
