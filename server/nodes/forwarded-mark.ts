// What a node writes on a request that it hands to the owner: the client's address, sealed with what only nodes of this database know.
// A client that sends such a header says nothing with it: the seal does not fit, and a standby replaces it.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'

export const forwardedHeader = 'x-vigil-forwarded'

export type Forwarded = { epoch: number; remote: string; method: string; url: string }

const Mark = z.tuple([z.coerce.number().int(), z.string().max(100), z.string().regex(/^[\w-]{43}$/)])

/** `secret`: from the database. The owner's epoch is in it, so that no mark outlives its owner. */
export function writeMark(secret: string, forwarded: Forwarded): string {
  const { epoch, remote } = forwarded
  return `${epoch} ${remote} ${sealOf(secret, forwarded)}`
}

/** The client's address; undefined where the mark is none of ours, or not for this request or this owner. */
export function readMark(secret: string, mark: unknown, request: Omit<Forwarded, 'remote'>): string | undefined {
  if (typeof mark !== 'string') return undefined
  const parsed = Mark.safeParse(mark.split(' '))
  if (!parsed.success) return undefined
  const [epoch, remote, seal] = parsed.data
  const wanted = Buffer.from(sealOf(secret, { ...request, remote }))
  const given = Buffer.from(seal)
  return epoch === request.epoch && given.length === wanted.length && timingSafeEqual(given, wanted)
    ? remote
    : undefined
}

function sealOf(secret: string, { epoch, remote, method, url }: Forwarded): string {
  // A key of its own: what signs cookies must not sign this.
  const key = createHmac('sha256', secret).update('vigil: forwarded between nodes').digest()
  return createHmac('sha256', key)
    .update(JSON.stringify([epoch, remote, method, url]))
    .digest('base64url')
}
