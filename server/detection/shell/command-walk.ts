// Understands a script: resolves words, follows variables, undoes wrappers and reads what shells inside it read. Runs nothing, knows only the text.
import { codeInArguments, inputLanguage, languageOf } from './carried-code.ts'
import { runDeclaration } from './declaration.ts'
import type { Environment } from './environment.ts'
import { limits, type ReadBudget } from './read-budget.ts'
import { ReadingDraft } from './reading-draft.ts'
import { type ResolveContext, resolveText, resolveWord } from './resolve-word.ts'
import type { CarriedContent, SimpleCommand } from './shell-reading.ts'
import { staticOutput } from './static-output.ts'
import type { Pipeline, Redirect, Script, Simple, Stage, SyntaxReading, Word } from './syntax.ts'
import { type Inner, transparent, wrappers } from './wrapper.ts'

/** Where a command stands: what is around it. */
type Place = {
  environment: Environment
  wrappers: readonly string[]
  parentLine: string
  user: string
  runsOn: string
  isBackground: boolean
  isSubstitution: boolean
  depth: number
  /** Redirections of groups and wrappers around it. */
  redirects: readonly ResolvedRedirect[]
  /** What it reads, where that is known, and how it came there. */
  input: string | undefined
  inputOrigin: CarriedContent['origin']
}

type ResolvedRedirect = SimpleCommand['redirects'][number]
type Assigns = SimpleCommand['assigns']

/** Commands of a stage or script whose input and output are the stage's, and what it prints where that is known. */
type Outcome = { members: number[]; output: string | undefined }

const nothing: readonly never[] = []

export class CommandWalk {
  readonly draft: ReadingDraft
  private readonly budget: ReadBudget
  private readonly readSyntax: (text: string) => SyntaxReading

  constructor(budget: ReadBudget, readSyntax: (text: string) => SyntaxReading) {
    this.budget = budget
    this.draft = new ReadingDraft(budget)
    this.readSyntax = readSyntax
  }

  walkTop(script: Script, environment: Environment): void {
    const place: Place = {
      environment,
      wrappers: nothing,
      parentLine: '',
      user: '',
      runsOn: '',
      isBackground: false,
      isSubstitution: false,
      depth: 0,
      redirects: nothing,
      input: undefined,
      inputOrigin: 'echo',
    }
    this.walkScript(script, place)
  }

  private walkScript(script: Script, place: Place): Outcome {
    const only = script[0]
    if (script.length === 1 && only) return this.walkPipeline(only, place)
    const members: number[] = []
    let output: string | undefined = ''
    for (const pipeline of script) {
      if (this.budget.isSpent()) break
      const outcome = this.walkPipeline(pipeline, place)
      for (const member of outcome.members) members.push(member)
      output = output === undefined || outcome.output === undefined ? undefined : output + outcome.output
    }
    return { members, output }
  }

