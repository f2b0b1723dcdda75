// What tells the incident, in the order of time: a row a fact, with who vouches for it and how much later it became known.
import Link from 'next/link'
import type { Postmortem } from '../../server/protocol/postmortem.ts'
import { lanes } from '../incidents/timeline-layout.ts'
import { momentPath } from '../sessions/session-path.ts'
import { countText } from '../ui/format-quantity.ts'
import { dayText, preciseClockText, spanText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { TrustBadge } from '../ui/trust-badge.tsx'

const heads = ['Time', 'Known', 'Lane', 'What', 'Vouched by'] as const

export function DocumentTimeline({ of: { timeline } }: { of: Postmortem }) {
  const { items, left } = timeline
  const [first] = items
  if (!first) return <p className="text-muted">No fact of its sessions is in the log any more.</p>
  return (
    <>
      <p className="mb-1 text-sm text-muted">From {dayText(first.atMs)} on; flags, alerts, controls and ties first.</p>
      {/* Positioned, so that what is for screen readers alone scrolls with it and makes the page no wider. */}
      <div className="relative overflow-x-auto print:overflow-visible">
        <table className="w-full text-left print:text-sm">
          <thead>
            <tr className="border-b text-xs text-muted">
              {heads.map((head) => (
                <th key={head} scope="col" className="h-7 pr-3 font-normal">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map(({ id, atMs, seenAtMs, lane, label, trust, tone, session }) => (
              <tr key={id} className="border-b align-baseline">
                <td className="py-1 pr-3 font-mono text-sm whitespace-nowrap text-muted">
                  {session === undefined ? (
                    preciseClockText(atMs)
                  ) : (
                    // On paper its session and its time are what it leads to.
                    <Link
                      href={momentPath(session, seenAtMs)}
                      prefetch={false}
                      data-target="said"
                      title="The whole console at the moment at which this became known"
                      className="hover:text-info hover:underline"
                    >
                      {preciseClockText(atMs)}
                    </Link>
                  )}
                </td>
                <td className="pr-3 text-sm whitespace-nowrap text-muted">{knownText(seenAtMs - atMs)}</td>
                <td className="pr-3 text-sm text-muted">{lanes.find((each) => each.lane === lane)?.name}</td>
                <td className="min-w-48 pr-3 break-words">
                  <HostileText text={label} max={160} className={tone === 'critical' ? 'text-critical' : ''} />
                </td>
                <td>
                  <TrustBadge trust={trust} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {left > 0 && (
        <p className="mt-2 text-sm text-muted">{countText(left)} more are in the timeline as CSV or JSON.</p>
      )}
    </>
  )
}

function knownText(laterMs: number): string {
  if (laterMs < -1_000) return `its clock is ${spanText(-laterMs)} ahead`
  return laterMs > 1_000 ? `${spanText(laterMs)} later` : 'at once'
}
