// One command with its words resolved: adds it to the reading, undoes it when it is a wrapper, and reads the code that it carries or is fed.
import { codeInArguments, inputLanguage, languageOf, scriptFile } from './carried-code.ts'
import { commandsInCode } from './commands-in-code.ts'
import { runDeclaration } from './declaration.ts'
import { outputFile } from './output-target.ts'
import { copyOf, nothing, type Outcome, type Place, type Run, silent, unknown } from './place.ts'
import { limits, type ReadBudget } from './read-budget.ts'
import type { ReadingDraft } from './reading-draft.ts'
import type { CarriedContent } from './shell-reading.ts'
import { staticOutput } from './static-output.ts'
import type { Script } from './syntax.ts'
import { type Inner, transparent, wrappers } from './wrapper.ts'

/** What reads the scripts that commands contain. */
type Walk = {
  walkText: (text: string, place: Place) => Outcome
  walkScript: (script: Script, place: Place) => Outcome
}

const deepestLevel = 16
const mostLineChars = 4096
const mostArgumentsRead = 4096

export class CommandRun {
  private readonly walk: Walk
  private readonly draft: ReadingDraft
  private readonly budget: ReadBudget

  constructor(walk: Walk, draft: ReadingDraft, budget: ReadBudget) {
    this.walk = walk
    this.draft = draft
    this.budget = budget
  }

  run(run: Run): Outcome {
    const { argv, assigns, redirects, place } = run
    const written = argv[0]
    if (written === undefined) {
      if (assigns.length === 0 && redirects.length === 0) return silent
      const index = this.add(run, '')
      return index < 0 ? silent : { members: [index], output: '', isWhole: true }
    }
    const name = written.includes('/') ? written.slice(written.lastIndexOf('/') + 1) : written
    const unwrap = run.level < deepestLevel ? wrappers.get(name) : undefined
    const inners = unwrap ? unwrap(argv) : nothing
    const isShown = inners.length === 0 || !transparent.has(name)
    const index = isShown ? this.add(run, name) : -1
    if (isShown && index < 0) return unknown
    const outcome = this.carried(run, name, index)
    if (inners.length === 0 && outcome.members.length === 0) {
      runDeclaration(name, argv, place.environment)
      const called = this.call(run, written)
      if (!called) return { ...outcome, members: [index] }
      return { ...called, members: [index, ...called.members] }
    }
    const members: number[] = isShown ? [index, ...outcome.members] : [...outcome.members]
    let { output, isWhole } = outcome
    const line = lineOf(argv)
    for (const inner of inners) {
      if (this.budget.isSpent()) break
      const inside = this.runInner(inner, name, line, isShown, run)
      for (const member of inside.members) members.push(member)
      output ??= inside.output
      isWhole = inners.length === 1 && inside.isWhole
    }
    return { members, output, isWhole }
  }

  /** With a heredoc or herestring: what no interpreter takes is data, or text on its way into a file. */
  runWithText(run: Run, text: string, origin: CarriedContent['origin']): Outcome {
    const { contents, commands } = this.draft
    const before = contents.length
    const outcome = this.run(run)
    const command = outcome.members[0]
    for (let i = before; i < contents.length; i++)
      if (contents[i]?.text === text && contents[i]?.origin === origin) return outcome
    if (command === undefined) return outcome
    const target = outputFile(commands[command]?.redirects ?? nothing, run.place.beyondPipe)?.path
    this.draft.addContent({ language: languageOf(text, target), origin, text, command })
    return outcome
  }

