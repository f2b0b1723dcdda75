// Walks a script in the order in which it would run: resolves words, follows variables and pipelines. Runs nothing, knows only the text.
import { CommandRun } from './command-run.ts'
import type { Environment } from './environment.ts'
import {
  copyOf,
  nothing,
  type Outcome,
  type Place,
  type ResolvedRedirect,
  type Run,
  silent,
  topPlace,
  unknown,
} from './place.ts'
import { limits, type ReadBudget } from './read-budget.ts'
import { ReadingDraft } from './reading-draft.ts'
import { type ResolveContext, resolveText, resolveWord } from './resolve-word.ts'
import type { CarriedContent } from './shell-reading.ts'
import type { Pipeline, Redirect, Script, Simple, Stage, Word } from './syntax.ts'

/** Of one command; more are nobody's command line. */
const mostWords = 4096
/** Commands before it that a command in a long pipeline is linked to. */
const mostLinked = 16
/** Values of a loop's variable that are tried as a program. */
const mostRounds = 8

export class ScriptWalk {
  readonly draft: ReadingDraft
  private readonly budget: ReadBudget
  private readonly readSyntax: (text: string) => Script
  private readonly commands: CommandRun

  constructor(budget: ReadBudget, readSyntax: (text: string) => Script) {
    this.budget = budget
    this.draft = new ReadingDraft(budget)
    this.readSyntax = readSyntax
    this.commands = new CommandRun(this, this.draft, budget)
  }

  walkTop(script: Script, environment: Environment): void {
    this.walkScript(script, topPlace(environment))
  }

  /** Text that a shell inside reads. */
  walkText(text: string, place: Place): Outcome {
    if (text === '') return silent
    if (place.depth >= limits.depth) {
      this.budget.stop('nested too deeply')
      return unknown
    }
    if (this.budget.isLate()) return unknown
    const inner = copyOf(place)
    inner.depth++
    return this.walkScript(this.readSyntax(text), inner)
  }

  walkScript(script: Script, place: Place): Outcome {
    const only = script[0]
    if (script.length === 1 && only) return this.walkPipeline(only, place)
    const members: number[] = []
    let output: string | undefined
    let isWhole = true
    for (const pipeline of script) {
      if (this.budget.isSpent()) return { members, output, isWhole: false }
      const outcome = this.walkPipeline(pipeline, place)
      for (const member of outcome.members) members.push(member)
      if (outcome.output !== undefined) output = (output ?? '') + outcome.output
      isWhole &&= outcome.isWhole
      if (output && output.length > limits.contentChars) return { members, output: undefined, isWhole: false }
    }
    return { members, output: output ?? (isWhole ? '' : undefined), isWhole }
  }

  private walkPipeline({ stages, isBackground }: Pipeline, place: Place): Outcome {
    const here = isBackground && !place.isBackground ? { ...place, isBackground: true } : place
    const first = stages[0]
    if (stages.length === 1 && first) return this.walkStage(first, here)
    const members: number[] = []
    let before: readonly number[] = nothing
    let { input, inputOrigin } = here
    let isWhole = false
    for (const [i, stage] of stages.entries()) {
      if (this.budget.isSpent()) break
      const inner = copyOf(here)
      inner.environment = here.environment.child()
      // Redirections around the pipeline take what its last stage prints.
      if (i < stages.length - 1) inner.beyondPipe = here.redirects.length
      inner.input = input
      inner.inputOrigin = inputOrigin
      const outcome = this.walkStage(stage, inner)
      this.draft.link(before, outcome.members)
      for (const member of outcome.members) members.push(member)
      before = members.length > mostLinked ? members.slice(-mostLinked) : members.slice()
      input = outcome.output
      inputOrigin = 'echo'
      isWhole = outcome.isWhole
    }
    return { members, output: input, isWhole }
  }

