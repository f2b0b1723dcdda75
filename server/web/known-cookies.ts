// A cookie's signature does not change between two clicks, so it is verified once a minute; whether its session still stands is read with
// every request. better-auth does both with each: measured 6 ms of a click's 8.
import { createHash } from 'node:crypto'

/** Then it is verified anew, which also prolongs a session that is in use. */
const verifiedForMs = 60_000
const cookiesMax = 1_000

export type CookieLookup<O> = (headers: Headers) => Promise<O | undefined>

/**
 * `verify`: the whole check, and the token of the session that the cookie names. `read`: who is behind a token now; undefined where nobody.
 * What `read` does not know is verified again: only `verify` says no.
 */
export function createCookieLookup<O>(options: {
  verify(headers: Headers): Promise<{ operator: O; token: string } | undefined>
  read(token: string): Promise<O | undefined>
  nowMs(): number
}): CookieLookup<O> {
  const known = new Map<string, { token: string; verifiedAtMs: number }>()
  return async (headers) => {
    // Its hash, so that no cookie lies in memory longer than its request.
    const name = createHash('sha256')
      .update(headers.get('cookie') ?? '')
      .digest('base64')
    const before = known.get(name)
    if (before && options.nowMs() - before.verifiedAtMs < verifiedForMs) {
      const operator = await options.read(before.token)
      if (operator !== undefined) return operator
    }
    known.delete(name)
    const found = await options.verify(headers)
    if (!found) return undefined
    if (known.size >= cookiesMax) known.delete(known.keys().next().value as string)
    known.set(name, { token: found.token, verifiedAtMs: options.nowMs() })
    return found.operator
  }
}
