// Opens the reader of tool calls' commands. The parser and the clock come from outside; what is remembered is only a bounded cache by text.
import type { Parser } from 'web-tree-sitter'
import { compactText } from './compact-text.ts'
import { Environment } from './environment.ts'
import { readLeniently } from './lenient-syntax.ts'
import { readPlainSyntax } from './plain-syntax.ts'
import { limits, ReadBudget } from './read-budget.ts'
import { ReadingCache } from './reading-cache.ts'
import { ScriptWalk } from './script-walk.ts'
import type { ReadShell, ShellReading } from './shell-reading.ts'
import type { Script } from './syntax.ts'
import { readTreeSyntax } from './tree-syntax.ts'

export type ShellReaderOptions = {
  /** With the language of tree-sitter-bash set. It is used for one text at a time and never deleted here. */
  parser: Parser
  /** Monotonic milliseconds: only differences count. */
  nowMs: () => number
  /** Reads everything by the tree: how tests compare the two ways. */
  treeOnly?: boolean
}

export function openShellReader({ parser, nowMs, treeOnly = false }: ShellReaderOptions): ReadShell {
  const cache = new ReadingCache()
  return (text) => {
    const known = cache.get(text)
    if (known) return known
    const reading = readText(text, parser, new ReadBudget(nowMs, text.length), treeOnly)
    // What time cut short may go better the next time.
    if (reading.notFully !== 'out of time') cache.set(text, reading)
    return reading
  }
}

/** Of the time that is left: for the beginning, then for the end; the rest is for what lies between. */
const partsOfLongText = [0.3, 0.4]
/** Of that rest: what is found must still be understood. */
const partOfLooking = 0.8

function readText(text: string, parser: Parser, budget: ReadBudget, treeOnly: boolean): ShellReading {
  const { pieces, between } = compactText(text, budget)
  const readSyntax = (piece: string): Script =>
    (treeOnly ? undefined : readPlainSyntax(piece)) ?? readTreeSyntax(piece, parser, budget, treeOnly)
  const walk = new ScriptWalk(budget, (inner) => {
    if (inner.length <= limits.textChars) return readSyntax(inner)
    return compactText(inner, budget).pieces.flatMap((piece) => [...readSyntax(piece)])
  })
  try {
    const environment = new Environment()
    const parts = between === '' ? [1] : partsOfLongText
    for (const [i, piece] of pieces.entries()) {
      budget.share(parts[i] ?? 1, () => walk.walkTop(readSyntax(piece), environment))
    }
    let found: Script = []
    budget.share(partOfLooking, () => {
      if (between !== '') found = readLeniently(between, budget)
    })
    walk.walkTop(found, environment.child())
  } catch {
    // Hostile text must not stop detection: what was read until here still counts.
    budget.stop('could not be read')
  }
  return walk.draft.reading()
}
