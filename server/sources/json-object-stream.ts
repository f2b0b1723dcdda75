// JSON objects out of lines, however they were written: one a line, several on one line without a break (Firehose), printed over many
// lines (`gcloud`, `aws`), or as the elements of one array. Memory is bounded, and a record that breaks off costs only itself: it must
// never swallow the records after it.
import { isObject, type JsonObject, jsonOfLine } from './normal-values.ts'

export type JsonObjectTaker = {
  /**
   * A whole object; of an array, one call an element. `text` is its own text: its identity, and where digits that JSON.parse rounds are
   * still whole.
   */
  object(value: JsonObject, text: string): void
  /** Told once a broken record. `raw` is what there is of it. */
  broken(reason: string, raw: string): void
}

export const notJsonReason = 'line is not a JSON object'
export const cutOffReason = 'JSON record is cut off or damaged'
export const tooLongReason = 'JSON record spread over several lines is too long'

/** UTF-16 units that wait for the end of their object. A record on one line of its own may be longer. */
export const waitingMax = 8 * 1024 * 1024
/** Deeper objects over several lines are no log records. */
const depthMax = 256
const rawKept = 2_000
/** After so many broken objects on one line the rest of it is not worth telling. */
const brokenMax = 100

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const openArray = 0x5b
const backslash = 0x5c
const closeArray = 0x5d
const openObject = 0x7b
const closeObject = 0x7d

export class JsonObjectStream {
  /** Earlier lines of the object that is open. */
  #lines: string[] = []
  #waiting = 0
  /** Brackets that are open; empty between objects. */
  #open: number[] = []
  /** Last character outside of strings that is no blank: says whether a bracket may open here. */
  #last = 0
  #isTooLong = false
  /** Arrays around the objects. */
  #arrays = 0

  get isInArray(): boolean {
    return this.#arrays > 0
  }

  get isWaiting(): boolean {
    return this.#open.length > 0
  }

  /** `line` without its line end. */
  take(line: string, taker: JsonObjectTaker): void {
    if (!this.isWaiting) {
      const text = line.trim()
      const value = text.startsWith('{') && text.endsWith('}') ? jsonOfLine(text) : undefined
      if (isObject(value)) return taker.object(value, text)
    }
    this.#scan(line, taker)
  }

  /** What waits will not be completed: the input ended, or a line came that cannot belong to it. */
  giveUp(taker: JsonObjectTaker): void {
    if (this.isWaiting && !this.#isTooLong) taker.broken(cutOffReason, this.#lines.join('\n').slice(0, rawKept))
    this.#reset()
  }

  #reset(): void {
    this.#lines = []
    this.#waiting = 0
    this.#open = []
    this.#last = 0
    this.#isTooLong = false
  }

  #scan(line: string, taker: JsonObjectTaker): void {
    let start = 0
    let broken = 0
    for (let at = 0; at < line.length; at += 1) {
      const char = line.charCodeAt(at)
      if (isBlank(char)) continue
      if (!this.isWaiting) {
        // Between objects: the brackets and commas of the array around them.
        if (char === comma) continue
        if (char === openArray || (char === closeArray && this.isInArray)) {
          this.#arrays += char === openArray ? 1 : -1
          continue
        }
        if (char !== openObject) return taker.broken(notJsonReason, line.slice(at))
        start = at
        this.#open.push(char)
      } else if (char === quote) {
        at = endOfString(line, at)
        // JSON has no line break inside of a string: this record ends here.
        if (at === -1) return this.#break(line.slice(start), taker)
      } else if (char === openObject || char === openArray) {
        if (this.#open.length >= depthMax) return this.#break(line.slice(start), taker)
        if (!this.#mayOpen()) {
          this.#break(line.slice(start, at), taker)
          broken += 1
          if (broken === brokenMax) return
          // A new record begins where the open one cannot go on.
          start = at
          if (char === openArray) {
            this.#arrays += 1
            continue
          }
        }
        this.#open.push(char)
      } else if (char === closeObject || char === closeArray) {
        if (this.#open.pop() !== (char === closeObject ? openObject : openArray)) {
          return this.#break(line.slice(start), taker)
        }
        if (!this.isWaiting) this.#finish(line.slice(start, at + 1), taker)
      }
      this.#last = char
    }
    if (this.isWaiting) this.#keep(line.slice(start), taker)
  }

  /** In an object only after a colon, in an array first or after a comma. */
  #mayOpen(): boolean {
    if (this.#open.at(-1) === openObject) return this.#last === colon
    return this.#last === openArray || this.#last === comma
  }

  #keep(text: string, taker: JsonObjectTaker): void {
    if (this.#isTooLong) return
    this.#lines.push(text)
    this.#waiting += text.length + 1
    if (this.#waiting <= waitingMax) return
    taker.broken(tooLongReason, this.#lines.join('\n').slice(0, rawKept))
    this.#lines = []
    this.#isTooLong = true
  }

  #finish(text: string, taker: JsonObjectTaker): void {
    const wasTooLong = this.#isTooLong
    const whole = this.#lines.length === 0 ? text : `${this.#lines.join('\n')}\n${text}`
    this.#reset()
    if (wasTooLong) return
    const value = jsonOfLine(whole)
    if (isObject(value)) taker.object(value, whole)
    else taker.broken(cutOffReason, whole.slice(0, rawKept))
  }

  #break(text: string, taker: JsonObjectTaker): void {
    if (!this.#isTooLong) {
      this.#lines.push(text)
      taker.broken(cutOffReason, this.#lines.join('\n').slice(0, rawKept))
    }
    this.#reset()
  }
}

function isBlank(char: number): boolean {
  return char === 0x20 || char === 0x09 || char === 0x0d
}

/** Index of the closing quote, -1 where there is none on this line. */
function endOfString(line: string, opening: number): number {
  for (let at = opening + 1; at < line.length; at += 1) {
    const char = line.charCodeAt(at)
    if (char === backslash) at += 1
    else if (char === quote) return at
  }
  return -1
}
