// What is chosen, the action that it is tied to, and what else is tied to that: each with who vouches for it.
import { Link2 } from 'lucide-react'
import Link from 'next/link'
import type { TimelineItem } from '../../server/protocol/incident-timeline.ts'
import { TieBadge } from '../session/tie-mark.tsx'
import { momentPath, sessionPath } from '../sessions/session-path.ts'
import { clockText, preciseClockText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { TrustBadge } from '../ui/trust-badge.tsx'
import { lanes } from './timeline-layout.ts'

const cardsMax = 6

type Props = {
  items: readonly TimelineItem[]
  selected: TimelineItem
  onSelect: (item: TimelineItem) => void
}

export function EvidenceCards({ items, selected, onSelect }: Props) {
  const action = selected.tie?.to ?? selected.id
  const others = items.filter((item) => item !== selected && (item.id === action || item.tie?.to === action))
  const shown = [selected, ...others].slice(0, cardsMax)
  return (
    <>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(280px,100%),1fr))] gap-3">
        {shown.map((item) => (
          <EvidenceCard key={item.id} item={item} isSelected={item === selected} onSelect={onSelect} />
        ))}
      </ul>
      {others.length >= cardsMax && (
        <p className="mt-2 text-sm text-muted">{others.length + 1 - cardsMax} more are tied to the same action.</p>
      )}
    </>
  )
}

type CardProps = {
  item: TimelineItem
  isSelected?: boolean
  /** Absent: there is nothing to choose it in. */
  onSelect?: (item: TimelineItem) => void
  /** Its link leads to the moment at which it became known, not to the session as it is now. */
  toMoment?: boolean
}

/** A list's item. */
export function EvidenceCard({ item, isSelected = false, onSelect, toMoment = false }: CardProps) {
  const { lane, atMs, seenAtMs, label, detail, trust, tie, tiedBeyond, session } = item
  return (
    <li
      className={`flex min-w-0 flex-col gap-1.5 rounded-lg border bg-panel p-3 ${isSelected ? 'border-line-strong' : ''}`}
    >
      <p className="flex flex-wrap items-center gap-x-2 text-sm text-muted">
        <span>
          {lanes.find((each) => each.lane === lane)?.name} · <span className="font-mono">{preciseClockText(atMs)}</span>
        </span>
        <TrustBadge trust={trust} className="ml-auto" />
      </p>
      {onSelect ? (
        <button
          type="button"
          onClick={() => onSelect(item)}
          className="text-left font-medium break-words hover:underline"
        >
          <HostileText text={label} max={160} />
        </button>
      ) : (
        <p className="font-medium break-words">
          <HostileText text={label} max={160} />
        </p>
      )}
      {detail !== '' && (
        <pre className="max-h-32 overflow-y-auto font-mono print:max-h-none text-sm whitespace-pre-wrap break-all">
          <HostileText text={detail} max={800} multiline />
        </pre>
      )}
      <p className="mt-auto flex min-w-0 flex-wrap items-center gap-2 text-sm text-muted">
        {tie && (
          <>
            <Link2 aria-hidden className="size-3.5 shrink-0" />
            {tie.level ? (
              <TieBadge level={tie.level} words={tie.level} replaced={false} />
            ) : (
              'it names the action itself'
            )}
          </>
        )}
        {tiedBeyond && 'tied to a call that is not here'}
        {session !== undefined && (
          <Link
            href={toMoment ? momentPath(session, seenAtMs) : sessionPath(session)}
            prefetch={false}
            className="min-w-0 truncate font-mono text-info hover:underline print:whitespace-normal"
          >
            <HostileText text={session} max={80} />
          </Link>
        )}
        {toMoment && session !== undefined && `at ${clockText(seenAtMs)}`}
      </p>
    </li>
  )
}
