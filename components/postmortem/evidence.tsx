// The evidence itself, as cards: what was flagged, what hosts proved after a control, and which fact was tied to which tool call. Each leads to
// the moment at which it became known.
import { ArrowDown } from 'lucide-react'
import Link from 'next/link'
import type { ReactNode } from 'react'
import type { TimelineItem } from '../../server/protocol/incident-timeline.ts'
import type { Postmortem } from '../../server/protocol/postmortem.ts'
import { EvidenceCard } from '../incidents/evidence-cards.tsx'
import { TieBadge } from '../session/tie-mark.tsx'
import { momentPath } from '../sessions/session-path.ts'
import { plural } from '../ui/format-quantity.ts'
import { clockText, preciseClockText, spanText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { TrustBadge } from '../ui/trust-badge.tsx'

export function Evidence({ of: { evidence } }: { of: Postmortem }) {
  const { flags, receipts, ties, left, tiedBeyond } = evidence
  const beyond = `${plural(tiedBeyond, 'fact')} tied to a call that this document does not hold.`
  return (
    <div className="grid gap-5">
      <Group title="Flags" none="No flag is in the timeline that was read." left={left.flags} what="flag">
        {flags.map((item) => (
          <EvidenceCard key={item.id} item={item} toMoment />
        ))}
      </Group>
      <Group
        title="What was tied to a tool call"
        none={tiedBeyond > 0 ? beyond : 'No alert and no connection is tied to a tool call.'}
        also={ties.length > 0 && tiedBeyond > 0 ? beyond : undefined}
        left={left.ties}
        what="tie"
      >
        {ties.map(({ fact, action }) => (
          <TieCard key={fact.id} fact={fact} action={action} />
        ))}
      </Group>
      <Group
        title="Receipts of controls"
        none="No control was asked for, or none has ended: nothing was proven to be held."
        left={left.receipts}
        what="receipt"
      >
        {receipts.map((item) => (
          <EvidenceCard key={item.id} item={item} toMoment />
        ))}
      </Group>
    </div>
  )
}

type GroupProps = {
  title: string
  none: string
  /** What there is besides what is shown. */
  also?: string | undefined
  left: number
  what: string
  children: readonly ReactNode[]
}

function Group({ title, none, also, left, what, children }: GroupProps) {
  return (
    <div className="min-w-0">
      <h3 className="mb-1.5 text-sm font-medium text-muted">{title}</h3>
      {children.length === 0 ? (
        <p className="text-muted">{none}</p>
      ) : (
        <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(260px,100%),1fr))] gap-3 print:grid-cols-2">
          {children}
        </ul>
      )}
      {left > 0 && <p className="mt-1.5 text-sm text-muted">{plural(left, what)} more: the timeline has them.</p>}
      {also !== undefined && <p className="mt-1.5 text-sm text-muted">{also}</p>}
    </div>
  )
}

function TieCard({ fact, action }: { fact: TimelineItem; action: TimelineItem }) {
  const { tie, session } = fact
  const at = action.session ?? session
  return (
    <li className="flex min-w-0 flex-col gap-1.5 rounded-lg border bg-panel p-3">
      <Side item={fact} />
      <p className="flex flex-wrap items-center gap-2 text-sm text-muted">
        <ArrowDown aria-hidden className="size-3.5 shrink-0" />
        {tie?.level ? <TieBadge level={tie.level} words={tie.level} replaced={false} /> : 'it names the action itself'}
        <span>{distanceText(fact.atMs - action.atMs)}</span>
      </p>
      <Side item={action} />
      {at !== undefined && (
        <p className="mt-auto flex min-w-0 flex-wrap items-center gap-x-2 text-sm text-muted">
          <Link
            href={momentPath(at, fact.seenAtMs)}
            prefetch={false}
            className="min-w-0 truncate font-mono text-info hover:underline print:whitespace-normal"
          >
            <HostileText text={at} max={80} />
          </Link>
          at {clockText(fact.seenAtMs)}
        </p>
      )}
    </li>
  )
}

/** Two clocks: a fact that is told to lie before its cause is said to. */
function distanceText(ms: number): string {
  return ms < 0 ? `${spanText(-ms)} before the call, by its own clock` : `${spanText(ms)} after the call`
}

function Side({ item: { atMs, label, trust } }: { item: TimelineItem }) {
  return (
    <div className="min-w-0">
      <p className="flex flex-wrap items-center gap-x-2 text-sm text-muted">
        <span className="font-mono">{preciseClockText(atMs)}</span>
        <TrustBadge trust={trust} className="ml-auto" />
      </p>
      <p className={`break-words ${trust === 'agent' ? 'font-mono text-sm break-all' : 'font-medium'}`}>
        <HostileText text={label} max={160} />
      </p>
    </div>
  )
}
