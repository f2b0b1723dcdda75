// How often a wrong password may be given for one account: from one address, and from everywhere together. Pure but for its own counts; of
// one node alone. An account is never closed for good: whoever guesses must not be able to lock the on-call person out from elsewhere.
import { createWindowCounts } from './window-counts.ts'

export const signInLimits = {
  /** From one address: a person who mistypes, not a list of passwords. */
  pair: { triesMax: 10, windowMs: 5 * 60_000 },
  /** From everywhere: ten thousand addresses get no further than ten. So high that it takes an attack to reach it. */
  account: { triesMax: 100, windowMs: 15 * 60_000 },
} as const

type Rule = { triesMax: number; windowMs: number }

export type SignInLimit = ReturnType<typeof createSignInLimit>

export function createSignInLimit(limits: { pair: Rule; account: Rule } = signInLimits) {
  const counts = createWindowCounts()
  const pairKey = (account: string, address: string) => `pair ${JSON.stringify([account, address])}`
  const accountKey = (account: string) => `account ${account}`

  return {
    /** Counts a try before it is made, so that many at once are many. Answers the seconds to wait where it may not be made. */
    begin(account: string, address: string, nowMs: number): number | undefined {
      const pair = counts.countOf(pairKey(account, address), limits.pair.windowMs, nowMs)
      const whole = counts.countOf(accountKey(account), limits.account.windowMs, nowMs)
      const full = [
        ...(pair.count >= limits.pair.triesMax ? [pair] : []),
        ...(whole.count >= limits.account.triesMax ? [whole] : []),
      ]
      if (full.length > 0) return Math.max(1, ...full.map(({ endsAtMs }) => Math.ceil((endsAtMs - nowMs) / 1_000)))
      pair.count++
      whole.count++
      return undefined
    },
    /** The password was right: earlier mistakes from this address are forgotten. */
    succeeded(account: string, address: string): void {
      counts.forget(pairKey(account, address))
      counts.giveBack(accountKey(account))
    },
    /** It was neither right nor wrong: nobody looked. */
    notTried(account: string, address: string): void {
      counts.giveBack(pairKey(account, address))
      counts.giveBack(accountKey(account))
    },
    /** True once in every window of `windowMs`: for what is told, and must not fill what it is told in. */
    isNews(what: string, windowMs: number, nowMs: number): boolean {
      return counts.countOf(`told ${what}`, windowMs, nowMs).count++ === 0
    },
  }
}
