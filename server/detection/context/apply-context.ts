// What a context makes of a flag: worse, better or silent, and in which words. What the operator wrote may lower anything; what the task's
// text says may lower one step, and nothing of the highest level, because the agent or the task's author may have written it for us to read.
import type { DetectionEvent } from '../detection-event.ts'
import { scopeOf } from '../events/destination-scope.ts'
import { type Flag, type Severity, severities } from '../flag.ts'
import { detectorCatalog } from '../stateful/stateful-detectors.ts'
import { allowedAddress, allowedName, type CompiledContext, isBelow, normalPath } from './compiled-context.ts'
import { machinesIn } from './destination-match.ts'

/** What pages is lowered by the operator's own word alone: a task's text may be the agent's. */
const untouchableByText: ReadonlySet<Severity> = new Set(['high', 'critical'])
/** What a destination can explain. `curl allowed.example | sh` is not made harmless by where it comes from. */
const ofDestinations: ReadonlySet<string> = new Set([
  'command-and-control',
  'exfiltration',
  'discovery',
  'reconnaissance',
  'lateral-movement',
])
/** `ssh -F`, `curl -K`: where it really goes stands in a file. */
const readsSettings = /(?:^|\s)(?:-[FK]|--config)/
export const protectedPathId = 'vigil-protected-path'
/** Flags of many destinations: the last of them explains none of the others. */
const ofMany: ReadonlySet<string> = new Set(detectorCatalog.filter(({ spansMany }) => spansMany).map(({ id }) => id))

type Change = { to: Severity | 'silent'; words: string }

/** The flag as it stands in this context; undefined where the operator wants to hear nothing of it. The flag given is not changed. */
export function applyContext(flag: Flag, event: DetectionEvent, context: CompiledContext): Flag | undefined {
  const worse = worseBy(flag, event, context)
  if (worse !== undefined) return changed(flag, worse)
  const better = betterBy(flag, event, context)
  if (better !== undefined) return better.to === 'silent' ? undefined : changed(flag, better)
  const named = namedByTask(flag, event, context)
  return named === undefined ? flag : changed(flag, named)
}

function changed(flag: Flag, { to, words }: Change): Flag {
  return { ...flag, severity: to === 'silent' ? flag.severity : to, context: [...flag.context, words] }
}

function step(severity: Severity, by: 1 | -1): Severity {
  const index = severities.indexOf(severity) + by
  return severities[Math.min(severities.length - 1, Math.max(0, index))] ?? severity
}

function isLower(a: Severity, b: Severity): boolean {
  return severities.indexOf(a) < severities.indexOf(b)
}

// ---- worse -----------------------------------------------------------------------------------------------------------------------------

function worseBy(flag: Flag, event: DetectionEvent, context: CompiledContext): Change | undefined {
  // It says nothing else than that a protected path is changed.
  if (flag.rule === protectedPathId) return undefined
  for (const { path, isRead } of pathsOf(event))
    for (const { isProtected, what, words } of context.protected) {
      // Tests are there to be read; graders and rewards are not.
      if (!isProtected(path) || (isRead && (what === 'tests' || what === 'configuration'))) continue
      const raised = step(flag.severity, 1)
      return {
        to: isRead || !isLower(raised, 'high') ? raised : 'high',
        words: `raised: ${isRead ? 'reads' : 'changes'} ${path.slice(0, 200)}, and ${words}`,
      }
    }
  const owner = ownerOf(event, context)
  const actual = event.fields.ActualUser
  if (owner !== undefined && typeof actual === 'string' && actual !== '' && !isOwner(owner, actual))
    return {
      to: step(flag.severity, 1),
      words: `raised: the GPU belongs to ${owner}, and ${actual.slice(0, 100)} uses it`,
    }
  return undefined
}

export function pathsOf(event: DetectionEvent): { path: string; isRead: boolean }[] {
  const { TargetFilename, Operation, WritesTo, ReadsFrom, CurrentDirectory } = event.fields
  const directory = typeof CurrentDirectory === 'string' ? CurrentDirectory : undefined
  const found: { path: string; isRead: boolean }[] = []
  const add = (value: unknown, isRead: boolean) => {
    for (const each of Array.isArray(value) ? value : [value]) {
      // A path whose folder is not known is compared by its name: patterns without a folder still fit.
      if (typeof each === 'string' && each !== '' && found.length < 64)
        found.push({ path: normalPath(each, directory) ?? each, isRead })
    }
  }
  add(TargetFilename, Operation === 'read')
  add(WritesTo, false)
  add(ReadsFrom, true)
  return found
}

// ---- better, by the operator's word ------------------------------------------------------------------------------------------------------

function betterBy(flag: Flag, event: DetectionEvent, context: CompiledContext): Change | undefined {
  const exception = context.rules.get(flag.rule)
  if (exception !== undefined) {
    const { to, why } = exception
    if (to !== 'silent' && isLower(flag.severity, to))
      return { to, words: `raised: the operator set this rule to ${to} here (${why})` }
    return lowered(flag, to, `the operator set this rule to ${to} here (${why})`)
  }
  const place = allowedPlace(flag, event, context)
  if (place !== undefined) return lowered(flag, place.isClaimed ? step(flag.severity, -1) : 'silent', place.words)
  if (event.source === 'file') {
    const paths = pathsOf(event)
    const allowed = context.paths.find(
      ({ prefix }) => paths.length > 0 && paths.every(({ path }) => isBelow(path, prefix)),
    )
    if (allowed !== undefined) return lowered(flag, 'silent', allowed.words)
  }
  const owner = ownerOf(event, context)
  const actual = event.fields.ActualUser
  if (owner !== undefined && typeof actual === 'string' && isOwner(owner, actual))
    return lowered(flag, isLower(flag.severity, 'medium') ? 'silent' : 'low', `the GPU belongs to ${owner}`)
  return undefined
}

