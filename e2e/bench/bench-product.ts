// One product for one figure: its own folder, port and PostgreSQL. The PostgreSQL is the embedded one, started here
// rather than by the server, so that a baseline can insert into the very same one.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startEmbeddedPostgres } from '../../server/store/embedded-postgres.ts'
import { type Product, startProduct } from '../product.ts'
import type { Cleanup } from './cleanup.ts'
import { profilingOptions } from './server-profile.ts'

export type BenchProduct = Product & { databaseUrl: string; takeDown(): Promise<void> }

export async function benchProduct(
  cleanup: Cleanup,
  options: { probe: boolean; profile?: string | undefined },
): Promise<BenchProduct> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vigil-bench-'))
  const removeFolder = cleanup.later('the data folder', () => rmSync(folder, { recursive: true, force: true }))
  const postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres') })
  const stopPostgres = cleanup.later('PostgreSQL', () => postgres.stop())
  const env: Record<string, string> = { DATABASE_URL: postgres.connectionString }
  if (options.profile !== undefined) env.NODE_OPTIONS = profilingOptions(options.profile)
  const product = await startProduct({ probe: options.probe, env })
  const stopProduct = cleanup.later('the server', async () => {
    try {
      await Promise.race([product.stop(), late()])
    } catch (error) {
      await product.kill9() // its log is thrown away anyway, and nothing of ours may outlive us
      throw error
    }
  })
  return {
    ...product,
    databaseUrl: postgres.connectionString,
    async takeDown() {
      await stopProduct()
      await stopPostgres()
      await removeFolder()
    },
  }
}

async function late(): Promise<never> {
  await sleep(20_000, undefined, { ref: false })
  throw new Error('the server did not stop within 20 s')
}
