// Identifiers that cross a border. An agent may choose its session's name, so a session id is limited to
// characters that can neither be markup nor hide: no control, bidirectional, quote or angle-bracket characters.
import { z } from 'zod'

const idPattern = /^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}$/
const idHint = 'must be 1 to 128 characters from A-Z a-z 0-9 . _ : @ / - and start with a letter or digit'

export const SessionId = z.string().regex(idPattern, `session id ${idHint}`).brand<'SessionId'>()
export type SessionId = z.infer<typeof SessionId>

export const HostId = z.string().regex(idPattern, `host id ${idHint}`).brand<'HostId'>()
export type HostId = z.infer<typeof HostId>

/** A host id from whatever a machine calls itself: other characters become `-`. */
export function hostIdOf(name: string): HostId {
  const safe = name
    .replace(/[^A-Za-z0-9._:@/-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 128)
  return HostId.parse(safe === '' ? 'host' : safe)
}

export const ControlId = z.string().regex(idPattern, `control id ${idHint}`).brand<'ControlId'>()
export type ControlId = z.infer<typeof ControlId>

export const ContainmentId = z.string().regex(idPattern, `containment id ${idHint}`).brand<'ContainmentId'>()
export type ContainmentId = z.infer<typeof ContainmentId>

export const ProposalId = z.string().regex(idPattern, `proposal id ${idHint}`).brand<'ProposalId'>()
export type ProposalId = z.infer<typeof ProposalId>

export const ApprovalId = z.string().regex(idPattern, `approval id ${idHint}`).brand<'ApprovalId'>()
export type ApprovalId = z.infer<typeof ApprovalId>

/** Identity of one tool call inside its session, given by the agent's framework: text, never trusted as unique across sessions. */
export const CallId = z.string().min(1).max(256)

export const EventId = z.uuid('event id must be a UUID').brand<'EventId'>()
export type EventId = z.infer<typeof EventId>

export const earliestAtMs = 946_684_800_000

/** Unix time in milliseconds. Years 2000 to 2100: outside of that a clock is not "off", the number is not a time. */
export const AtMs = z
  .number()
  .min(earliestAtMs, 'atMs is before the year 2000: is it in seconds rather than milliseconds?')
  .max(4_102_444_800_000, 'atMs is after the year 2100: is it in nanoseconds rather than milliseconds?')