/** What pages is never silent: it stays in the record, as far down as it may go. */
function lowered(flag: Flag, to: Severity | 'silent', words: string): Change {
  const pages = !isLower(flag.ruleSeverity, 'high')
  if (to !== 'silent') return { to: isLower(to, flag.severity) ? to : flag.severity, words: `lowered: ${words}` }
  return pages ? { to: 'informational', words: `lowered: ${words}` } : { to: 'silent', words }
}

function allowedPlace(
  flag: Flag,
  event: DetectionEvent,
  context: CompiledContext,
): { words: string; isClaimed: boolean } | undefined {
  if (context.destinations.length === 0 || ofMany.has(flag.rule)) return undefined
  if (!flag.tactics.every((tactic) => ofDestinations.has(tactic))) return undefined
  const { DestinationIp, DestinationPort, DestinationHostname, QueryName, Application, CommandLine } = event.fields
  const port = typeof DestinationPort === 'number' ? DestinationPort : undefined
  switch (event.source) {
    case 'dns': {
      const words = typeof QueryName === 'string' ? allowedName(context, QueryName, undefined) : undefined
      return words === undefined ? undefined : { words, isClaimed: false }
    }
    case 'connection':
    case 'traffic':
    case 'alert': {
      const byAddress = typeof DestinationIp === 'string' ? allowedAddress(context, DestinationIp, port) : undefined
      if (byAddress !== undefined) return { words: byAddress, isClaimed: false }
      const byName =
        typeof DestinationHostname === 'string' ? allowedName(context, DestinationHostname, port) : undefined
      if (byName === undefined) return undefined
      const isClaimed = Application === 'tls' || Application === 'http'
      return { words: isClaimed ? `${byName}, by the name that the client itself said` : byName, isClaimed }
    }
    case 'command':
    case 'process': {
      // Not where a word is unknown, or where anything else may be meant.
      if (event.notFully !== undefined || typeof CommandLine !== 'string') return undefined
      if (/[$`]/.test(CommandLine) || readsSettings.test(CommandLine)) return undefined
      const { Assigns } = event.fields
      const machines = othersIn(Array.isArray(Assigns) ? `${CommandLine} ${Assigns.join(' ')}` : CommandLine)
      const words = machines.map(
        (each) => allowedAddress(context, each, undefined) ?? allowedName(context, each, undefined),
      )
      if (words.length === 0 || words.includes(undefined)) return undefined
      return { words: [...new Set(words)].slice(0, 4).join(', '), isClaimed: false }
    }
    default:
      return undefined
  }
}

// ---- GPUs ------------------------------------------------------------------------------------------------------------------------------

function ownerOf(event: DetectionEvent, context: CompiledContext): string | undefined {
  if (event.source !== 'gpu') return undefined
  const gpu = `${event.host ?? ''}/${event.fields.Gpu}`
  return context.gpus.find((each) => each.gpu === gpu || each.gpu === `${event.host}/*`)?.owner
}

function isOwner(owner: string, user: string): boolean {
  return owner.endsWith('*') ? user.startsWith(owner.slice(0, -1)) : user === owner
}

// ---- better, by the task's own text ------------------------------------------------------------------------------------------------------

function namedByTask(flag: Flag, event: DetectionEvent, context: CompiledContext): Change | undefined {
  if (context.taskText === '' || untouchableByText.has(flag.ruleSeverity) || untouchableByText.has(flag.severity))
    return undefined
  const to = step(flag.severity, -1)
  if (to === flag.severity || to === 'informational') return undefined
  const things = thingsOf(event)
  // All of them: a text that names one machine says nothing of the other one in the same command.
  if (things.length === 0 || !things.every((thing) => names(context.taskText, thing))) return undefined
  return {
    to,
    words: `lowered one step: the task’s own text names ${things.join(', ').slice(0, 100)} (whoever wrote that text may have meant it for us)`,
  }
}

/** What a task would have to name: the machines, else the file, else the program. */
function thingsOf(event: DetectionEvent): string[] {
  const { DestinationIp, DestinationHostname, Application, QueryName, TargetFilename, Image, CommandLine } =
    event.fields
  // What the client itself said (TLS, HTTP) may be any name: then the address has to stand in the text.
  const isClaimed = Application === 'tls' || Application === 'http'
  const one = (isClaimed ? undefined : DestinationHostname) ?? DestinationIp ?? QueryName ?? TargetFilename
  if (typeof one === 'string') return one.length >= 3 ? [one] : []
  if (event.source !== 'command' && event.source !== 'process') return []
  // A command that names machines is explained by its machines, not by its program: `ssh` stands in many tasks.
  const machines = typeof CommandLine === 'string' ? othersIn(CommandLine) : []
  if (machines.length > 0) return machines
  const program = typeof Image === 'string' ? Image.slice(Image.lastIndexOf('/') + 1) : ''
  return program.length >= 3 ? [program] : []
}

/** Machines other than this one itself. */
function othersIn(line: string): string[] {
  return machinesIn(line).filter((each) => scopeOf(each) !== 'loopback')
}

/** As a whole word, not inside of another. */
function names(text: string, thing: string): boolean {
  const sought = thing.toLowerCase()
  for (let from = text.indexOf(sought); from >= 0; from = text.indexOf(sought, from + 1)) {
    const before = text[from - 1]
    const after = text[from + sought.length]
    const isWhole = !(before !== undefined && /[\w.-]/.test(before)) && !(after !== undefined && /[\w-]/.test(after))
    if (isWhole) return true
  }
  return false
}
