// The hot path into the log: one statement a batch, so that events, idempotency keys and probe positions become durable together or not at all,
// and only while the lease is its writer's own.
import type { Client } from 'pg'
import type { EventId } from '../protocol/ids.ts'
import type { AuditRow } from './audit-chain.ts'
import { float8Array, int2Array, textArray, uuidArray } from './binary-array.ts'

/** A row as the writer hands it in; its sequence number is given by its order. `dataJson` is kept byte for byte. */
export type AppendRow = {
  id: EventId
  /** Set when the sender may repeat itself: the log keeps an event of this key once. Unique within a batch. */
  key: string | undefined
  atMs: number
  kind: string
  version: number
  trust: string
  session: string | undefined
  host: string | undefined
  source: string | undefined
  dataJson: string
}

/** How far a probe's numbered stream is durable with this batch. */
export type StreamPosition = { stream: string; host: string; ackedN: number }

// Numbering happens after duplicates are dropped, so `seq` stays dense. The final SELECT answers the places (from 1) of the duplicates.
const statement = `
WITH input AS (
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::float8[], $4::text[], $5::int2[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
    WITH ORDINALITY AS t(id, key, at_ms, kind, version, trust, session, host, source, data, n)
), lease AS MATERIALIZED (
  SELECT require_log_lease($11::int2, $17::int8)
), fresh AS (
  INSERT INTO event_key (key, seen_at)
  SELECT key, to_timestamp($13 / 1000.0) FROM input WHERE key IS NOT NULL
  ON CONFLICT DO NOTHING RETURNING key
), stream AS (
  INSERT INTO probe_stream (stream_id, host, acked_n, updated_at)
  SELECT s, h, a, to_timestamp($13 / 1000.0) FROM unnest($14::text[], $15::text[], $16::int8[]) AS u(s, h, a), lease
  ON CONFLICT (stream_id) DO UPDATE SET acked_n = excluded.acked_n, updated_at = excluded.updated_at
), kept AS (
  SELECT input.* FROM lease, input WHERE key IS NULL OR key IN (SELECT key FROM fresh)
), written AS (
  INSERT INTO event (partition, seq, id, seen_at, at, kind, version, trust, session, host, source, data)
  SELECT $11::int2, $12::int8 + row_number() OVER (ORDER BY n), id, to_timestamp($13 / 1000.0), to_timestamp(at_ms / 1000.0),
         kind, version, trust, session, host, source, data::json
  FROM kept
)
SELECT n FROM input WHERE key IS NOT NULL AND key NOT IN (SELECT key FROM fresh)`

/** The same without idempotency keys: most batches have none, and the plain insert is what we are measured against. */
const plainStatement = `
WITH lease AS MATERIALIZED (
  SELECT require_log_lease($10::int2, $16::int8)
), stream AS (
  INSERT INTO probe_stream (stream_id, host, acked_n, updated_at)
  SELECT s, h, a, to_timestamp($12 / 1000.0) FROM unnest($13::text[], $14::text[], $15::int8[]) AS u(s, h, a), lease
  ON CONFLICT (stream_id) DO UPDATE SET acked_n = excluded.acked_n, updated_at = excluded.updated_at
)
INSERT INTO event (partition, seq, id, seen_at, at, kind, version, trust, session, host, source, data)
SELECT $10::int2, $11::int8 + n, id, to_timestamp($12 / 1000.0), to_timestamp(at_ms / 1000.0),
       kind, version, trust, session, host, source, data::json
FROM lease, unnest($1::uuid[], $2::float8[], $3::text[], $4::int2[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
  WITH ORDINALITY AS t(id, at_ms, kind, version, trust, session, host, source, data, n)`

/** The same transaction for the deeds among a batch's events; `from` is the first of its parameters' numbers. */
const withAudit = (text: string, { partition, seenAt, from }: { partition: number; seenAt: number; from: number }) =>
  text.replace(
    'WITH ',
    `WITH audited AS (
  INSERT INTO audit_entry (partition, n, seen_at, kind, actor, session, body, hash)
  SELECT $${partition}::int2, n, to_timestamp($${seenAt} / 1000.0), kind, actor, session, body, hash
  FROM unnest($${from}::int8[], $${from + 1}::text[], $${from + 2}::text[], $${from + 3}::text[], $${from + 4}::text[], $${from + 5}::text[])
    AS a(n, kind, actor, session, body, hash)
), `,
  )
const auditedStatement = withAudit(statement, { partition: 11, seenAt: 13, from: 18 })
const auditedPlainStatement = withAudit(plainStatement, { partition: 10, seenAt: 12, from: 17 })

export type AppendBatch = {
  partition: number
  /** Of the writer's lease: see `lease.ts`. */
  epoch: number
  /** The last sequence number before this batch. */
  headSeq: number
  seenAtMs: number
  rows: AppendRow[]
  streams: StreamPosition[]
  /** Links of the audit's chain, for the deeds among the rows. */
  audit: AuditRow[]
}

/**
 * Appends a batch in one transaction and answers the places (from 0) of the rows that were in the log already.
 * Throws what PostgreSQL says; after a lost connection the outcome is unknown and must be read back (see `event-log.ts`).
 * With `leaseLostCode` nothing was written, and nothing ever will be under this epoch.
 */
export async function appendEvents(client: Client, batch: AppendBatch): Promise<Set<number>> {
  const { rows, streams, audit } = batch
  const columns = {
    id: uuidArray(rows.map((row) => row.id)),
    atMs: float8Array(rows.map((row) => row.atMs)),
    kind: textArray(rows.map((row) => row.kind)),
    version: int2Array(rows.map((row) => row.version)),
    trust: textArray(rows.map((row) => row.trust)),
    session: textArray(rows.map((row) => row.session ?? null)),
    host: textArray(rows.map((row) => row.host ?? null)),
    source: textArray(rows.map((row) => row.source ?? null)),
    data: textArray(rows.map((row) => row.dataJson)),
  }
  const tail = [
    batch.partition,
    batch.headSeq,
    batch.seenAtMs,
    streams.map((stream) => stream.stream),
    streams.map((stream) => stream.host),
    streams.map((stream) => stream.ackedN),
    batch.epoch,
    ...(audit.length === 0
      ? []
      : [
          audit.map(({ n }) => n),
          audit.map(({ kind }) => kind),
          audit.map(({ actor }) => actor),
          audit.map(({ session }) => session ?? null),
          audit.map(({ body }) => body),
          audit.map(({ hash }) => hash),
        ]),
  ]
  const isAudited = audit.length > 0
  const { id, atMs, kind, version, trust, session, host, source, data } = columns
  if (!rows.some((row) => row.key !== undefined)) {
    const values = [id, atMs, kind, version, trust, session, host, source, data, ...tail]
    const named = isAudited
      ? { name: 'append-plain-audited', text: auditedPlainStatement }
      : { name: 'append-plain', text: plainStatement }
    await client.query({ ...named, values })
    return new Set()
  }
  const keys = uuidArray(rows.map((row) => row.key ?? null))
  const values = [id, keys, atMs, kind, version, trust, session, host, source, data, ...tail]
  const named = isAudited ? { name: 'append-audited', text: auditedStatement } : { name: 'append', text: statement }
  const result = await client.query<{ n: string }>({ ...named, values })
  return new Set(result.rows.map((row) => Number(row.n) - 1))
}
