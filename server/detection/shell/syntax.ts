// The shape of a command text before it is understood. Two readers make it (plain-syntax.ts by hand, tree-syntax.ts from tree-sitter's tree) and
// one walk understands it, so that both ways can be compared.

/** Words are plain strings when nothing in them is left to resolve. */
export type Word = string | readonly WordPart[]

export type WordPart =
  | { kind: 'text'; text: string }
  /** `$name`, `${name…}`: `operation` is what follows the name inside the braces. */
  | { kind: 'variable'; name: string; operation: string; isQuoted: boolean; source: string }
  /** `$(…)` and backticks: `script` is the text inside. */
  | { kind: 'substitution'; script: string; isQuoted: boolean; source: string }
  /** `<(…)` and `>(…)`. */
  | { kind: 'process'; script: string; source: string }
  /** Arithmetic and whatever else stays as it is written. */
  | { kind: 'unknown'; source: string }

export type Redirect = {
  /** `>`, `>>`, `<`, `<>`, `>|`, `>&`, `<&`, `&>`, `&>>`, `<<`, `<<<`. */
  operator: string
  descriptor: number | undefined
  /** For `<<` the delimiter. */
  target: Word
  /** The body of a heredoc. */
  body: Word | undefined
}

export type Assignment = {
  name: string
  value: Word
  /** `name=(…)`: the words inside; `value` is the first of them. */
  items: readonly Word[] | undefined
}

export type Simple = {
  kind: 'simple'
  assigns: readonly Assignment[]
  words: readonly Word[]
  redirects: readonly Redirect[]
}

export type Stage =
  | Simple
  /** `{ }`, `( )`, `if`, `while`, `case`: `isSure` when every part of it certainly runs. */
  | { kind: 'group'; body: Script; redirects: readonly Redirect[]; isSubshell: boolean; isSure: boolean }
  | { kind: 'for'; variable: string; values: readonly Word[]; body: Script; redirects: readonly Redirect[] }
  | { kind: 'function'; name: string; body: Script }
  /** Tests and arithmetic: no command, yet their words may hold substitutions. */
  | { kind: 'words'; words: readonly Word[] }

export type Pipeline = { stages: readonly Stage[]; isBackground: boolean }
export type Script = readonly Pipeline[]
