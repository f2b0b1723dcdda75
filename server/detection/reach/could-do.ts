// From an action as it was read to what it could do, as facts a person reads in a few seconds. Worst first. Nothing here allows or denies.
import type { ApprovalReading, Could, CouldDo, ReadCommand } from '../../protocol/approval-reading.ts'
import { cutText } from '../../protocol/text.ts'
import { allowedAddress, allowedName, type CompiledContext, normalPath } from '../context/compiled-context.ts'
import type { DetectionEvent, FieldValue } from '../detection-event.ts'
import type { Flag } from '../flag.ts'
import { filesOf, isCredential, isStartPlace } from './command-files.ts'
import { connectsSomewhere, machinesOf } from './command-machines.ts'

export type CouldOptions = {
  context: CompiledContext
  flags: readonly Flag[]
  /** Why the action itself is not whole here. */
  cut: string | undefined
  cwd: string | undefined
  /** Whether this session is known to have had a connection to the address; undefined where that cannot be known. */
  hasReached(host: string): boolean | undefined
}

const order: readonly CouldDo[] = [
  ...(['gain-root', 'open-way-in', 'run-downloaded', 'read-credentials', 'delete', 'outlive', 'reach'] as const),
  ...(['run-elsewhere', 'install', 'write', 'cannot-tell'] as const),
]
const couldMax = 32
const commandsMax = 32
const wordsMax = 64
const whatMax = 300
const downloads = /^(?:\S*\/)?(?:curl|wget|fetch|aria2c)(?:\s|$)/
const interpreters = /^(?:ba|da|z|k)?sh$|^python[\d.]*$|^perl$|^ruby$|^node$|^php$/

const localWrappers = /\/(?:sudo|su|doas|pkexec|env|nohup|setsid|timeout|nice|ionice|stdbuf|time)$/

export function couldDo(events: readonly DetectionEvent[], options: CouldOptions): ApprovalReading {
  const found = new Map<string, Could>()
  const add = (does: CouldDo, what?: string, more: { port?: number | undefined; note?: string | undefined } = {}) => {
    const { port, note } = more
    const cut = what === undefined ? undefined : cutText(what, whatMax)
    const one = {
      does,
      ...(cut !== undefined && { what: cut }),
      ...(port !== undefined && { port }),
      ...(note !== undefined && { note }),
    }
    found.set(`${does} ${cut ?? ''} ${port ?? ''} ${cut === undefined ? (note ?? '') : ''}`, one)
  }
  const commands: ReadCommand[] = []
  const undone = new Set(events.map(({ fields }) => textOf(fields.ParentCommandLine)))
  let commandCount = 0
  for (const event of events) {
    if (event.notFully !== undefined) add('cannot-tell', undefined, { note: `not read to its end: ${event.notFully}` })
    if (event.source === 'file') ofFile(event, options, add)
    if (event.source === 'content') {
      const language = textOf(event.fields.Language)
      if (language !== '' && language !== 'sh' && language !== 'text')
        add('cannot-tell', undefined, {
          note: `it runs ${language} code: read it, its effects are not worked out here`,
        })
    }
    if (event.source !== 'command' || isUndone(event, undone)) continue
    commandCount += 1
    if (commands.length < commandsMax) commands.push(readCommand(event, options.cwd))
    ofCommand(event, options, add)
  }
  for (const flag of options.flags) ofFlag(flag, found, add)
  if (options.cut !== undefined) add('cannot-tell', undefined, { note: options.cut })
  if (events.every(({ source }) => source === 'action'))
    add('cannot-tell', undefined, { note: 'what this tool does with its input is not known here' })
  const could = [...found.values()].sort((a, b) => order.indexOf(a.does) - order.indexOf(b.does))
  // Where something is not known is never among what is left out.
  const [told, unknown] = [
    could.filter((each) => each.does !== 'cannot-tell'),
    could.filter((each) => each.does === 'cannot-tell'),
  ]
  const room = couldMax - Math.min(unknown.length, 8)
  const shown = [...told.slice(0, room), ...unknown.slice(0, 8)]
  return {
    commands,
    moreCommands: commandCount - commands.length,
    could: shown,
    moreCould: could.length - shown.length,
  }
}

/** It only runs another command, which is there in its own words: `sudo x` is `x` as root. */
function isUndone({ fields }: DetectionEvent, undone: ReadonlySet<string>): boolean {
  return localWrappers.test(textOf(fields.Image)) && undone.has(textOf(fields.CommandLine))
}

type Add = (does: CouldDo, what?: string, more?: { port?: number | undefined; note?: string | undefined }) => void