  private walkPipeline(pipeline: Pipeline, place: Place): Outcome {
    const { stages } = pipeline
    const here = pipeline.isBackground && !place.isBackground ? { ...place, isBackground: true } : place
    const first = stages[0]
    if (stages.length === 1 && first) return this.walkStage(first, here)
    const all: number[][] = []
    let input = here.input
    for (const stage of stages) {
      const environment = here.environment.child()
      const outcome: Outcome = this.walkStage(stage, { ...here, environment, input, inputOrigin: 'echo' })
      for (const before of all) this.draft.link(before, outcome.members)
      all.push(outcome.members)
      input = outcome.output
    }
    return { members: all.flat(), output: input }
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
        return { members: outcome.members, output: undefined }
      }
      case 'for':
        return this.walkLoop(stage, place)
      case 'function': {
        place.environment.setFunction(stage.name, stage.body)
        const environment = place.environment.child()
        environment.arguments = undefined
        this.walkScript(stage.body, { ...place, environment, input: undefined })
        return { members: [], output: '' }
      }
      case 'words': {
        const context = this.context(place)
        for (const word of stage.words) resolveText(word, context)
        return { members: [], output: '' }
      }
    }
  }

  /** A group's redirections hold for every command in it. */
  private inside(redirects: readonly Redirect[], place: Place): Place {
    if (redirects.length === 0) return place
    const context = this.context(place)
    const input = this.inputOf(redirects, context)
    const resolved = this.resolveRedirects(redirects, context)
    return {
      ...place,
      redirects: [...place.redirects, ...resolved],
      input: input?.text ?? place.input,
      inputOrigin: input?.origin ?? 'echo',
    }
  }

  private walkLoop(stage: Extract<Stage, { kind: 'for' }>, place: Place): Outcome {
    const context = this.context(place)
    const values: string[] = []
    for (const word of stage.values) resolveWord(word, context, values)
    const inner = this.inside(stage.redirects, place)
    const before = place.environment.child()
    const members: number[] = []
    // Each value is tried where the variable stands for a program; elsewhere one pass says enough.
    const isProgram =
      context.isCertain &&
      stage.body.some((pipeline) => pipeline.stages.some((each) => usesAsName(each, stage.variable)))
    const rounds = values.length === 1 || (isProgram && values.length <= 8) ? values : [undefined]
    for (const value of rounds) {
      if (value === undefined) place.environment.unset(stage.variable)
      else place.environment.set(stage.variable, { value, items: undefined, isCertain: context.isCertain })
      members.push(...this.walkScript(stage.body, inner).members)
    }
    place.environment.doubt(before)
    return { members, output: undefined }
  }

  private walkSimple(stage: Simple, place: Place): Outcome {
    const context = this.context(place)
    const argv: string[] = []
    for (const word of stage.words) resolveWord(word, context, argv)
    const assigns = this.resolveAssigns(stage, context, argv.length === 0)
    const heard = stage.redirects.length > 0 ? this.inputOf(stage.redirects, context) : undefined
    const own = stage.redirects.length > 0 ? this.resolveRedirects(stage.redirects, context) : nothing
    const redirects = place.redirects.length > 0 ? [...place.redirects, ...own] : own
    const first = stage.words[0]
    const isCertain = context.isCertain && !(typeof first === 'string' && first.length > 1 && /[*?[]/.test(first))
    const here =
      heard && heard.text !== undefined ? { ...place, input: heard.text, inputOrigin: heard.origin ?? 'echo' } : place
    const before = this.draft.contents.length
    const outcome = this.walkArgv(argv, assigns, redirects, isCertain, here, 0)
    if (heard) this.addHeard(heard, outcome.members[0] ?? -1, before)
    return outcome
  }

  private resolveAssigns(stage: Simple, context: ResolveContext, isLasting: boolean): Assigns {
    if (stage.assigns.length === 0) return nothing
    return stage.assigns.map(({ name, value, items }) => {
      const wasCertain = context.isCertain
      context.isCertain = true
      const text = resolveText(value, context)
      const list: string[] = []
      for (const item of items ?? nothing) resolveWord(item, context, list)
      const isKnown = context.isCertain
      // A value that is not known is no value: `$x` says more than what it was made from.
      if (isLasting && (isKnown || isResolved(value))) {
        context.environment.set(name, { value: list[0] ?? text, items: items ? list : undefined, isCertain: isKnown })
      } else if (isLasting) context.environment.unset(name)
      context.isCertain = wasCertain
      return { name, value: items ? `(${list.join(' ')})` : text }
    })
  }

  /** One command as words: emits it, undoes it when it is a wrapper, reads what it carries. */
  private walkArgv(
    argv: readonly string[],
    assigns: Assigns,
    redirects: readonly ResolvedRedirect[],
    isCertain: boolean,
    place: Place,
    level: number,
  ): Outcome {
    const written = argv[0] ?? ''
    const name = written.includes('/') ? written.slice(written.lastIndexOf('/') + 1) : written
    const unwrap = level < 16 ? wrappers.get(name) : undefined
    const inners = unwrap ? unwrap(argv) : nothing
    if (argv.length === 0 && assigns.length === 0 && redirects.length === 0) return { members: [], output: '' }
    const isShown = inners.length === 0 || !transparent.has(name)
    const members: number[] = []
    let index = -1
    if (isShown) {
      index = this.draft.addCommand({
        argv,
        name,
        wrappers: place.wrappers,
        parentLine: place.parentLine,
        user: place.user,
        runsOn: place.runsOn,
        directory: place.environment.directory,
        assigns,
        redirects,
        background: place.isBackground,
        inSubstitution: place.isSubstitution,
        isCertain,
      })
      if (index < 0) return { members, output: undefined }
      members.push(index)
    }
    let output = this.addCarried(name, argv, redirects, index, place)
    for (const inner of inners) {
      if (this.budget.isSpent()) break
      const outcome = this.walkInner(inner, name, argv, isShown ? nothing : assigns, redirects, isCertain, place, level)
      for (const member of outcome.members) members.push(member)
      output ??= outcome.output
    }
    runDeclaration(name, argv, place.environment)
    const body = place.environment.functionBody(written)
    if (body && place.depth < limits.depth) {
      const environment = place.environment.child()
      environment.arguments = argv.slice(1)
      const outcome = this.walkScript(body, { ...place, environment, depth: place.depth + 1 })
      for (const member of outcome.members) members.push(member)
      output = outcome.output
    }
    return { members, output }
  }

  private walkInner(
    inner: Inner,
    name: string,
    argv: readonly string[],
    assigns: Assigns,
    redirects: readonly ResolvedRedirect[],
    isCertain: boolean,
    place: Place,
    level: number,
  ): Outcome {
    const isElsewhere = inner.runsOn !== undefined
    const environment =
      inner.script !== undefined || isElsewhere || inner.directory ? place.environment.child() : place.environment
    if (name === 'eval') environment.arguments = place.environment.arguments
    else if (inner.script !== undefined) environment.arguments = inner.args ?? []
    if (isElsewhere) environment.directory = undefined
    if (inner.directory) environment.changeDirectory(inner.directory)
    const isHidden = transparent.has(name)
    const innerPlace: Place = {
      ...place,
      environment: name === 'eval' ? place.environment : environment,
      wrappers: [...place.wrappers, name],
      parentLine: isHidden ? place.parentLine : argv.join(' '),
      user: inner.user ?? place.user,
      runsOn: inner.runsOn ?? place.runsOn,
      redirects: isElsewhere ? nothing : redirects,
    }
    if (inner.script !== undefined) return this.walkText(inner.script, innerPlace)
    if (inner.readsInput) return this.walkInput(name, innerPlace)
    const words = name === 'xargs' ? this.withInput(argv, inner.argv ?? nothing, place.input) : (inner.argv ?? nothing)
    const own = inner.assigns && inner.assigns.length > 0 ? [...assigns, ...inner.assigns] : assigns
    return this.walkArgv(words, own, isElsewhere ? nothing : redirects, isCertain, innerPlace, level + 1)
  }

  /** A shell that a wrapper starts when no command is told: `ssh HOST`, `su -`, `sudo -i`. */
  private walkInput(name: string, place: Place): Outcome {
    const { input, inputOrigin } = place
    if (input === undefined || input === '') return { members: [], output: undefined }
    const command = this.draft.commands.findLastIndex((each) => each.name === name)
    this.draft.addContent({ language: 'sh', origin: inputOrigin, text: input, command })
    return this.walkText(input, { ...place, input: undefined })
  }

  /** `xargs` with a known input: what it would run. */
  private withInput(argv: readonly string[], words: readonly string[], input: string | undefined): readonly string[] {
    if (input === undefined || input.length > 4096) return words
    const text = input.trim()
    const flag = argv.findIndex((word) => /^-[iI]/.test(word))
    if (flag < 0) return [...words, ...text.split(/\s+/)]
    const mark = argv[flag] === '-I' ? (argv[flag + 1] ?? '{}') : argv[flag]?.slice(2) || '{}'
    return words.map((word) => word.replaceAll(mark, () => text))
  }

  /** Text that a shell inside reads. */
  private walkText(text: string, place: Place): Outcome {
    if (place.depth >= limits.depth) {
      this.budget.stop('nested too deeply')
      return { members: [], output: undefined }
    }
    if (this.budget.isLate()) return { members: [], output: undefined }
    const { script, notFully } = this.readSyntax(text)
    if (notFully) this.budget.stop(notFully)
    return this.walkScript(script, { ...place, depth: place.depth + 1 })
  }

  /** Code in arguments, code read from input, text that is written; gives what the command prints where that is known. */
  private addCarried(
    name: string,
    argv: readonly string[],
    redirects: readonly ResolvedRedirect[],
    command: number,
    place: Place,
  ): string | undefined {
    for (const code of codeInArguments(name, argv)) this.draft.addContent({ ...code, origin: 'argument', command })
    const { input, environment } = place
    if (input !== undefined && input !== '') {
      const language = inputLanguage(name, argv)
      if (language === 'sh') {
        if (command >= 0) this.draft.addContent({ language, origin: place.inputOrigin, text: input, command })
        this.walkText(name === 'crontab' ? withoutCronTimes(input) : input, {
          ...place,
          input: undefined,
          wrappers: [...place.wrappers, name],
          parentLine: argv.join(' '),
          redirects,
        })
      } else if (language) this.draft.addContent({ language, origin: place.inputOrigin, text: input, command })
    }
    const output = staticOutput(name, argv, input, (path) => environment.file(path))
    if (!output) return undefined
    const file = redirects.find(
      (each) => each.operator.startsWith('>') && each.operator !== '>&' && each.descriptor !== 2,
    )
    if (output.origin === 'base64' || output.origin === 'hex' || (output.origin && file)) {
      this.draft.addContent({
        language: languageOf(output.text, file?.target),
        origin: output.origin,
        text: output.text,
        command,
      })
    }
    if (!file) return output.text
    environment.writeFile(file.target, output.text, file.operator === '>>')
    return ''
  }

  /** The text that a heredoc, a herestring or a file written before gives to a command. */
  private inputOf(redirects: readonly Redirect[], context: ResolveContext): Heard | undefined {
    const last = redirects.findLast(
      (each) => each.operator === '<<' || each.operator === '<<<' || each.operator === '<',
    )
    if (!last) return undefined
    if (last.operator === '<<') return { text: resolveText(last.body ?? '', context), origin: 'heredoc' }
    if (last.operator === '<<<') return { text: `${resolveText(last.target, context)}\n`, origin: 'herestring' }
    return { text: context.environment.file(resolveText(last.target, context)), origin: undefined }
  }

  /** A heredoc or herestring that no interpreter took: data, or text on its way into a file. */
  private addHeard(heard: Heard, command: number, contentsBefore: number): void {
    const { origin, text } = heard
    if (origin === undefined || text === undefined || command < 0) return
    if (this.draft.contents.some((each, i) => i >= contentsBefore && each.origin === origin && each.text === text))
      return
    const target = this.draft.commands[command]?.redirects.find((each) => each.operator.startsWith('>'))?.target
    this.draft.addContent({ language: languageOf(text, target), origin, text, command })
  }

  private resolveRedirects(redirects: readonly Redirect[], context: ResolveContext): ResolvedRedirect[] {
    return redirects.map(({ operator, descriptor, target }) => ({
      operator,
      descriptor,
      target: resolveText(target, context),
    }))
  }

  private context(place: Place): ResolveContext {
    return {
      environment: place.environment,
      isCertain: true,
      substitute: (script) => this.substitute(script, place),
      readProcess: (script) => {
        this.substitute(script, place)
      },
    }
  }

  private substitute(script: string, place: Place): string | undefined {
    const environment = place.environment.child()
    const which = /^\s*(?:which|command -v|type -p)\s+([\w./-]+)\s*(?:\|\||2>|$)/.exec(script)
    const outcome = this.walkText(script, {
      ...place,
      environment,
      isSubstitution: true,
      redirects: nothing,
      input: undefined,
    })
    return which?.[1] ?? outcome.output
  }
}

type Heard = { text: string | undefined; origin: CarriedContent['origin'] | undefined }

/** Lines of a crontab as commands: when they run is not the point. */
function withoutCronTimes(text: string): string {
  return text.replace(/^[ \t]*(?:@[a-z]+|(?:[^\s#]+[ \t]+){5})/gm, '')
}

function isResolved(value: Word): boolean {
  return typeof value === 'string' || value.every((part) => part.kind === 'text' || part.kind === 'variable')
}

function usesAsName(stage: Stage, variable: string): boolean {
  const word = stage.kind === 'simple' ? stage.words[0] : undefined
  return (
    word !== undefined &&
    typeof word !== 'string' &&
    word.some((part) => part.kind === 'variable' && part.name === variable)
  )
}
