// Parses one event at the edge: unknown value in, event or a reason in plain words out. Never throws.
import { type EventInput, eventVersion, kindNeedsSession, schemaOfEventKind } from './event.ts'
import { upgradeEvent } from './upgrade-event.ts'

export type ParsedEvent = { ok: true; event: EventInput } | { ok: false; reason: string }

/** Text for a reason: hostile input is quoted, cut and stripped of control characters before it is said back. */
function quote(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return JSON.stringify(text.replace(/[^\x20-\x7e]/g, '?').slice(0, 60))
}

export function parseEvent(value: unknown): ParsedEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, reason: 'an event is a JSON object' }
  }
  const upgraded = upgradeEvent(value as Record<string, unknown>)
  if (upgraded.v !== eventVersion) {
    return { ok: false, reason: `v is ${quote(upgraded.v)}; this server knows v ${eventVersion}` }
  }
  if (typeof upgraded.kind !== 'string') return { ok: false, reason: 'kind is missing' }
  const schema = schemaOfEventKind(upgraded.kind)
  if (!schema) return { ok: false, reason: `unknown kind ${quote(upgraded.kind)}` }
  const parsed = schema.safeParse(upgraded)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    if (issue?.code === 'unrecognized_keys') {
      return { ok: false, reason: `unknown field ${issue.keys.slice(0, 3).map(quote).join(', ')}${inside(issue.path)}` }
    }
    return { ok: false, reason: `${issue?.path.join('.') || 'event'}: ${issue?.message ?? 'does not fit its schema'}` }
  }
  if (kindNeedsSession(parsed.data.kind) && parsed.data.session === undefined) {
    return { ok: false, reason: `kind ${parsed.data.kind} needs a session` }
  }
  return { ok: true, event: parsed.data }
}

function inside(path: PropertyKey[]): string {
  return path.length === 0 ? '' : ` in ${path.join('.')}`
}
