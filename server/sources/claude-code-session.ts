// Whose record it is: the session that a line of Claude Code names, and that session's one beginning. Never repairs a name.
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { eventIdOf } from './event-id.ts'
import { defined, longText, sessionOf, shortText } from './normal-values.ts'
import type { RecordContext } from './record-source.ts'

export const badSessionReason = 'session id is no valid name of a session'
export const noSessionReason = 'record names no session'

/** Undefined id: the record says nothing of its session. */
export function sessionOfRecord(context: RecordContext, named: unknown): { session: SessionId } | { refused: string } {
  if (context.boundSession !== undefined) return { session: context.boundSession }
  if (named === undefined || named === null || named === '') {
    const session = context.session ?? sessionOfFile(context.fileName)
    return session === undefined ? { refused: noSessionReason } : { session }
  }
  const session = sessionOf(named)
  return session === undefined ? { refused: badSessionReason } : { session }
}

/** A transcript's file is named after its session; a sub-agent's (`agent-….jsonl`) is not. */
function sessionOfFile(fileName: string | undefined): SessionId | undefined {
  const name = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.jsonl$/i.exec(fileName ?? '')?.[1]
  return name === undefined ? undefined : sessionOf(name)
}

export type AboutSession = { version?: unknown; cwd?: unknown; model?: unknown; source?: unknown }

export function sessionStarted(session: SessionId, atMs: number, about: AboutSession): EventInput {
  const cwd = longText(about.cwd)
  const labels = defined({
    version: shortText(about.version),
    cwd: shortText(about.cwd),
    model: shortText(about.model),
    source: shortText(about.source),
  })
  return {
    v: 1,
    kind: 'session.started',
    atMs,
    session,
    data: defined({ agent: 'claude-code', cwd, held: 'none' as const, abilities: [], labels }),
  }
}

const sessionsKept = 1_000

/** Tells each session's beginning once. A session that fell out is told again under the same id, which the log keeps once. */
export class SessionStarts {
  readonly #seen = new Set<SessionId>()
  readonly #format: string
  readonly #boundTo: string

  constructor(format: string, boundTo: string) {
    this.#format = format
    this.#boundTo = boundTo
  }

  /** The beginning when this session was not seen before, else nothing. */
  first(session: SessionId, atMs: number, about: AboutSession): EventInput[] {
    if (this.#seen.has(session)) return []
    if (this.#seen.size >= sessionsKept) this.#seen.clear()
    this.#seen.add(session)
    const id = eventIdOf(this.#boundTo, this.#format, session, 'session.started')
    return [{ ...sessionStarted(session, atMs, about), id }]
  }
}
