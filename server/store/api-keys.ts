// API keys: rows of the store with a copy in memory, so that a key check costs no query and a revocation holds at once.
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { HostId, SessionId } from '../protocol/ids.ts'
import type { PrismaClient } from './generated/client.ts'

type Stored = {
  id: string
  name: string
  hash: string
  hint: string
  scopes: string[]
  host?: HostId | undefined
  session?: SessionId | undefined
  createdAtMs: number
  revokedAtMs?: number | undefined
}

export async function openApiKeys<S extends string>(prisma: PrismaClient, isScope: (text: string) => text is S) {
  type KeyRow = Omit<Stored, 'scopes'> & { scopes: S[] }
  const byHash = new Map<string, KeyRow>()
  const byPrefix = new Map<string, KeyRow>()
  const byId = new Map<string, KeyRow>()
  const remember = (row: KeyRow) => {
    byHash.set(row.hash, row)
    byPrefix.set(row.hash.slice(0, 16), row)
    byId.set(row.id, row)
  }

  for (const row of await prisma.apiKey.findMany()) {
    remember({
      id: row.id,
      name: row.name,
      hash: row.hash,
      hint: row.hint,
      scopes: row.scopes.filter(isScope),
      host: row.host === null ? undefined : HostId.parse(row.host),
      session: row.session === null ? undefined : SessionId.parse(row.session),
      createdAtMs: row.createdAt.getTime(),
      revokedAtMs: row.revokedAt?.getTime(),
    })
  }

  const rowOf = (
    key: string,
    scopes: S[],
    rest: { id: string; name: string; host?: HostId; session?: SessionId },
  ): KeyRow => ({
    ...rest,
    hash: createHash('sha256').update(key).digest('hex'),
    hint: key.slice(-4),
    scopes,
    createdAtMs: Date.now(),
  })

  return {
    byHash: (hash: string) => byHash.get(hash),
    byHashPrefix: (prefix: string) => byPrefix.get(prefix),
    list: () => [...byId.values()].sort((a, b) => b.createdAtMs - a.createdAtMs),

    /** Makes a key of 256 random bits. Its text is in the answer and nowhere else. */
    async create(wanted: {
      name: string
      scopes: S[]
      host?: HostId | undefined
      session?: SessionId | undefined
      createdBy: string
    }) {
      const key = `vgl_${randomBytes(32).toString('base64url')}`
      const row = rowOf(key, wanted.scopes, {
        id: randomUUID(),
        name: wanted.name,
        ...(wanted.host !== undefined && { host: wanted.host }),
        ...(wanted.session !== undefined && { session: wanted.session }),
      })
      await prisma.apiKey.create({
        data: {
          id: row.id,
          name: row.name,
          hash: row.hash,
          hint: row.hint,
          scopes: row.scopes,
          host: row.host ?? null,
          session: row.session ?? null,
          createdBy: wanted.createdBy,
        },
      })
      remember(row)
      return { key, record: row }
    },

    /** A key that is not stored: given by the environment (`VIGIL_KEY`) for as long as this server runs. */
    addFixed(key: string, name: string, scopes: S[], host?: HostId): void {
      remember(rowOf(key, scopes, { id: `env:${name}`, name, ...(host !== undefined && { host }) }))
    },

    async revoke(id: string): Promise<boolean> {
      const row = byId.get(id)
      if (!row || row.id.startsWith('env:')) return false
      if (row.revokedAtMs === undefined) {
        row.revokedAtMs = Date.now()
        await prisma.apiKey.update({ where: { id }, data: { revokedAt: new Date(row.revokedAtMs) } })
      }
      return true
    },
  }
}
