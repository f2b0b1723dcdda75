// Opens the reader of tool calls' commands. The parser and the clock come from outside; what is remembered is only a bounded cache by text.
import type { Parser } from 'web-tree-sitter'
import { CommandWalk } from './command-walk.ts'
import { compactText } from './compact-text.ts'
import { Environment } from './environment.ts'
import { readLeniently } from './lenient-syntax.ts'
import { readPlainSyntax } from './plain-syntax.ts'
import { ReadBudget } from './read-budget.ts'
import { ReadingCache } from './reading-cache.ts'
import type { ReadShell, ShellReading } from './shell-reading.ts'
import type { SyntaxReading } from './syntax.ts'
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
    const reading = readText(text, parser, new ReadBudget(nowMs), treeOnly)
    // What time cut short may go better the next time.
    if (reading.notFully !== 'out of time') cache.set(text, reading)
    return reading
  }
}

function readText(text: string, parser: Parser, budget: ReadBudget, treeOnly: boolean): ShellReading {
  const { pieces, between } = compactText(text, budget)
  const readSyntax = (piece: string): SyntaxReading => {
    const plain = treeOnly ? undefined : readPlainSyntax(piece)
    return { script: plain ?? readTreeSyntax(piece, parser, budget), notFully: undefined }
  }
  const walk = new CommandWalk(budget, (inner) => {
    const compact = compactText(inner, budget)
    return { script: compact.pieces.flatMap((piece) => [...readSyntax(piece).script]), notFully: undefined }
  })
  try {
    const environment = new Environment()
    for (const piece of pieces) walk.walkTop(readSyntax(piece).script, environment)
    for (const piece of between) walk.walkTop(readLeniently(piece, budget), environment.child())
  } catch {
    // Hostile text must not stop detection: what was read until here still counts.
    budget.stop('could not be read')
  }
  return walk.draft.reading()
}
