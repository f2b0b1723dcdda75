// The audit: every deed of an operator, of a key and of the server itself, in a chain of hashes of its own. An entry is kept apart from its
// event, so that it outlives the event's retention, and each one's hash covers the hash before it.
import { z } from 'zod'
import type { EventKind, StoredEvent } from './event.ts'
import { AtMs } from './ids.ts'
import { cutText } from './text.ts'

/** Hash before the first entry. */
export const auditGenesis = '0'.repeat(64)

const Hash = z.string().regex(/^[0-9a-f]{64}$/)

/** One link. `body` is kept letter by letter: it is what was hashed. */
export const AuditLink = z.object({
  partition: z.int().min(0),
  /** Dense from 1 within the partition: a number that lacks is an entry that was taken away. */
  n: z.int().min(1),
  body: z.string(),
  hash: Hash,
})
export type AuditLink = z.infer<typeof AuditLink>

/** What a body says, for people. */
export const AuditBody = z.object({
  id: z.string(),
  seenAtMs: AtMs,
  atMs: AtMs,
  kind: z.string(),
  by: z.object({ type: z.string(), id: z.string(), name: z.string() }),
  session: z.string().optional(),
  host: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
})
export type AuditBody = z.infer<typeof AuditBody>

export const AuditHead = z.object({ n: z.int().min(0), hash: Hash })
export type AuditHead = z.infer<typeof AuditHead>

export const AuditVerdict = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), checked: z.int(), head: AuditHead }),
  /** `n`: the first entry that is not as it was written, or is not there. */
  z.object({ ok: z.literal(false), checked: z.int(), n: z.int(), why: z.string() }),
])
export type AuditVerdict = z.infer<typeof AuditVerdict>

/** What was found wrong at any time since the chain began: it stays told, for the chain grows over the place. */
export const AuditDamage = z.object({ foundAtMs: z.number(), n: z.int(), why: z.string() })
export type AuditDamage = z.infer<typeof AuditDamage>

/** `GET /api/audit/verify` */
export const AuditChecked = z.object({
  ok: z.boolean(),
  checked: z.int(),
  head: AuditHead.optional(),
  n: z.int().optional().describe('the first entry that is wrong or gone'),
  why: z.string().optional(),
  damage: z.array(AuditDamage),
})
export type AuditChecked = z.infer<typeof AuditChecked>

export const AuditPage = z.object({
  /** Newest first. */
  entries: z.array(AuditLink),
  head: AuditHead,
  damage: z.array(AuditDamage),
  /** Older ones that match may follow: ask with `before` of the last one here. */
  more: z.boolean(),
})

type Audited = { kind: EventKind; data: object }

/** Who did it; undefined for what is no deed of anybody. */
export function actorOfEvent({ data }: Audited): AuditBody['by'] | undefined {
  const by = 'by' in data ? (data.by as Partial<AuditBody['by']> | undefined) : undefined
  if (typeof by !== 'object' || by === null) return undefined
  const { type, id, name } = by
  if (typeof type !== 'string' || typeof id !== 'string' || typeof name !== 'string') return undefined
  return { type, id, name }
}

/** The text that is hashed and kept. Its order of fields is its own: never that of the database. */
export function auditBodyOf(
  event: Pick<StoredEvent, 'id' | 'atMs' | 'kind' | 'session' | 'host' | 'data'>,
  seenAtMs: number,
): string | undefined {
  const by = actorOfEvent(event)
  if (by === undefined) return undefined
  const { id, atMs, kind, session, host, data } = event
  return JSON.stringify({ id: id.toLowerCase(), seenAtMs, atMs, kind, by, session, host, data })
}

/** What an entry's hash is of. */
export function auditLinkText(previousHash: string, { partition, n, body }: Omit<AuditLink, 'hash'>): string {
  return `vigil-audit-1\n${previousHash}\n${partition}\n${n}\n${body}`
}

/**
 * Adds what follows to a check that is under way; the first thing that is wrong ends it. `sha256` gives 64 hex digits of a text's UTF-8 bytes.
 */
export function checkAuditLinks(
  before: AuditVerdict,
  links: readonly AuditLink[],
  sha256: (text: string) => string,
): AuditVerdict {
  let verdict = before
  for (const link of links) {
    if (!verdict.ok) return verdict
    const { checked, head } = verdict
    const wrong = (n: number, why: string): AuditVerdict => ({ ok: false, checked, n, why })
    const wantedN = head.n + 1
    if (link.n < wantedN) return wrong(link.n, `entry ${link.n} is there twice, or out of order`)
    if (link.n > wantedN) {
      const many = link.n - wantedN
      return wrong(wantedN, many === 1 ? `entry ${wantedN} is gone` : `entries ${wantedN} to ${link.n - 1} are gone`)
    }
    if (sha256(auditLinkText(head.hash, link)) !== link.hash)
      return wrong(
        link.n,
        `entry ${link.n} is not as it was written: its hash does not match its text and the entry before`,
      )
    verdict = { ok: true, checked: checked + 1, head: { n: link.n, hash: link.hash } }
  }
  return verdict
}

/** Where a check begins. */
export function auditCheckStart(): AuditVerdict {
  return { ok: true, checked: 0, head: { n: 0, hash: auditGenesis } }
}

/** The chain's end against what was known to be its end: newest entries that were taken away leave no gap behind them. */
export function checkAuditHead(verdict: AuditVerdict, known: AuditHead | undefined): AuditVerdict {
  if (!verdict.ok || known === undefined || known.n < verdict.head.n) return verdict
  if (known.n === verdict.head.n) {
    if (known.hash === verdict.head.hash) return verdict
    const why = `entry ${known.n} has another hash than when it was written: entries up to it were written anew`
    return { ok: false, checked: 0, n: known.n, why }
  }
  const n = verdict.head.n + 1
  return {
    ok: false,
    checked: verdict.checked,
    n,
    why: known.n === n ? `the newest entry, ${n}, is gone` : `the newest entries, ${n} to ${known.n}, are gone`,
  }
}

/** One line for people: what was done, to what. Its parts may hold an agent's words, so it is to be shown as hostile text. */
export function auditSentence({ kind, data, session, host }: AuditBody): string {
  const word = (name: string) => (typeof data[name] === 'string' ? (data[name] as string) : undefined)
  const of = session ?? host
  const about = of === undefined ? '' : ` on ${of}`
  const reason = word('reason') === undefined ? '' : `: ${word('reason')}`
  switch (kind) {
    case 'audit.recorded':
      return `${word('change')} ${word('subject') ?? ''}`
    case 'control.requested':
      return `${word('action')}${word('capability') ? ` ${word('capability')}` : ''}${about}${reason}`
    case 'approval.decided':
      return `${word('decision')} approval ${word('approval')}${about}${reason}`
    case 'containment.requested':
      return `contain every session that matches (${word('containment')})${reason}`
    case 'policy.changed':
      return `policy ${word('policy')}: ${String(data.value)}`
    default: {
      const { by: _by, ...rest } = data
      return `${kind}${about} ${cutText(JSON.stringify(rest), 300)}`
    }
  }
}
