// Brings a text down to a size that can be parsed in time. Padding goes first, so that what stands behind it is still seen; of what is still too
// long both ends are parsed and the middle is looked at leniently. One pass over the text, because texts of megabytes have to be read in milliseconds.
import { limits, type ReadBudget } from './read-budget.ts'

export type CompactText = {
  /** To be parsed. */
  pieces: readonly string[]
  /** Too long to be parsed: looked at leniently. */
  between: string
}

const longBlank = 64
const longWord = 4096

export function compactText(text: string, budget: ReadBudget): CompactText {
  if (text.length <= limits.textChars) return { pieces: [clean(text)], between: '' }
  budget.stop('too long')
  const short = withoutPadding(withoutMiddle(text), budget)
  if (short.length <= limits.textChars) return { pieces: [clean(short)], between: '' }
  const head = cutAtLine(short, limits.headChars)
  const tailFrom = short.length - limits.tailChars
  const line = short.indexOf('\n', tailFrom)
  const from = line >= 0 && line < tailFrom + 1024 ? line + 1 : tailFrom
  return { pieces: [clean(head), clean(short.slice(from))], between: short.slice(head.length, from) }
}

function withoutMiddle(text: string): string {
  const half = limits.lookedAtChars >> 1
  return text.length <= limits.lookedAtChars ? text : `${text.slice(0, half)}\n${text.slice(-half)}`
}

/** Shells drop NUL; a carriage return before a newline is how the text was sent. */
function clean(text: string): string {
  const visible = text.includes('\0') ? text.replaceAll('\0', '') : text
  return visible.includes('\r') ? visible.replaceAll('\r\n', '\n') : visible
}

/** Long runs of blanks, comments of whole lines and the middle of endless words are left out. */
function withoutPadding(text: string, budget: ReadBudget): string {
  const kept: string[] = []
  const end = text.length
  const deadlineMs = budget.clockMs() + limits.compactMs
  let from = 0
  let runStart = 0
  let wasBlank = true
  let hasNewline = true
  const endRun = (at: number) => {
    const length = at - runStart
    if (wasBlank && length >= longBlank) {
      kept.push(text.slice(from, runStart), hasNewline ? '\n' : ' ')
      from = at
    } else if (!wasBlank && length >= longWord) {
      kept.push(text.slice(from, runStart + 1024), '…')
      from = at - 256
    }
  }
  for (let i = 0; i < end; i++) {
    const c = text.charCodeAt(i)
    const isBlank = c <= 32
    if (isBlank !== wasBlank) {
      endRun(i)
      if (c === 35 && hasNewline) {
        // A comment is blank up to its newline.
        if (from < runStart) kept.push(text.slice(from, i))
        const line = text.indexOf('\n', i)
        from = line < 0 ? end : line
        i = from - 1
        runStart = from
        hasNewline = false
        continue
      }
      runStart = i
      wasBlank = isBlank
      hasNewline = false
    }
    if (c === 10) hasNewline = true
    if ((i & 0x7fff) === 0x7fff && budget.clockMs() > deadlineMs) {
      // The rest is taken as it is: its end will be parsed, its middle be looked at as far as time goes.
      endRun(i)
      return kept.join('') + text.slice(from)
    }
  }
  endRun(end)
  kept.push(text.slice(from))
  return kept.join('')
}

function cutAtLine(text: string, most: number): string {
  const line = text.lastIndexOf('\n', most)
  return text.slice(0, line > most - 2048 ? line + 1 : most)
}