  private walkStage(stage: Stage, place: Place): Outcome {
    switch (stage.kind) {
      case 'simple':
        return this.walkSimple(stage, place)
      case 'group': {
        const inner = this.inside(stage.redirects, place)
        if (stage.isSubshell) return this.walkScript(stage.body, { ...inner, environment: place.environment.child() })
        if (stage.isSure) return this.walkScript(stage.body, inner)
        const before = place.environment.child()
        const outcome = this.walkScript(stage.body, inner)
        place.environment.doubt(before)
        return { ...outcome, isWhole: false }
      }
      case 'for':
        return this.walkLoop(stage, place)
      case 'function': {
        place.environment.setFunction(stage.name, stage.body)
        const environment = place.environment.child()
        environment.arguments = undefined
        this.walkScript(stage.body, { ...place, environment, input: undefined })
        return silent
      }
      case 'words': {
        const context = this.context(place)
        for (const word of stage.words) resolveText(word, context)
        return silent
      }
    }
  }

  /** A group's redirections hold for every command in it. */
  private inside(redirects: readonly Redirect[], place: Place): Place {
    if (redirects.length === 0) return place
    const context = this.context(place)
    const resolved = resolveRedirects(redirects, context)
    const heard = inputOf(redirects, resolved, context, place.input !== undefined)
    return {
      ...place,
      redirects: [...place.redirects, ...resolved],
      input: heard?.text ?? place.input,
      inputOrigin: heard?.origin ?? 'echo',
    }
  }

  private walkLoop(stage: Extract<Stage, { kind: 'for' }>, place: Place): Outcome {
    const { environment } = place
    const context = this.context(place)
    const values: string[] = []
    for (const word of stage.values) resolveWord(word, context, values)
    const inner = this.inside(stage.redirects, place)
    const before = environment.child()
    const members: number[] = []
    // Each value is tried where the variable stands for a program; elsewhere one pass says enough.
    const isProgram =
      context.isCertain && stage.body.some(({ stages }) => stages.some((each) => usesAsName(each, stage.variable)))
    const rounds = values.length === 1 || (isProgram && values.length <= mostRounds) ? values : [undefined]
    for (const value of rounds) {
      if (value === undefined) environment.unset(stage.variable)
      else environment.set(stage.variable, { value, items: undefined, isCertain: context.isCertain })
      members.push(...this.walkScript(stage.body, inner).members)
    }
    environment.doubt(before)
    return { members, output: undefined, isWhole: false }
  }

  private walkSimple(stage: Simple, place: Place): Outcome {
    const { words } = stage
    if (stage.assigns.length === 0 && stage.redirects.length === 0 && isResolved(words)) {
      const isCertain = !mayBeGlob(words[0])
      return this.commands.run({
        argv: words,
        assigns: nothing,
        redirects: place.redirects,
        isCertain,
        place,
        level: 0,
      })
    }
    const context = this.context(place)
    const argv: string[] = []
    for (const word of words) {
      resolveWord(word, context, argv)
      if (argv.length <= mostWords) continue
      this.budget.stop('too many words')
      break
    }
    const assigns = this.resolveAssigns(stage, context, argv.length === 0)
    const own = resolveRedirects(stage.redirects, context)
    const heard = inputOf(stage.redirects, own, context, place.input !== undefined)
    const run: Run = {
      argv,
      assigns,
      redirects: place.redirects.length > 0 ? [...place.redirects, ...own] : own,
      isCertain: context.isCertain && !mayBeGlob(words[0]),
      place: heard?.text === undefined ? place : { ...place, input: heard.text, inputOrigin: heard.origin ?? 'echo' },
      level: 0,
    }
    if (heard?.origin === undefined || heard.text === undefined) return this.commands.run(run)
    return this.commands.runWithText(run, heard.text, heard.origin)
  }

