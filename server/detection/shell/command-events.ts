// Detection events of one tool call's reading: the fields of `command` and `content` as detection-event.ts lists them.
import type { DetectionEvent, Fields } from '../detection-event.ts'
import type { ShellReading, SimpleCommand } from './shell-reading.ts'

export type CommandOrigin = {
  /** The tool call's whole command text. */
  text: string
  atMs: number
  session: string | undefined
  host: string | undefined
  call: string | undefined
}

const nothing: readonly string[] = []
/** Of the whole text, in `Text`; rules about single words use the other fields. */
const mostTextChars = 8192

export function commandEvents(reading: ShellReading, origin: CommandOrigin): DetectionEvent[] {
  const text = origin.text.length > mostTextChars ? origin.text.slice(0, mostTextChars) : origin.text
  const lines = reading.commands.map((command) => command.argv.join(' '))
  const event = (source: 'command' | 'content', fields: Fields): DetectionEvent => ({
    source,
    atMs: origin.atMs,
    session: origin.session,
    host: origin.host,
    call: origin.call,
    fields,
    notFully: reading.notFully,
  })
  const events = reading.commands.map((command, index) => event('command', commandFields(command, lines, index, text)))
  for (const content of reading.contents) {
    const command = reading.commands[content.command]
    if (!command) continue
    events.push(
      event('content', {
        Language: content.language,
        Text: content.text,
        Origin: content.origin,
        Image: imageOf(command.argv[0] ?? ''),
        CommandLine: lines[content.command],
        WritesTo: contentTargets(command, reading, isWrite),
        AppendsTo: contentTargets(command, reading, isAppend),
      }),
    )
  }
  // Of which nothing could be read, it is still there.
  if (events.length === 0 && reading.notFully !== undefined)
    events.push(event('command', { CommandLine: text, Text: text }))
  return events
}

function commandFields(command: SimpleCommand, lines: readonly string[], index: number, text: string): Fields {
  const parentName = command.parentLine === '' ? '' : (/^\S+/.exec(command.parentLine)?.[0] ?? '')
  return {
    Image: imageOf(command.argv[0] ?? ''),
    CommandLine: lines[index],
    Args: command.argv.slice(1),
    ParentImage: parentName === '' ? '/usr/bin/bash' : imageOf(parentName),
    ParentCommandLine: parentName === '' ? 'bash' : command.parentLine,
    User: command.user === '' ? undefined : command.user,
    CurrentDirectory: command.directory,
    Wrappers: command.wrappers,
    RunsOn: runsOn(command.runsOn),
    Background: command.background,
    PipedFrom: command.pipedFrom.map((other) => lines[other] ?? ''),
    PipedInto: command.pipedInto.map((other) => lines[other] ?? ''),
    WritesTo: targets(command, isWrite),
    AppendsTo: command.redirects.length === 0 ? nothing : targets(command, isAppend),
    ReadsFrom: targets(command, isRead),
    Assigns: command.assigns.map(({ name, value }) => `${name}=${value}`),
    Text: text,
  }
}

/** Paths of bare names: there are few, and what is asked of a path again is known sooner where it is the very same text. */
const images = new Map<string, string>()
const mostImages = 1024
const mostImageChars = 32

/** A bare name is given `/usr/bin/`, so that rules may ask for `/ssh` at its end. */
function imageOf(program: string): string | undefined {
  if (program === '') return undefined
  if (program.length > mostImageChars) return program.includes('/') ? program : `/usr/bin/${program}`
  const known = images.get(program)
  if (known !== undefined) return known
  const image = program.includes('/') ? program : `/usr/bin/${program}`
  if (images.size >= mostImages) images.clear()
  images.set(program, image)
  return image
}

/** `host`, `container`, or the ssh destination without its user. */
function runsOn(where: string): string {
  if (where === '') return 'host'
  if (where.startsWith('ssh:')) return where.slice(4).replace(/^.*@/, '')
  return 'container'
}

type Redirect = SimpleCommand['redirects'][number]

function targets(command: SimpleCommand, matches: (redirect: Redirect) => boolean): readonly string[] {
  return command.redirects.filter(matches).map((redirect) => redirect.target)
}

/** `>&1` names a descriptor, `>& file` a file. */
function isWrite({ operator, target }: Redirect): boolean {
  if (operator === '>&') return !/^(?:\d+-?|-)$/.test(target)
  return operator === '<>' || operator.includes('>')
}

/** What stood in the file before stays: of what is written, all that keeps. */
function isAppend({ operator }: Redirect): boolean {
  return operator === '>>' || operator === '&>>'
}

function isRead({ operator, target }: Redirect): boolean {
  if (operator === '<&') return !/^(?:\d+-?|-)$/.test(target)
  return operator === '<' || operator === '<>'
}

/** Where a carried text ends up: the redirections of its command, and the files of a `tee` or `dd` behind it. */
function contentTargets(
  command: SimpleCommand,
  reading: ShellReading,
  matches: (redirect: Redirect) => boolean,
): readonly string[] {
  const isAll = matches === isWrite
  const files = [...targets(command, matches)]
  for (const next of [command, ...command.pipedInto.map((index) => reading.commands[index])]) {
    if (next?.name === 'tee') {
      const isKept = next.argv.some((word) => /^-[a-z]*a|^--append$/.test(word))
      if (isAll || isKept) files.push(...next.argv.slice(1).filter((word) => !word.startsWith('-')))
    } else if (isAll && next?.name === 'dd')
      files.push(...next.argv.filter((word) => word.startsWith('of=')).map((word) => word.slice(3)))
    else if (next && next !== command) files.push(...targets(next, matches))
  }
  return files
}
