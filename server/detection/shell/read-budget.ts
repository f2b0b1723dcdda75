// What one reading may cost. Texts are hostile: every loop over them asks here, and the first limit that is met is the reason that is told.

export const limits = {
  /** Longest text that is parsed as it is; longer ones are compacted, then read from both ends. */
  textChars: 32_768,
  headChars: 16_384,
  tailChars: 8_192,
  totalMs: 40,
  parseMs: 20,
  commands: 512,
  contents: 64,
  contentChars: 65_536,
  /** All words of all commands together. */
  outputChars: 1_000_000,
  wordChars: 32_768,
  /** Of shells within shells: `sh -c`, `eval`, `$(…)`, decoded text. */
  depth: 8,
  treeDepth: 120,
} as const

export class ReadBudget {
  notFully: string | undefined
  commandsLeft: number = limits.commands
  charsLeft: number = limits.outputChars
  private readonly deadlineMs: number
  private readonly nowMs: () => number
  private untilClock = 64

  constructor(nowMs: () => number) {
    this.nowMs = nowMs
    this.deadlineMs = nowMs() + limits.totalMs
  }

  /** The first reason stays: what follows is mostly its consequence. */
  stop(reason: string): void {
    this.notFully ??= reason
  }

  /** True when nothing more may be done; looks at the clock only now and then. */
  isSpent(): boolean {
    if (--this.untilClock > 0) return false
    this.untilClock = 64
    return this.isLate()
  }

  isLate(): boolean {
    if (this.nowMs() < this.deadlineMs) return false
    this.untilClock = 1
    this.stop('out of time')
    return true
  }

  /** When a parse that begins now must have ended. */
  parseDeadlineMs(): number {
    return Math.min(this.deadlineMs, this.nowMs() + limits.parseMs)
  }

  clockMs(): number {
    return this.nowMs()
  }
}
