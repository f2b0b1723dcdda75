// What we write as binary arrays PostgreSQL must read as the same values: checked by PostgreSQL itself.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { float8Array, int2Array, textArray, uuidArray } from './binary-array.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'

let folder: string
let postgres: EmbeddedPostgres
let client: pg.Client
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-binary-'))
  postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres') })
  client = new pg.Client({ connectionString: postgres.connectionString })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

const back = async (type: string, buffer: Buffer): Promise<unknown> =>
  (await client.query<{ value: unknown }>(`SELECT $1::${type}[] AS value`, [buffer])).rows[0]?.value

describe('a binary array', () => {
  it('brings any text PostgreSQL can hold, null and the empty string, and no elements at all', async () => {
    const text = fc.option(
      fc.string({ unit: 'binary' }).filter((each) => !each.includes('\0') && !/\p{Surrogate}/u.test(each)),
      { nil: null },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 20 }), async (values) => {
        expect(await back('text', textArray(values))).toEqual(values)
      }),
      { numRuns: 50 },
    )
  })

  it('brings ids, times and small numbers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(fc.uuid(), { nil: null }), { maxLength: 10 }),
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 10 }),
        fc.array(fc.integer({ min: -32_768, max: 32_767 }), { maxLength: 10 }),
        async (ids, doubles, smalls) => {
          expect(await back('uuid', uuidArray(ids.map((id) => id?.toUpperCase() ?? null)))).toEqual(ids)
          expect(
            float8Array(doubles).equals(float8Array((await back('float8', float8Array(doubles))) as number[])),
          ).toBe(true)
          expect(await back('int2', int2Array(smalls))).toEqual(smalls)
        },
      ),
      { numRuns: 50 },
    )
  })
})
