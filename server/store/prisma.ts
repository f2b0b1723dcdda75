// The typed client for ordinary rows (people, keys, settings, snapshots). The log is appended with plain SQL instead:
// one INSERT of thousands of rows is many times faster than what an ORM makes of it.
import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from './generated/client.ts'

export type { PrismaClient }

/** Connects at the first query; `$disconnect()` closes its pool. `onError` hears of idle connections that broke. */
export function createPrismaClient(
  connectionString: string,
  { maxConnections = 10, onError = () => {} }: { maxConnections?: number; onError?: (error: Error) => void } = {},
): PrismaClient {
  const adapter = new PrismaPg(
    { connectionString, max: maxConnections },
    { onPoolError: onError, onConnectionError: onError },
  )
  return new PrismaClient({ adapter })
}
