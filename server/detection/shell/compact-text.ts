// Brings a text down to a size that can be parsed in time. Padding goes first, so that what stands behind it is still seen; of what is still too
// long both ends are parsed and the middle is looked at leniently.
import { limits, type ReadBudget } from './read-budget.ts'

export type CompactText = {
  /** To be parsed. */
  pieces: readonly string[]
  /** Too long to be parsed: looked at leniently. */
  between: readonly string[]
}

export function compactText(text: string, budget: ReadBudget): CompactText {
  const clean = /[\0\r]/.test(text) ? text.replaceAll('\0', '').replaceAll('\r\n', '\n') : text
  if (clean.length <= limits.textChars) return { pieces: [clean], between: [] }
  budget.stop('too long')
  const short = clean
    .replace(/[ \t]{64,}/g, ' ')
    .replace(/\s{64,}/g, '\n')
    .replace(/^[ \t]*#.*\n?/gm, '')
    .replace(/[^\s;|&<>()'"`$\\{}]{4096,}/g, (word) => `${word.slice(0, 1024)}…${word.slice(-256)}`)
  if (short.length <= limits.textChars) return { pieces: [short], between: [] }
  const head = cutAtLine(short, limits.headChars)
  const tailFrom = short.length - limits.tailChars
  const line = short.indexOf('\n', tailFrom)
  const from = line >= 0 && line < tailFrom + 1024 ? line + 1 : tailFrom
  return { pieces: [head, short.slice(from)], between: [short.slice(head.length, from)] }
}

function cutAtLine(text: string, most: number): string {
  const line = text.lastIndexOf('\n', most)
  return text.slice(0, line > most - 2048 ? line + 1 : most)
}