function ofCommand({ fields }: DetectionEvent, options: CouldOptions, add: Add): void {
  const image = textOf(fields.Image)
  const name = image.slice(image.lastIndexOf('/') + 1)
  const args = listOf(fields.Args)
  const line = textOf(fields.CommandLine)
  const runsOn = textOf(fields.RunsOn)
  const directory = textOf(fields.CurrentDirectory) || options.cwd
  if (runsOn === 'container') add('run-elsewhere', line, { note: 'in a container' })
  else if (runsOn !== '' && runsOn !== 'host') add('run-elsewhere', runsOn)
  if (textOf(fields.User) === 'root' || /^(?:sudo|su|doas|pkexec)$/.test(name)) add('gain-root', line)
  if (name === 'chmod' && args.some((word) => /^[ugo]*\+[rwx]*s|^[2467]\d{3}$/.test(word))) add('gain-root', line)
  const machines = machinesOf(name, args)
  for (const { host, port } of machines) add('reach', host, { port, note: placeOf(host, port, options) })
  const somewhere = machines.length === 0 ? connectsSomewhere(name, args) : undefined
  if (somewhere !== undefined) add('reach', line, { note: somewhere })
  if (name === 'ssh' && args.some((word) => /^-[A-Za-z]*R/.test(word))) add('open-way-in', line)
  if (interpreters.test(name) && listOf(fields.PipedFrom).some((each) => downloads.test(each)))
    add(
      'run-downloaded',
      listOf(fields.PipedFrom).find((each) => downloads.test(each)),
    )
  if (isInstall(name, args)) add('install', line, { note: 'what it installs may run code of its own' })
  if (fields.Background === true || listOf(fields.Wrappers).some((each) => each === 'nohup' || each === 'setsid'))
    add('outlive', line, { note: 'it goes on after the call has ended' })
  if (name === 'crontab' || (name === 'systemctl' && args.includes('enable')) || name === 'at')
    add('outlive', line, { note: 'it is started again by itself' })
  const { writes, deletes, words } = filesOf(name, args)
  const targets = listOf(fields.WritesTo)
  for (const path of [...writes, ...targets]) if (path !== '/dev/null') ofWritten(pathIn(path, directory), add)
  for (const path of deletes) add('delete', pathIn(path, directory))
  for (const path of [...words, ...listOf(fields.ReadsFrom)])
    if (isCredential(path)) add('read-credentials', pathIn(path, directory))
  if (/[$`]/.test(line)) add('cannot-tell', line, { note: 'dynamic: a part of it is known only when it runs' })
}

function ofFile({ fields }: DetectionEvent, options: CouldOptions, add: Add): void {
  const path = pathIn(textOf(fields.TargetFilename), textOf(fields.CurrentDirectory) || options.cwd)
  if (path === '') return
  if (isCredential(path)) add('read-credentials', path)
  if (fields.Operation === 'write') ofWritten(path, add)
  if (fields.Operation === 'delete' || fields.Operation === 'rename') add('delete', path)
}

function ofWritten(path: string, add: Add): void {
  add('write', path)
  if (isStartPlace(path)) add('outlive', path, { note: 'what stands there is started again by itself' })
}

/** What only a rule has seen: said with the rule's title, which is ours. */
function ofFlag({ title, tactics, behaviour }: Flag, found: ReadonlyMap<string, Could>, add: Add): void {
  const does = new Set([...found.values()].map((each) => each.does))
  const note = `by the rule: ${title}`.slice(0, 300)
  if (behaviour === 'download-and-run' && !does.has('run-downloaded')) add('run-downloaded', undefined, { note })
  if (behaviour === 'tunnel' && !does.has('open-way-in')) add('open-way-in', undefined, { note })
  if (tactics.includes('credential-access') && !does.has('read-credentials'))
    add('read-credentials', undefined, { note })
  if (tactics.includes('privilege-escalation') && !does.has('gain-root')) add('gain-root', undefined, { note })
  if (behaviour === 'persistence' && !does.has('outlive')) add('outlive', undefined, { note })
}

function placeOf(host: string, port: number | undefined, { context, hasReached }: CouldOptions): string | undefined {
  const allowed = allowedAddress(context, host, port) ?? allowedName(context, host, port)
  const reached = hasReached(host)
  const words = [
    allowed ?? (context.destinations.length > 0 ? 'on no allowlist' : undefined),
    reached === true ? 'this session had a connection to it' : undefined,
    reached === false ? 'no connection of this session to it is known' : undefined,
  ].filter((each) => each !== undefined)
  return words.length === 0 ? undefined : cutText(words.join(' · '), 300)
}

function isInstall(name: string, args: readonly string[]): boolean {
  const first = args.find((word) => !word.startsWith('-')) ?? ''
  if (/^(?:pip[\d.]*|uv|gem|cargo|go|conda)$/.test(name)) return args.includes('install')
  if (/^(?:npm|pnpm|yarn)$/.test(name)) return /^(?:install|i|ci|add)$/.test(first)
  return /^(?:apt|apt-get|dnf|yum|apk|dpkg)$/.test(name) && args.some((word) => /^(?:install|add|-i)$/.test(word))
}

function readCommand({ fields }: DetectionEvent, cwd: string | undefined): ReadCommand {
  const image = textOf(fields.Image)
  const line = textOf(fields.CommandLine)
  const args = listOf(fields.Args)
  // A bare name was given a folder for the rules' sake.
  const program = line.startsWith(image) ? image : image.slice(image.lastIndexOf('/') + 1)
  const argv = image === '' ? [line] : [program, ...args]
  const user = textOf(fields.User)
  const directory = textOf(fields.CurrentDirectory) || cwd
  return {
    argv: argv.slice(0, wordsMax).map((word) => cutText(word, 2_000)),
    moreWords: Math.max(0, argv.length - wordsMax),
    ...(user !== '' && { user: cutText(user, 200) }),
    runsOn: cutText(textOf(fields.RunsOn) || 'host', 300),
    ...(directory !== undefined && { directory: cutText(directory, 2_000) }),
  }
}

function pathIn(path: string, directory: string | undefined): string {
  return path.startsWith('~') || /[$`]/.test(path) ? path : (normalPath(path, directory) ?? path)
}

function textOf(value: FieldValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

function listOf(value: FieldValue | undefined): readonly string[] {
  return Array.isArray(value) ? (value as readonly string[]) : []
}
