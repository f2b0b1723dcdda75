// One session's context, put together from what holds for all, for its task set and for its run, and made ready to be asked often.
import type { DetectionEvent } from '../detection-event.ts'
import type { Severity } from '../flag.ts'
import type { DetectionContext, DetectionContexts } from './context-schema.ts'
import { coversAddress, coversName, coversPort, type ParsedDestination, parseDestination } from './destination-match.ts'

type Allowed = { parsed: ParsedDestination; ports: readonly (number | string)[] | undefined; words: string }

export type CompiledContext = {
  destinations: readonly Allowed[]
  paths: readonly { prefix: string; words: string }[]
  protected: readonly { isProtected(path: string): boolean; what: string; words: string }[]
  rules: ReadonlyMap<string, { to: Severity | 'silent'; why: string }>
  gpus: readonly { gpu: string; owner: string }[]
  /** The task's own text, as the agent or its author wrote it: hostile. Bounded, in lower case. */
  taskText: string
}

export type ContextOf = { taskSet?: string | undefined; run?: string | undefined; taskText?: string | undefined }

const taskTextMax = 32_768

export function contextFor(contexts: DetectionContexts, { taskSet, run, taskText = '' }: ContextOf): CompiledContext {
  const own = (record: Record<string, DetectionContext>, name: string | undefined) =>
    name !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
  const parts = [contexts.all, own(contexts.taskSets, taskSet), own(contexts.runs, run)].filter(
    (part) => part !== undefined,
  )
  return {
    destinations: parts.flatMap(({ destinations, packageIndexes }) => [
      ...destinations.map(({ to, ports, why }) => ({
        parsed: parseDestination(to),
        ports,
        words: `the destination ${to} is allowed${why === undefined ? '' : ` (${why})`}`,
      })),
      ...packageIndexes.map((host) => ({
        parsed: parseDestination(host),
        ports: undefined,
        words: `${host} is allowed as a package index`,
      })),
    ]),
    paths: parts.flatMap(({ paths }) =>
      paths.map(({ prefix, why }) => ({
        prefix: folderOf(prefix),
        words: `files under ${prefix} may be written${why === undefined ? '' : ` (${why})`}`,
      })),
    ),
    protected: parts.flatMap((part) =>
      part.protected.map(({ path, what }) => ({
        isProtected: matcherOf(path),
        what,
        words: `${path} is protected (${what})`,
      })),
    ),
    // What is said of a run goes before what is said of its task set, and that before what holds for all.
    rules: new Map(parts.flatMap(({ rules }) => rules.map(({ rule, to, why }) => [rule, { to, why }] as const))),
    gpus: parts.flatMap(({ gpus }) => gpus),
    taskText: taskText.slice(0, taskTextMax).toLowerCase(),
  }
}

/** Undefined where no entry covers it. */
export function allowedAddress(
  context: CompiledContext,
  address: string,
  port: number | undefined,
): string | undefined {
  return context.destinations.find((each) => coversPort(each.ports, port) && coversAddress(each.parsed, address))?.words
}

export function allowedName(context: CompiledContext, name: string, port: number | undefined): string | undefined {
  return context.destinations.find((each) => coversPort(each.ports, port) && coversName(each.parsed, name))?.words
}

/**
 * For `createStatefulDetectors`: traffic that the operator expects is not counted. Only by address, or by the name that was looked up: a name
 * that the client itself says (TLS, HTTP) may be any.
 */
export function isExpectedTraffic(context: CompiledContext, event: DetectionEvent): boolean {
  if (context.destinations.length === 0) return false
  const { QueryName, DestinationIp, DestinationPort } = event.fields
  if (event.source === 'dns')
    return typeof QueryName === 'string' && allowedName(context, QueryName, undefined) !== undefined
  if (event.source !== 'connection' && event.source !== 'traffic') return false
  const port = typeof DestinationPort === 'number' ? DestinationPort : undefined
  return typeof DestinationIp === 'string' && allowedAddress(context, DestinationIp, port) !== undefined
}

function folderOf(prefix: string): string {
  return normalPath(prefix, undefined) ?? prefix
}

export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}

function matcherOf(pattern: string): (path: string) => boolean {
  if (pattern.startsWith('/')) {
    const folder = folderOf(pattern)
    return (path) => isBelow(path, folder)
  }
  return (path) => fitsName(pattern, path.slice(path.lastIndexOf('/') + 1))
}

/** `*` for any part; in linear time, because the name is the agent's. */
function fitsName(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return name === pattern
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false
  let from = first.length
  for (const part of rest) {
    const found = name.indexOf(part, from)
    if (found < 0) return false
    from = found + part.length
  }
  return from <= name.length - last.length
}

/** Absolute and without `.`, `..` and doubled slashes; undefined where its start is not known. Links are not followed: nobody can here. */
export function normalPath(path: string, directory: string | undefined): string | undefined {
  const whole = path.startsWith('/') ? path : directory?.startsWith('/') ? `${directory}/${path}` : undefined
  if (whole === undefined) return undefined
  const parts: string[] = []
  for (const part of whole.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}
