// Links of wallboards: rows of the store with a copy in memory, so that a look costs no query and a revocation holds at once.
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { PrismaClient } from './generated/client.ts'

export type WallLink = {
  id: string
  name: string
  hash: string
  hint: string
  createdAtMs: number
  createdBy: string
  lastUsedAtMs?: number | undefined
  revokedAtMs?: number | undefined
}

/** Begins every token, so that one that leaked is known for what it is. */
const prefix = 'vwall_'

export async function openWallLinks(prisma: PrismaClient) {
  const byId = new Map<string, WallLink>()
  const byHash = new Map<string, WallLink>()
  const remember = (link: WallLink) => {
    byId.set(link.id, link)
    byHash.set(link.hash, link)
  }
  for (const row of await prisma.wallLink.findMany()) {
    remember({
      id: row.id,
      name: row.name,
      hash: row.hash,
      hint: row.hint,
      createdAtMs: row.createdAt.getTime(),
      createdBy: row.createdBy,
      lastUsedAtMs: row.lastUsedAt?.getTime(),
      revokedAtMs: row.revokedAt?.getTime(),
    })
  }
  return {
    /** Newest first. */
    list: () => [...byId.values()].sort((a, b) => b.createdAtMs - a.createdAtMs),

    /** The link behind a token; undefined when it is unknown or revoked. */
    byToken(token: string): WallLink | undefined {
      if (!token.startsWith(prefix) || token.length > 200) return undefined
      const link = byHash.get(hashOf(token))
      return link?.revokedAtMs === undefined ? link : undefined
    },

    /** A token of 256 random bits. Its text is in the answer and nowhere else. */
    async create({ name, createdBy }: { name: string; createdBy: string }): Promise<{ token: string; link: WallLink }> {
      const token = prefix + randomBytes(32).toString('base64url')
      const link = {
        id: randomUUID(),
        name,
        hash: hashOf(token),
        hint: token.slice(-4),
        createdAtMs: Date.now(),
        createdBy,
      }
      const { createdAtMs, ...data } = link
      await prisma.wallLink.create({ data: { ...data, createdAt: new Date(createdAtMs) } })
      remember(link)
      return { token, link }
    },

    async used(id: string, atMs: number): Promise<void> {
      const link = byId.get(id)
      if (!link) return
      link.lastUsedAtMs = atMs
      await prisma.wallLink.update({ where: { id }, data: { lastUsedAt: new Date(atMs) } })
    },

    /** False when there is no such link. In memory first: from this moment it opens nothing. */
    async revoke(id: string): Promise<boolean> {
      const link = byId.get(id)
      if (!link) return false
      if (link.revokedAtMs === undefined) {
        link.revokedAtMs = Date.now()
        await prisma.wallLink.update({ where: { id }, data: { revokedAt: new Date(link.revokedAtMs) } })
      }
      return true
    },
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
