// Webhooks: rows of the store with a copy in memory, so that enforcing costs no query. A secret leaves this file only to sign,
// and once to the person who made it.
import { randomBytes, randomUUID } from 'node:crypto'
import type { AbilityName } from '../protocol/ability.ts'
import type { PrismaClient } from './generated/client.ts'

export type StoredWebhook = {
  id: string
  name: string
  url: string
  /** `whsec_` and the base64 of 32 random bytes. */
  secret: string
  verifyUrl?: string | undefined
  capabilities: AbilityName[]
  createdAtMs: number
}

export type WebhookStore = {
  /** Oldest first. */
  list(): StoredWebhook[]
  get(id: string): StoredWebhook | undefined
  create(webhook: Pick<StoredWebhook, 'name' | 'url' | 'verifyUrl' | 'capabilities'>): Promise<StoredWebhook>
  /** False when there is no such webhook. */
  remove(id: string): Promise<boolean>
}

/** What the rows are kept in. */
type Rows = {
  insert(row: StoredWebhook): Promise<void>
  /** False when it was not there. */
  delete(id: string): Promise<boolean>
}

export async function openWebhooks(
  prisma: PrismaClient,
  isCapability: (text: string) => text is AbilityName,
): Promise<WebhookStore> {
  const stored = await prisma.webhook.findMany({ orderBy: { createdAt: 'asc' } })
  const rows = stored.map((row) => ({
    id: row.id,
    name: row.name,
    url: row.url,
    secret: row.secret,
    verifyUrl: row.verifyUrl ?? undefined,
    capabilities: row.capabilities.filter(isCapability),
    createdAtMs: row.createdAt.getTime(),
  }))
  return storeOf(rows, {
    async insert({ createdAtMs, verifyUrl, ...row }) {
      const data = { ...row, verifyUrl: verifyUrl ?? null, createdAt: new Date(createdAtMs) }
      await prisma.webhook.create({ data })
    },
    async delete(id) {
      return (await prisma.webhook.deleteMany({ where: { id } })).count > 0
    },
  })
}

/** The twin without a database: the same contract, for tests. */
export function memoryWebhooks(): WebhookStore {
  const ids = new Set<string>()
  return storeOf([], {
    insert: async ({ id }) => void ids.add(id),
    delete: async (id) => ids.delete(id),
  })
}

function storeOf(existing: readonly StoredWebhook[], rows: Rows): WebhookStore {
  const byId = new Map(existing.map((row) => [row.id, row]))
  return {
    list: () => [...byId.values()],
    get: (id) => byId.get(id),
    async create(wanted) {
      const row: StoredWebhook = {
        ...wanted,
        id: `whk-${randomUUID().slice(0, 13)}`,
        secret: `whsec_${randomBytes(32).toString('base64')}`,
        createdAtMs: Date.now(),
      }
      await rows.insert(row)
      byId.set(row.id, row)
      return row
    },
    async remove(id) {
      if (!byId.has(id)) return false
      const removed = await rows.delete(id)
      byId.delete(id)
      return removed
    },
  }
}
