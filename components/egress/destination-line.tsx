// One destination of the list: where, who, how much, since when, and what is known of it. Every word of it is inert.
import Link from 'next/link'
import { memo } from 'react'
import type { DestinationView } from '../../server/protocol/destination-view.ts'
import { classNames } from '../ui/class-names.ts'
import { plural } from '../ui/format-quantity.ts'
import { ageText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { destinationHref } from './destination-url.ts'
import { bytesWords, endText, type Mark, marksOf, sessionsWords } from './destination-words.ts'

export const destinationColumns =
  'xl:grid xl:grid-cols-[minmax(14rem,2fr)_minmax(8rem,1fr)_minmax(9rem,1fr)_8rem_7rem_7rem_minmax(12rem,1.3fr)] xl:gap-x-3'

const looks: Readonly<Record<Mark['look'], string>> = {
  muted: 'text-muted',
  warn: 'text-warn',
  revoked: 'text-revoked',
  critical: 'text-critical',
}

export function DestinationMarks({ of, className }: { of: DestinationView; className?: string }) {
  return (
    <span className={classNames('truncate', className)}>
      {marksOf(of).map(({ word, look }, index) => (
        <span key={word} className={looks[look]}>
          {index > 0 && <span className="text-muted"> · </span>}
          {word}
        </span>
      ))}
    </span>
  )
}

export const DestinationLine = memo(function DestinationLine({ of, now }: { of: DestinationView; now: number }) {
  const name = of.names[0]
  return (
    <Link
      href={destinationHref(of.key)}
      prefetch={false}
      className={classNames(
        destinationColumns,
        'h-full items-center border-b px-4 outline-offset-[-2px] hover:bg-raised max-xl:flex max-xl:flex-col max-xl:items-stretch max-xl:justify-center max-xl:gap-0.5 max-md:px-3',
      )}
    >
      <span className="flex min-w-0 items-baseline gap-2">
        <span className="shrink truncate font-mono text-sm">
          <HostileText text={endText(of)} max={80} />
        </span>
        <span className="shrink-0 text-xs text-muted">{of.protocol}</span>
      </span>
      <span className="truncate text-sm text-muted max-xl:hidden">
        {name === undefined ? '' : <HostileText text={name} max={80} />}
      </span>
      <span className="truncate text-sm">
        <HostileText text={sessionsWords(of)} max={80} />
      </span>
      <span className="truncate text-sm text-muted tabular-nums">{bytesWords(of)}</span>
      <span className="truncate text-sm text-muted tabular-nums max-xl:hidden">
        first {ageText(now - of.firstSeenAtMs)}
      </span>
      <span className="truncate text-sm text-muted tabular-nums">
        <span className="xl:hidden">{plural(of.connections, 'connection')}, </span>last {ageText(now - of.lastSeenAtMs)}
      </span>
      <DestinationMarks of={of} className="text-sm font-medium" />
    </Link>
  )
})
