// One contract over both stores of webhooks: PostgreSQL and memory.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AbilityName } from '../protocol/ability.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { applyMigrations } from './migrate.ts'
import { createPrismaClient, type PrismaClient } from './prisma.ts'
import { memoryWebhooks, openWebhooks, type WebhookStore } from './webhooks.ts'

let folder: string
let postgres: EmbeddedPostgres
let prisma: PrismaClient
const isCapability = (text: string): text is AbilityName => AbilityName.safeParse(text).success

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-webhooks-'))
  postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres') })
  const { connectionString } = postgres
  await applyMigrations({ connectionString, migrationsDir: path.join(import.meta.dirname, '../../prisma/migrations') })
  prisma = createPrismaClient(connectionString)
})
afterAll(async () => {
  await prisma.$disconnect()
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

const vault = { name: 'vault', url: 'https://vault.example/hook', capabilities: ['credentials' as const] }
const stores: [string, () => Promise<WebhookStore>][] = [
  ['PostgreSQL', () => openWebhooks(prisma, isCapability)],
  ['memory', async () => memoryWebhooks()],
]

describe.each(stores)('a store of webhooks in %s', (_name, open) => {
  it('gives each webhook an id and a secret of 256 bits of its own', async () => {
    const store = await open()
    const one = await store.create(vault)
    const two = await store.create({ ...vault, verifyUrl: 'https://vault.example/read' })
    expect(one.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(new Set([one.id, two.id, one.secret, two.secret]).size).toBe(4)
    expect(store.list().map((each) => [each.name, each.verifyUrl])).toEqual([
      ['vault', undefined],
      ['vault', 'https://vault.example/read'],
    ])
    expect(store.get(two.id)).toEqual(two)
    for (const each of store.list()) await store.remove(each.id)
  })

  it('removes a webhook once, and says so when there is none', async () => {
    const store = await open()
    const { id } = await store.create(vault)
    expect([await store.remove(id), await store.remove(id), await store.remove('whk-none')]).toEqual([
      true,
      false,
      false,
    ])
    expect(store.list()).toEqual([])
  })
})

it('PostgreSQL has every webhook again after a restart, secret included', async () => {
  const made = await (await openWebhooks(prisma, isCapability)).create(vault)
  expect((await openWebhooks(prisma, isCapability)).get(made.id)).toEqual(made)
})
