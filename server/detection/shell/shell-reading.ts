// What a tool call's command does, as far as that is certain: simple commands with their words resolved and their wrappers undone, and the code
// or data that they carry.

/** Without words where the text only assigns (`HISTFILE=/dev/null`) or only redirects (`> log`). */
export type SimpleCommand = {
  /** Words as the program would get them; argv[0] as written after resolution. A word that cannot be known keeps its text: `$HOME/x`. */
  argv: readonly string[]
  /** argv[0] without its folder. */
  name: string
  /** Undone around it, outermost first; each is a command of its own too, save `exec`, `command`, `builtin` and `time`: `sudo`, `env`, `nohup`, `ssh`, `docker`, … */
  wrappers: readonly string[]
  /** Command line of the nearest wrapper or interpreter around it; empty at the top. */
  parentLine: string
  /** `root` behind sudo, or the user that a wrapper names; empty: the caller's. */
  user: string
  /** Empty: on this host. Otherwise where a wrapper runs it: `ssh:HOST`, `docker:NAME`, `kubectl:POD`. */
  runsOn: string
  directory: string | undefined
  assigns: readonly { name: string; value: string }[]
  redirects: readonly { operator: string; descriptor: number | undefined; target: string }[]
  /** Indexes into `commands` of those before and after it in its pipeline: all of them, not only its neighbours; at most 16 each. */
  pipedFrom: readonly number[]
  pipedInto: readonly number[]
  background: boolean
  /** Inside `$(…)`, backticks or `<(…)`. */
  inSubstitution: boolean
  /** False where a word of it depends on something that is not known here. */
  isCertain: boolean
}

export type CarriedContent = {
  language: string
  origin: 'argument' | 'heredoc' | 'herestring' | 'base64' | 'hex' | 'echo'
  text: string
  /** Index into `commands` of the command that carries it. */
  command: number
}

export type ShellReading = {
  commands: readonly SimpleCommand[]
  contents: readonly CarriedContent[]
  /** Why it is not fully parsed: too long, too deep, out of time, syntax errors; undefined when it is. */
  notFully: string | undefined
}

/** Reads one command text. Never throws, never takes longer than its budget. */
export type ReadShell = (text: string) => ShellReading
