// Destinations with the place in the log up to which they were counted, written together: after a crash nothing is counted twice or left out.
import type pg from 'pg'

export type DestinationRow = { key: string; detail: unknown }
/** As text, made at the moment that `position` speaks of: the row itself goes on being counted. */
export type DestinationChange = {
  rows: readonly { key: string; detailJson: string }[]
  gone: readonly string[]
  position: number
}

const positionKey = 'destinations.position'

export async function readDestinations(pool: pg.Pool): Promise<{ rows: DestinationRow[]; position: number }> {
  const { rows } = await pool.query<DestinationRow>('SELECT key, detail FROM destination')
  const found = await pool.query<{ value: unknown }>('SELECT value FROM setting WHERE key = $1', [positionKey])
  const position = Number(found.rows[0]?.value ?? 0)
  return { rows, position: Number.isSafeInteger(position) ? position : 0 }
}

export async function writeDestinations(pool: pg.Pool, change: DestinationChange): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query(
      `INSERT INTO destination (key, detail) SELECT k, d::jsonb FROM unnest($1::text[], $2::text[]) AS t(k, d)
       ON CONFLICT (key) DO UPDATE SET detail = excluded.detail`,
      [
        change.rows.map(({ key }) => key),
        change.rows.map(({ detailJson }) => detailJson.replaceAll('\\u0000', '\\ufffd')), // jsonb takes no NUL
      ],
    )
    await client.query('DELETE FROM destination WHERE key = ANY($1::text[])', [change.gone])
    await client.query(
      `INSERT INTO setting (key, value) VALUES ($1, to_jsonb($2::bigint)) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
      [positionKey, change.position],
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  } finally {
    client.release()
  }
}
