// Collects commands and contents while a text is walked, within the limits of one reading.
import { limits, type ReadBudget } from './read-budget.ts'
import type { CarriedContent, ShellReading, SimpleCommand } from './shell-reading.ts'

/** A command whose neighbours in the pipeline are still being found. */
export type CommandDraft = Omit<SimpleCommand, 'pipedFrom' | 'pipedInto'> & {
  pipedFrom: readonly number[]
  pipedInto: readonly number[]
}

const none: readonly never[] = []
/** Neighbours kept for one command; pipelines that are longer link their nearest. */
const mostNeighbours = 16

export class ReadingDraft {
  readonly commands: CommandDraft[] = []
  readonly contents: CarriedContent[] = []
  /** Counted from when it matters: most texts have few commands. */
  private countOfName: Map<string, number> | undefined
  private readonly budget: ReadBudget

  constructor(budget: ReadBudget) {
    this.budget = budget
  }

  /** Index of the command; -1 when there is no room for more. */
  addCommand(command: Omit<CommandDraft, 'pipedFrom' | 'pipedInto'>): number {
    const { budget } = this
    let chars = command.parentLine.length
    for (const word of command.argv) chars += word.length
    for (const redirect of command.redirects) chars += redirect.target.length
    for (const assign of command.assigns) chars += assign.value.length
    if (chars > budget.charsLeft || !this.hasRoomFor(command.name)) {
      budget.stop('too many commands')
      return -1
    }
    budget.charsLeft -= chars
    const draft = command as CommandDraft
    draft.pipedFrom = none
    draft.pipedInto = none
    return this.commands.push(draft) - 1
  }

  /** Padding repeats few programs: the more commands there are, the rarer a name must be to be kept. */
  private hasRoomFor(name: string): boolean {
    const count = this.commands.length
    if (count < limits.freeCommands - limits.commandsOfOneName) return true
    if (count >= limits.commands) return false
    this.countOfName ??= countsOf(this.commands)
    const known = this.countOfName.get(name) ?? 0
    if (count >= limits.freeCommands && known >= limits.commandsOfOneName) return false
    this.countOfName.set(name, known + 1)
    return true
  }

  addContent(content: CarriedContent): void {
    if (content.command < 0 || content.text === '') return
    if (this.contents.length >= limits.contents || this.budget.charsLeft < content.text.length) {
      this.budget.stop('too much content')
      return
    }
    const isLong = content.text.length > limits.contentChars
    const text = isLong ? content.text.slice(0, limits.contentChars) : content.text
    if (isLong) this.budget.stop('content too long')
    this.budget.charsLeft -= text.length
    this.contents.push(isLong ? { ...content, text } : content)
  }

  /** All commands of `before` feed all commands of `after`. */
  link(before: readonly number[], after: readonly number[]): void {
    if (before.length === 0 || after.length === 0) return
    for (const index of after) {
      const command = this.commands[index]
      if (command) command.pipedFrom = joined(before, command.pipedFrom)
    }
    for (const index of before) {
      const command = this.commands[index]
      if (command) command.pipedInto = joined(command.pipedInto, after)
    }
  }

  reading(): ShellReading {
    return { commands: this.commands, contents: this.contents, notFully: this.budget.notFully }
  }
}

function countsOf(commands: readonly CommandDraft[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { name } of commands) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

function joined(left: readonly number[], right: readonly number[]): readonly number[] {
  if (left.length === 0) return right.length > mostNeighbours ? right.slice(0, mostNeighbours) : right
  if (right.length === 0) return left.length > mostNeighbours ? left.slice(0, mostNeighbours) : left
  if (left.length >= mostNeighbours) return left
  const all = left.slice()
  for (const each of right) if (all.length < mostNeighbours && !all.includes(each)) all.push(each)
  return all
}
