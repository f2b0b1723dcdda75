// How long people let decided requests wait, and how many nobody decided, in a few words. Pure.
import type { ApprovalView } from '../../server/protocol/approval.ts'
import { spanText } from '../ui/format-time.ts'

/** `median 22 s · 2 expired, denied`; of all that is listed. A withdrawn one waited for nobody. */
export function decidedInShort(decided: readonly ApprovalView[]): string {
  const waits: number[] = []
  let expired = 0
  for (const { decided: by, askedAtMs } of decided) {
    if (by?.decision === 'expired') expired += 1
    else if (by && by.decision !== 'withdrawn') waits.push(Math.max(0, by.atMs - askedAtMs))
  }
  waits.sort((a, b) => a - b)
  const half = waits.length >> 1
  const median = waits.length % 2 === 1 ? waits[half] : ((waits[half - 1] ?? 0) + (waits[half] ?? 0)) / 2
  return [waits.length > 0 && `median ${spanText(median ?? 0)}`, expired > 0 && `${expired} expired, denied`]
    .filter((each) => each !== false)
    .join(' · ')
}
