// A bundle's events and audit, put into an empty log as they were, under the numbers that they had: what cites a number still finds it. The gaps between
// them are what is not in the bundle.
import type pg from 'pg'
import type { LoggedEvent } from '../bundle/lines.ts'
import { AuditBody, type AuditLink } from '../protocol/audit.ts'

/** Throws when there is a log already: a bundle is never mixed with anything. */
export async function requireEmptyLog(pool: pg.Pool): Promise<void> {
  const found = await pool.query('SELECT FROM event LIMIT 1')
  if (found.rows.length > 0) throw new Error('VIGIL_BUNDLE needs a data folder of its own: this one has a log already')
}

export async function writeLoggedEvents(
  pool: pg.Pool,
  partition: number,
  events: readonly LoggedEvent[],
): Promise<void> {
  await pool.query(
    `INSERT INTO event (partition, seq, id, seen_at, at, kind, version, trust, session, host, source, data)
     SELECT $1, seq, id, to_timestamp(seen_ms / 1000.0), to_timestamp(at_ms / 1000.0), kind, version, trust, session, host, source, data::json
     FROM unnest($2::int8[], $3::uuid[], $4::float8[], $5::float8[], $6::text[], $7::int2[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[])
       AS t(seq, id, seen_ms, at_ms, kind, version, trust, session, host, source, data)`,
    [
      partition,
      events.map(({ seq }) => seq),
      events.map(({ id }) => id),
      events.map(({ seenAtMs }) => seenAtMs),
      events.map(({ atMs }) => atMs),
      events.map(({ kind }) => kind),
      events.map(({ version }) => version),
      events.map(({ trust }) => trust),
      events.map(({ session }) => session ?? null),
      events.map(({ host }) => host ?? null),
      events.map(({ source }) => source ?? null),
      events.map(({ dataJson }) => dataJson),
    ],
  )
}

/** Keeps their numbers: it is an extract, with gaps. */
export async function writeAuditExtract(pool: pg.Pool, partition: number, links: readonly AuditLink[]): Promise<void> {
  for (const { n, body, hash } of links) {
    const { seenAtMs, kind, by, session } = AuditBody.parse(JSON.parse(body))
    await pool.query(
      `INSERT INTO audit_entry (partition, n, seen_at, kind, actor, session, body, hash)
       VALUES ($1, $2, to_timestamp($3 / 1000.0), $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
      [partition, n, seenAtMs, kind, by.name, session ?? null, body, hash],
    )
  }
}
