// The audit's chain as it grows, and reading it back. The one writer of a partition computes each link, in the transaction of the event itself.
import { hash } from 'node:crypto'
import type pg from 'pg'
import { AuditBody, type AuditHead, type AuditLink, auditGenesis, auditLinkText } from '../protocol/audit.ts'

/** A deed before it has its place in the chain. */
export type AuditDeed = { body: string; kind: string; by: AuditBody['by']; session: string | undefined }
export type AuditRow = {
  n: number
  kind: string
  actor: string
  session: string | undefined
  body: string
  hash: string
}

export const sha256 = (text: string): string => hash('sha256', text)

/** The links that follow the head, in the order of the deeds. */
export function chainAudit(head: AuditHead, partition: number, deeds: readonly AuditDeed[]): AuditRow[] {
  let { n, hash: previous } = head
  return deeds.map(({ body, kind, by, session }) => {
    n += 1
    previous = sha256(auditLinkText(previous, { partition, n, body }))
    return { n, kind, actor: by.name, session, body, hash: previous }
  })
}

export async function readAuditHead(client: pg.Client | pg.Pool, partition: number): Promise<AuditHead> {
  const found = await client.query<{ n: string; hash: string }>(
    'SELECT n, hash FROM audit_entry WHERE partition = $1 ORDER BY n DESC LIMIT 1',
    [partition],
  )
  const [row] = found.rows
  return row ? { n: Number(row.n), hash: row.hash } : { n: 0, hash: auditGenesis }
}

type LinkRow = { partition: number; n: string; body: string; hash: string }
const linkOf = ({ partition, n, body, hash }: LinkRow): AuditLink => ({ partition, n: Number(n), body, hash })

/** In the order of the chain, for a check of it. */
export async function readAuditChain(
  pool: pg.Pool,
  query: { partition: number; afterN: number; limit: number },
): Promise<AuditLink[]> {
  const found = await pool.query<LinkRow>(
    'SELECT partition, n, body, hash FROM audit_entry WHERE partition = $1 AND n > $2 ORDER BY n LIMIT $3',
    [query.partition, query.afterN, query.limit],
  )
  return found.rows.map(linkOf)
}

export type AuditQuery = {
  partition: number
  beforeN?: number | undefined
  /** Found anywhere in what was hashed, in any case of letters. */
  text?: string | undefined
  kind?: string | undefined
  session?: string | undefined
  limit: number
}

/** The newest entry that was on record at that moment. They are in the order of time: one writer wrote them by one clock. */
export async function readAuditHeadAt(pool: pg.Pool, partition: number, atMs: number): Promise<AuditHead> {
  let [none, some] = [{ n: 0, hash: auditGenesis }, await readAuditHead(pool, partition)]
  if (some.n === 0 || (await seenAt(some.n)) <= atMs) return some
  while (some.n - none.n > 1) {
    const middle = Math.floor((some.n + none.n) / 2)
    const [link] = await readAuditChain(pool, { partition, afterN: middle - 1, limit: 1 })
    // A hole in the chain is the check's to tell; here it only must not be waited for.
    if (!link || link.n >= some.n) some = { ...some, n: middle }
    else if (seenAtOf(link) <= atMs) none = { n: link.n, hash: link.hash }
    else some = { n: middle, hash: link.hash }
  }
  return none

  async function seenAt(n: number): Promise<number> {
    const [link] = await readAuditChain(pool, { partition, afterN: n - 1, limit: 1 })
    return link ? seenAtOf(link) : Number.POSITIVE_INFINITY
  }
}

const seenAtOf = ({ body }: AuditLink): number => AuditBody.parse(JSON.parse(body)).seenAtMs

/** Newest first. */
export async function readAudit(pool: pg.Pool, query: AuditQuery): Promise<AuditLink[]> {
  const found = await pool.query<LinkRow>(
    `SELECT partition, n, body, hash FROM audit_entry
     WHERE partition = $1 AND ($2::int8 IS NULL OR n < $2) AND ($3::text IS NULL OR position(lower($3) IN lower(body)) > 0)
       AND ($4::text IS NULL OR kind = $4) AND ($5::text IS NULL OR session = $5)
     ORDER BY n DESC LIMIT $6`,
    [
      query.partition,
      query.beforeN ?? null,
      query.text ?? null,
      query.kind ?? null,
      query.session ?? null,
      query.limit,
    ],
  )
  return found.rows.map(linkOf)
}
