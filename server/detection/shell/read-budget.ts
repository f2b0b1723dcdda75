// What one reading may cost. Texts are hostile: every loop over them asks here, and the first limit that is met is the reason that is told.

export const limits = {
  /** Longest text that is looked at as a whole; of longer ones both ends: a pass over megabytes alone would take the time of everything else. */
  lookedAtChars: 2_097_152,
  /** Longest text that is parsed as it is; longer ones are compacted, then read from both ends. */
  textChars: 24_576,
  headChars: 12_288,
  tailChars: 8_192,
  totalMs: 20,
  /** A text this short cannot cost much: when it takes long, the machine is busy, and what it says must not be missed for that. */
  shortTextChars: 4_096,
  shortTextTimes: 2,
  /** Of taking the padding out of a long text. */
  compactMs: 5,
  /** Of one parse: the first must leave time for what comes after it. */
  parseMs: 8,
  commands: 512,
  /** Beyond this many commands only names that were rare until then are kept. */
  freeCommands: 256,
  commandsOfOneName: 48,
  contents: 64,
  contentChars: 65_536,
  /** All words of all commands together. */
  outputChars: 262_144,
  wordChars: 32_768,
  /** Of shells within shells: `sh -c`, `eval`, `$(…)`, decoded text. */
  depth: 8,
  treeDepth: 120,
} as const

export class ReadBudget {
  notFully: string | undefined
  charsLeft: number = limits.outputChars
  private deadlineMs: number
  private readonly parseMs: number
  private readonly nowMs: () => number
  private untilClock = 32
  private hasEnded = false

  constructor(nowMs: () => number, textChars: number) {
    const times = textChars <= limits.shortTextChars ? limits.shortTextTimes : 1
    this.nowMs = nowMs
    this.parseMs = limits.parseMs * times
    this.deadlineMs = nowMs() + limits.totalMs * times
  }

  /** The first reason stays: what follows is mostly its consequence. */
  stop(reason: string): void {
    this.notFully ??= reason
  }

  /** True when nothing more may be done; looks at the clock only now and then. */
  isSpent(): boolean {
    if (this.hasEnded) return true
    if (--this.untilClock > 0) return false
    this.untilClock = 32
    return this.isLate()
  }

  isLate(): boolean {
    if (this.hasEnded) return true
    if (this.nowMs() < this.deadlineMs) return false
    this.hasEnded = true
    this.stop('out of time')
    return true
  }

  /** Does `work` in a part of the time that is left, so that something is left for what comes after it. */
  share(part: number, work: () => void): void {
    const whole = this.deadlineMs
    const now = this.nowMs()
    this.deadlineMs = now + (whole - now) * part
    work()
    this.deadlineMs = whole
    this.hasEnded = false
  }

  /** When a parse that begins now must have ended. */
  parseDeadlineMs(): number {
    return Math.min(this.deadlineMs, this.nowMs() + this.parseMs)
  }

  clockMs(): number {
    return this.nowMs()
  }
}
