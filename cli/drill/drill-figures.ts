// What a drill is measured by, read from what the server knows. A request is never a containment: only what an enforcer has read is. Pure.
import type { SessionDetail } from '../../server/protocol/browser-messages.ts'
import type { DrillReport } from '../../server/protocol/drill.ts'
import { isPage } from '../../server/protocol/flag.ts'
import type { FlagView } from '../../server/protocol/flag-view.ts'
import { cutText, shortTextMax } from '../../server/protocol/text.ts'

type Contained = { atMs: number; by: NonNullable<DrillReport['containedBy']> }

/** The first control that holds the session and was observed to; partly is not whole. */
export function containmentIn(detail: Pick<SessionDetail, 'controls'>): Contained | undefined {
  const found = detail.controls
    .flatMap((control): Contained[] => {
      const { action, capability, state, observed, observedFrom, endedAtMs, by } = control
      const holds =
        action === 'pause' ||
        action === 'contain' ||
        action === 'end' ||
        (action === 'revoke' && capability === 'network')
      if (!holds || state !== 'enforced' || observed === undefined || endedAtMs === undefined) return []
      return [
        {
          atMs: endedAtMs,
          by: {
            control: control.control,
            action,
            by: by.name,
            observed: cutText(observed, shortTextMax),
            ...(observedFrom !== undefined && { observedFrom: cutText(observedFrom, shortTextMax) }),
          },
        },
      ]
    })
    .sort((a, b) => a.atMs - b.atMs)
  return found[0]
}

/** When the server first had a flag that pages a person. */
export function pageIn(flags: readonly FlagView[]): number | undefined {
  const times = flags.filter(({ severity }) => isPage(severity)).map(({ seenAtMs }) => seenAtMs)
  return times.length === 0 ? undefined : Math.min(...times)
}
