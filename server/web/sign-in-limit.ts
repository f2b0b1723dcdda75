// How often a wrong password may be given for one account: from one address, and from everywhere together. Pure but for its own counts; of
// one node alone. An account is never closed for good: whoever guesses must not be able to lock the on-call person out from elsewhere.

export const signInLimits = {
  /** From one address: a person who mistypes, not a list of passwords. */
  pair: { triesMax: 10, windowMs: 5 * 60_000 },
  /** From everywhere: ten thousand addresses get no further than ten. So high that it takes an attack to reach it. */
  account: { triesMax: 100, windowMs: 15 * 60_000 },
} as const
const countsMax = 20_000

type Count = { tries: number; endsAtMs: number }
type Rule = { triesMax: number; windowMs: number }

export type SignInLimit = ReturnType<typeof createSignInLimit>

export function createSignInLimit(limits: { pair: Rule; account: Rule } = signInLimits) {
  const counts = new Map<string, Count>()

  function countOf(key: string, { windowMs }: Rule, nowMs: number): Count {
    const known = counts.get(key)
    if (known && nowMs < known.endsAtMs) return known
    counts.delete(key)
    if (counts.size >= countsMax) makeRoom(nowMs)
    const fresh = { tries: 0, endsAtMs: nowMs + windowMs }
    counts.set(key, fresh)
    return fresh
  }

  function makeRoom(nowMs: number): void {
    for (const [key, { endsAtMs }] of counts) if (endsAtMs <= nowMs) counts.delete(key)
    if (counts.size >= countsMax) counts.delete(counts.keys().next().value as string)
  }

  const pairKey = (account: string, address: string) => `pair ${JSON.stringify([account, address])}`
  const accountKey = (account: string) => `account ${account}`
  function giveBack(key: string): void {
    const count = counts.get(key)
    if (count) count.tries = Math.max(0, count.tries - 1)
  }

  return {
    /** Counts a try before it is made, so that many at once are many. Answers the seconds to wait where it may not be made. */
    begin(account: string, address: string, nowMs: number): number | undefined {
      const pair = countOf(pairKey(account, address), limits.pair, nowMs)
      const whole = countOf(accountKey(account), limits.account, nowMs)
      const full = [
        ...(pair.tries >= limits.pair.triesMax ? [pair] : []),
        ...(whole.tries >= limits.account.triesMax ? [whole] : []),
      ]
      if (full.length > 0) return Math.max(1, ...full.map(({ endsAtMs }) => Math.ceil((endsAtMs - nowMs) / 1_000)))
      pair.tries++
      whole.tries++
      return undefined
    },
    /** The password was right: earlier mistakes from this address are forgotten. */
    succeeded(account: string, address: string): void {
      counts.delete(pairKey(account, address))
      giveBack(accountKey(account))
    },
    /** It was neither right nor wrong: nobody looked. */
    notTried(account: string, address: string): void {
      giveBack(pairKey(account, address))
      giveBack(accountKey(account))
    },
    /** True once in every window of `windowMs`: for what is told, and must not fill what it is told in. */
    isNews(what: string, windowMs: number, nowMs: number): boolean {
      const count = countOf(`told ${what}`, { triesMax: 1, windowMs }, nowMs)
      return count.tries++ === 0
    },
  }
}
