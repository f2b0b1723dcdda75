// Prisma's own schema engine, run as WebAssembly: the Prisma CLI would download a native one, which an offline machine
// cannot. @prisma/internals loads this module from a folder that npm does not ship, so it is loaded here.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PrismaPg } from '@prisma/adapter-pg'
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
} from '@prisma/driver-adapter-utils'
import type { SchemaEngine } from '@prisma/schema-engine-wasm'
import type pg from 'pg'

type EngineModule = typeof import('@prisma/schema-engine-wasm/schema_engine_bg')

let loaded: Promise<EngineModule> | undefined

async function loadEngine(): Promise<EngineModule> {
  const path = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  const engine: EngineModule = await import(pathToFileURL(path).href)
  const bytes = await readFile(join(dirname(path), 'schema_engine_bg.wasm'))
  const { instance } = await WebAssembly.instantiate(bytes, {
    './schema_engine_bg.js': engine as unknown as WebAssembly.ModuleImports,
  })
  engine.__wbg_set_wasm(instance.exports)
  const { __wbindgen_start: begin } = instance.exports
  if (typeof begin !== 'function') throw new Error(`${path} is not the schema engine this code was written for.`)
  begin()
  return engine
}

/**
 * Opens an engine on one database, hands it over, and closes it. Some 130 ms the first time, of which 30 are WebAssembly.
 * Errors of the database come through as errors of `pg`, not as the engine's error numbers.
 */
export async function withSchemaEngine<T>(
  connectionString: string,
  use: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  loaded ??= loadEngine()
  const { SchemaEngine } = await loaded
  let scriptError: unknown
  let disposeAdapter = async (): Promise<void> => {}
  class WholeScripts extends PrismaPg {
    override async connect(): ReturnType<PrismaPg['connect']> {
      const adapter = await super.connect()
      disposeAdapter = () => adapter.dispose()
      const pool = adapter.underlyingDriver()
      const send = pool.query.bind(pool) as (query: unknown) => Promise<pg.QueryResult>
      // The adapter splits scripts at every semicolon, even inside a function's body or a comment. The native engine
      // sends a migration whole, which PostgreSQL runs as one transaction: so do we.
      adapter.executeScript = async (script) => {
        await send(script).catch((error: unknown) => {
          scriptError = error
          throw error
        })
      }
      withCharColumns(adapter, pool, send)
      return adapter
    }
  }
  const factory = bindMigrationAwareSqlAdapterFactory(new WholeScripts({ connectionString, max: 1 }))
  let engine: SchemaEngine | undefined
  try {
    engine = await SchemaEngine.new({ datamodels: undefined }, () => {}, factory)
    return await use(engine)
  } catch (error) {
    throw scriptError ?? error
  } finally {
    engine?.free()
    await disposeAdapter()
  }
}

/**
 * To compare schemas the engine reads catalogue columns of type "char" (one byte), which the adapter refuses. The rows
 * are let through as text, and the columns are then named for what they are. Needed for `diff` alone.
 */
function withCharColumns(adapter: SqlDriverAdapter, pool: pg.Pool, send: (query: unknown) => Promise<pg.QueryResult>) {
  const [charOid, textOid] = [18, 25]
  const charColumnsOf = new WeakMap<object, number[]>()
  pool.query = (async (query: unknown) => {
    const result = await send(query)
    const charColumns = result.fields.flatMap((field, index) => (field.dataTypeID === charOid ? [index] : []))
    for (const field of result.fields) if (field.dataTypeID === charOid) field.dataTypeID = textOid
    charColumnsOf.set(result.rows, charColumns)
    return result
  }) as typeof pool.query
  const queryRaw = adapter.queryRaw.bind(adapter)
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query)
    for (const index of charColumnsOf.get(result.rows) ?? []) result.columnTypes[index] = ColumnTypeEnum.Character
    return result
  }
}
