// The one table of programs that run another command, each with the function that finds that command in its arguments.
import { elsewhereWrappers } from './wrappers-elsewhere.ts'
import { localWrappers } from './wrappers-local.ts'
import { shellWrappers } from './wrappers-shell.ts'

export type Inner = {
  /** The command as words, or … */
  argv?: readonly string[]
  /** … as text that a shell reads. */
  script?: string
  /** No command is told: a shell that reads its input. */
  readsInput?: true
  /** `$1`, `$2`, … of that shell. */
  args?: readonly string[]
  user?: string
  /** Where it runs, when not where its wrapper does. */
  runsOn?: string
  directory?: string
  assigns?: readonly { name: string; value: string }[]
}

/** Finds what `argv` runs; empty when it runs nothing that is told in its arguments. */
export type Unwrap = (argv: readonly string[]) => readonly Inner[]

export const wrappers: ReadonlyMap<string, Unwrap> = new Map<string, Unwrap>([
  ...localWrappers,
  ...elsewhereWrappers,
  ...shellWrappers,
])

/** Words of the shell itself: no program runs for them, so they are no command of their own once undone. */
export const transparent: ReadonlySet<string> = new Set([
  'command',
  'builtin',
  'exec',
  'time',
  'coproc',
  '!',
  'then',
  'do',
  'else',
  'noglob',
  'nocorrect',
])
