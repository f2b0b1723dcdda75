// Sources: counters of every door that let something in, and the newest records that were refused there. Rows with a copy in memory
// (server/source-registry.ts); nothing here is on the way of an event.
import type pg from 'pg'

export type SourceRow = {
  id: string
  format: string
  name: string
  firstSeenAtMs: number
  lastSeenAtMs: number
  newestAtMs?: number | undefined
  records: number
  events: number
  duplicates: number
  samples: number
  refused: number
  skipped: number
  bytes: number
  detail: unknown
}

export type RefusalRow = { source: string; seenAtMs: number; line: number; reason: string; raw: string }

const columns = `id, format, name, extract(epoch from first_seen_at) * 1000 AS first, extract(epoch from last_seen_at) * 1000 AS last,
  extract(epoch from newest_at) * 1000 AS newest, records, events, duplicates, samples, refused, skipped, bytes, detail`

type Raw = Record<
  | 'id'
  | 'format'
  | 'name'
  | 'first'
  | 'last'
  | 'records'
  | 'events'
  | 'duplicates'
  | 'samples'
  | 'refused'
  | 'skipped'
  | 'bytes',
  string
> & { newest: string | null; detail: unknown }

export async function readSources(pool: pg.Pool): Promise<SourceRow[]> {
  const { rows } = await pool.query<Raw>(`SELECT ${columns} FROM source ORDER BY id`)
  return rows.map((row) => ({
    id: row.id,
    format: row.format,
    name: row.name,
    firstSeenAtMs: Number(row.first),
    lastSeenAtMs: Number(row.last),
    ...(row.newest !== null && { newestAtMs: Number(row.newest) }),
    records: Number(row.records),
    events: Number(row.events),
    duplicates: Number(row.duplicates),
    samples: Number(row.samples),
    refused: Number(row.refused),
    skipped: Number(row.skipped),
    bytes: Number(row.bytes),
    detail: row.detail,
  }))
}

/** Writes whole rows; doing it again changes nothing. */
export async function writeSources(pool: pg.Pool, rows: readonly SourceRow[]): Promise<void> {
  for (const row of rows) {
    await pool.query(
      `INSERT INTO source (id, format, name, first_seen_at, last_seen_at, newest_at, records, events, duplicates, samples, refused, skipped, bytes, detail)
       VALUES ($1, $2, $3, to_timestamp($4 / 1000.0), to_timestamp($5 / 1000.0), to_timestamp($6::float8 / 1000.0), $7, $8, $9, $10, $11, $12, $13, $14::jsonb)
       ON CONFLICT (id) DO UPDATE SET last_seen_at = excluded.last_seen_at, newest_at = excluded.newest_at, records = excluded.records,
         events = excluded.events, duplicates = excluded.duplicates, samples = excluded.samples, refused = excluded.refused,
         skipped = excluded.skipped, bytes = excluded.bytes, detail = excluded.detail`,
      [
        row.id,
        row.format,
        row.name,
        row.firstSeenAtMs,
        row.lastSeenAtMs,
        row.newestAtMs ?? null,
        row.records,
        row.events,
        row.duplicates,
        row.samples,
        row.refused,
        row.skipped,
        row.bytes,
        JSON.stringify(row.detail).replaceAll('\\u0000', '\\ufffd'), // jsonb takes no NUL; examples are printable anyway
      ],
    )
  }
}

/** Appends refused records and forgets all but the newest `kept` of each source among them. */
export async function addRefusals(pool: pg.Pool, rows: readonly RefusalRow[], kept: number): Promise<void> {
  if (rows.length === 0) return
  await pool.query(
    `INSERT INTO source_refusal (source, seen_at, line, reason, raw)
     SELECT s, to_timestamp(a / 1000.0), l, r, b FROM unnest($1::text[], $2::float8[], $3::int4[], $4::text[], $5::bytea[]) AS t(s, a, l, r, b)`,
    [
      rows.map((row) => row.source),
      rows.map((row) => row.seenAtMs),
      rows.map((row) => Math.min(row.line, 2_147_483_647)),
      rows.map((row) => row.reason),
      rows.map((row) => Buffer.from(row.raw)),
    ],
  )
  for (const source of new Set(rows.map((row) => row.source))) {
    await pool.query(
      `DELETE FROM source_refusal WHERE source = $1
         AND id < (SELECT id FROM source_refusal WHERE source = $1 ORDER BY id DESC OFFSET $2 LIMIT 1)`,
      [source, kept - 1],
    )
  }
}

/** Newest first. */
export async function readRefusals(pool: pg.Pool, source: string, limit: number): Promise<RefusalRow[]> {
  const { rows } = await pool.query<{ seen: string; line: number; reason: string; raw: Buffer }>(
    `SELECT extract(epoch from seen_at) * 1000 AS seen, line, reason, raw FROM source_refusal WHERE source = $1 ORDER BY id DESC LIMIT $2`,
    [source, limit],
  )
  return rows.map((row) => ({
    source,
    seenAtMs: Number(row.seen),
    line: row.line,
    reason: row.reason,
    raw: row.raw.toString('utf8'),
  }))
}
