// What an audit event may come to, before it has a time and a host.
import type { EventInput } from '../protocol/event.ts'

type FactOf<K extends EventInput['kind']> = {
  [Kind in K]: Pick<Extract<EventInput, { kind: Kind }>, 'kind' | 'data'>
}[K]

export type AuditFact = FactOf<
  'process.reported' | 'connection.reported' | 'file.reported' | 'alert.raised' | 'login.reported'
>

/** `what` is a fixed name of ours; the other two are fixed sentences. */
export type AuditMeaning = { what: string; facts: AuditFact[] } | { skipped: string } | { refused: string }