  private add(run: Run, name: string): number {
    const { argv, assigns, redirects, isCertain, place } = run
    return this.draft.addCommand({
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
  }

  /** A function that the text defines, called with its arguments; an alias is one too. */
  private call({ argv, place }: Run, written: string): Outcome | undefined {
    const { environment } = place
    const body = environment.functionBody(written)
    const alias = body ? undefined : environment.alias(written)
    if (!body && alias === undefined) return undefined
    if (place.depth >= limits.depth) {
      this.budget.stop('nested too deeply')
      return undefined
    }
    if (alias !== undefined) {
      const inner = environment.child()
      inner.forgetAlias(written)
      return this.walk.walkText([alias, ...argv.slice(1)].join(' '), { ...place, environment: inner })
    }
    const inner = environment.child()
    inner.arguments = argv.slice(1)
    return body && this.walk.walkScript(body, { ...place, environment: inner, depth: place.depth + 1 })
  }

  private runInner(inner: Inner, name: string, line: string, isShown: boolean, run: Run): Outcome {
    const { place, redirects } = run
    const isElsewhere = inner.runsOn !== undefined
    const isOwnShell = name === 'eval'
    const environment =
      isOwnShell || (!isElsewhere && inner.script === undefined && !inner.directory)
        ? place.environment
        : place.environment.child()
    if (inner.script !== undefined && !isOwnShell) environment.arguments = inner.args ?? nothing
    if (isElsewhere) environment.directory = undefined
    if (inner.directory) environment.changeDirectory(inner.directory)
    const innerPlace = copyOf(place)
    innerPlace.environment = environment
    innerPlace.wrappers = [...place.wrappers, name]
    if (isShown) innerPlace.parentLine = line
    innerPlace.user = inner.user ?? place.user
    innerPlace.runsOn = inner.runsOn ?? place.runsOn
    // What stands after an ssh or docker command is a file of this host.
    innerPlace.redirects = isElsewhere ? nothing : redirects
    if (isElsewhere) innerPlace.beyondPipe = 0
    // xargs reads the input itself.
    if (name === 'xargs') innerPlace.input = undefined
    if (inner.script !== undefined) return this.walk.walkText(inner.script, innerPlace)
    if (inner.readsInput) return this.runInput(name, innerPlace)
    const argv = inner.argv ?? nothing
    const assigns = isShown ? nothing : run.assigns
    return this.run({
      argv: name === 'xargs' ? withInput(run.argv, argv, place.input) : argv,
      assigns: inner.assigns && inner.assigns.length > 0 ? [...assigns, ...inner.assigns] : assigns,
      redirects: innerPlace.redirects,
      isCertain: run.isCertain,
      place: innerPlace,
      level: run.level + 1,
    })
  }

  /** A shell that a wrapper starts when no command is told: `ssh HOST`, `su -`, `sudo -i`. */
  private runInput(name: string, place: Place): Outcome {
    const { input, inputOrigin } = place
    if (input === undefined || input === '') return unknown
    const command = this.draft.commands.findLastIndex((each) => each.name === name)
    this.draft.addContent({ language: 'sh', origin: inputOrigin, text: input, command })
    return this.walk.walkText(input, { ...place, input: undefined })
  }

  /** Code in arguments, in input and in files written before; text that is printed or written. */
  private carried(run: Run, name: string, command: number): Outcome {
    const { argv, place } = run
    const { input, environment } = place
    let members: number[] | undefined
    if (argv.length > 1 && argv.length <= mostArgumentsRead) {
      for (const { language, text } of codeInArguments(name, argv)) {
        this.draft.addContent({ language, text, origin: 'argument', command })
        // The script of `sh -c` is read where wrappers are undone.
        if (language !== 'sh') members = this.readCode(language, text, name, run, members)
      }
    }
    if (input !== undefined && input !== '') {
      const language = inputLanguage(name, argv)
      if (language) {
        this.draft.addContent({ language, origin: place.inputOrigin, text: input, command })
        members = this.readCode(language, input, name, run, members)
      }
    }
    if (environment.hasFiles) {
      const file = scriptFile(name, argv)
      const text = file && environment.file(file.path)
      if (text)
        members = this.readCode(
          file.language ?? languageOf(text, file.path).replace('text', 'sh'),
          text,
          name,
          run,
          members,
        )
    }
    const printed = this.printed(run, name, command)
    if (printed === undefined) return members ? { members, output: undefined, isWhole: false } : unknown
    return { members: members ?? nothing, output: printed, isWhole: true }
  }

  private readCode(language: string, text: string, name: string, run: Run, before: number[] | undefined): number[] {
    const { place, argv, redirects } = run
    const members = before ?? []
    if (name === 'source' || name === '.') {
      members.push(...this.walk.walkText(text, { ...place, input: undefined }).members)
      return members
    }
    const within = copyOf(place)
    within.environment = place.environment.child()
    within.input = undefined
    within.wrappers = [...place.wrappers, name]
    within.parentLine = lineOf(argv)
    within.redirects = redirects
    if (language !== 'sh') members.push(...this.runCode(language, text, within, run))
    else members.push(...this.walk.walkText(name === 'crontab' ? withoutCronTimes(text) : text, within).members)
    return members
  }

  /** What a command prints where that is known; what goes into a file or comes out of a decoder is content. */
  private printed(run: Run, name: string, command: number): string | undefined {
    const { argv, redirects, place } = run
    const { environment } = place
    const output = staticOutput(name, argv, place.input, (path) => environment.file(path))
    if (!output) return undefined
    const { text } = output
    const file = outputFile(redirects, place.beyondPipe)?.path
    const copies = name === 'tee' ? argv.slice(1).filter((word) => !word.startsWith('-')) : nothing
    const target = copies[0] ?? file
    const isDecoded = output.origin === 'base64' || output.origin === 'hex'
    if (isDecoded || target !== undefined || (output.origin && place.redirects.length > 0)) {
      const origin = output.origin ?? place.inputOrigin
      this.draft.addContent({ language: languageOf(text, target), origin, text, command })
    }
    for (const copy of copies) {
      if (!argv.includes('-a')) environment.emptyFile(copy)
      this.write(copy, text, place)
    }
    if (file === undefined) return text
    this.write(file, text, place)
    return ''
  }

  /** `>(…)` is a file that feeds what is inside. */
  private write(file: string, text: string, place: Place): void {
    const inner = /^>\(([\s\S]*)\)$/.exec(file)?.[1]
    if (inner === undefined) place.environment.writeFile(file, text)
    else
      this.walk.walkText(inner, {
        ...place,
        environment: place.environment.child(),
        isSubstitution: true,
        redirects: nothing,
        beyondPipe: 0,
        input: text,
        inputOrigin: 'echo',
      })
  }

  /** Commands that code in another language starts: `os.system('…')`. */
  private runCode(language: string, text: string, place: Place, run: Run): number[] {
    const members: number[] = []
    for (const { script, argv } of commandsInCode(language, text)) {
      if (this.budget.isSpent()) break
      const environment = place.environment.child()
      const inner = { ...place, environment }
      const outcome =
        script === undefined
          ? this.run({
              argv: argv ?? nothing,
              assigns: nothing,
              redirects: nothing,
              isCertain: false,
              place: inner,
              level: run.level + 1,
            })
          : this.walk.walkText(script, inner)
      members.push(...outcome.members)
    }
    return members
  }
}

/** The command line as a parent's, which is kept for every command inside. */
function lineOf(argv: readonly string[]): string {
  const line = argv.length > 512 ? argv.slice(0, 512).join(' ') : argv.join(' ')
  return line.length > mostLineChars ? line.slice(0, mostLineChars) : line
}

/** `xargs` with a known input: what it would run. */
function withInput(argv: readonly string[], words: readonly string[], input: string | undefined): readonly string[] {
  if (input === undefined || input.length > 4096) return words
  const text = input.trim()
  const flag = argv.findIndex((word) => /^-[iI]/.test(word))
  if (flag < 0) return text === '' ? words : [...words, ...text.split(/\s+/)]
  const mark = argv[flag] === '-I' ? (argv[flag + 1] ?? '{}') : argv[flag]?.slice(2) || '{}'
  return words.map((word) => word.replaceAll(mark, () => text))
}

/** Lines of a crontab as commands: when they run is not the point. */
function withoutCronTimes(text: string): string {
  return text.replace(/^[ \t]*(?:@[a-z]+|(?:[^\s#]+[ \t]+){5})/gm, '')
}