  private resolveAssigns(stage: Simple, context: ResolveContext, isLasting: boolean): Run['assigns'] {
    if (stage.assigns.length === 0) return nothing
    return stage.assigns.map(({ name, value, items }) => {
      const wasCertain = context.isCertain
      context.isCertain = true
      const text = resolveText(value, context)
      const list: string[] = []
      for (const item of items ?? nothing) resolveWord(item, context, list)
      const isKnown = context.isCertain
      context.isCertain &&= wasCertain
      // A value that is not known is no value: `$x` says more than what it would be made from.
      if (isLasting && isKnown) {
        context.environment.set(name, { value: list[0] ?? text, items: items ? list : undefined, isCertain: true })
      } else if (isLasting) context.environment.unset(name)
      return { name, value: items ? `(${list.join(' ')})` : text }
    })
  }

  private context(place: Place): ResolveContext {
    return {
      environment: place.environment,
      isCertain: true,
      substitute: (script) => this.substitute(script, place),
      readProcess: (script, source) => {
        const output = this.substitute(script, place)
        // `<(…)` is a file that holds what is printed inside.
        if (output === undefined || output === '' || !source.startsWith('<')) return
        place.environment.emptyFile(source)
        place.environment.writeFile(source, output)
      },
    }
  }

  private substitute(script: string, place: Place): string | undefined {
    if (this.budget.isSpent()) return undefined
    const here = copyOf(place)
    here.environment = place.environment.child()
    here.isSubstitution = true
    here.redirects = nothing
    here.beyondPipe = 0
    here.input = undefined
    const outcome = this.walkText(script, here)
    // Where a program lies is not known, which one it is does not change.
    const which = /^\s*(?:which|command -v|type -p)\s+([\w./-]+)\s*(?:\|\||2>|$)/.exec(script)
    return which?.[1] ?? (outcome.isWhole ? outcome.output : undefined)
  }
}

type Heard = { text: string | undefined; origin: CarriedContent['origin'] | undefined }

/** The text that a heredoc, a herestring or a file written before gives to a command. `isFed`: a pipe does already. */
function inputOf(
  redirects: readonly Redirect[],
  resolved: readonly ResolvedRedirect[],
  context: ResolveContext,
  isFed: boolean,
): Heard | undefined {
  const isInput = ({ operator }: Redirect) => operator === '<<' || operator === '<<<' || operator === '<'
  let last = redirects.findLastIndex((each) => isInput(each) && !each.descriptor)
  // Another descriptor is not what an interpreter reads; where it reads nothing else, that text is still told.
  if (last < 0 && !isFed) last = redirects.findLastIndex(isInput)
  const redirect = redirects[last]
  const target = resolved[last]?.target
  if (redirect === undefined || target === undefined) return undefined
  if (redirect.operator === '<<') return { text: resolveText(redirect.body ?? '', context), origin: 'heredoc' }
  if (redirect.operator === '<<<') return { text: `${target}\n`, origin: 'herestring' }
  return { text: context.environment.file(target), origin: undefined }
}

function resolveRedirects(redirects: readonly Redirect[], context: ResolveContext): readonly ResolvedRedirect[] {
  if (redirects.length === 0) return nothing
  return redirects.map(({ operator, descriptor, target }) => {
    const path = resolveText(target, context)
    if (emptying.has(operator)) context.environment.emptyFile(path)
    return { operator, descriptor, target: path }
  })
}

const emptying: ReadonlySet<string> = new Set(['>', '>|', '&>', '>&'])

function isResolved(words: readonly Word[]): words is readonly string[] {
  if (words.length > mostWords) return false
  for (const word of words) if (typeof word !== 'string' || word.length > limits.wordChars) return false
  return true
}

/** The shell would look for a file of that shape: which program it is cannot be known. */
function mayBeGlob(word: Word | undefined): boolean {
  return typeof word === 'string' && word.length > 1 && /[*?[]/.test(word)
}

function usesAsName(stage: Stage, variable: string): boolean {
  const word = stage.kind === 'simple' ? stage.words[0] : undefined
  return (
    word !== undefined &&
    typeof word !== 'string' &&
    word.some((part) => part.kind === 'variable' && part.name === variable)
  )
}
