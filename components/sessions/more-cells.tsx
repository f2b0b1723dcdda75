'use client'
// Cells of the columns that are not there at first.
import { memo } from 'react'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { useNow } from '../live/use-now.ts'
import { classNames } from '../ui/class-names.ts'
import { ageText, dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { textOfMark } from './restriction-marks.tsx'
import { restrictionMarks } from './restriction-words.ts'

/** Only what is taken away, or asked to be: what a session may do is on its own page, with how it would be enforced. */
export const TakenAwayCell = memo(function TakenAwayCell({ row }: { row: SessionRow }) {
  const [first, ...rest] = restrictionMarks(row)
  if (first === undefined) return <span className="text-xs text-muted">nothing</span>
  return (
    <>
      <span title={first.sentence} className={classNames('block truncate text-sm', textOfMark[first.tone])}>
        {first.sentence}
      </span>
      {rest.length > 0 && (
        <span title={rest.map(({ sentence }) => sentence).join('\n')} className="block truncate text-xs text-muted">
          and {rest.map(({ restriction }) => restriction).join(', ')}
        </span>
      )}
    </>
  )
})

export const SeenCell = memo(function SeenCell({ atMs }: { atMs: number }) {
  const now = useNow(1_000)
  return (
    <span className="font-mono text-sm text-muted" title={dateTimeText(atMs)}>
      {ageText(now - atMs)}
    </span>
  )
})

export const ModelCell = memo(function ModelCell({ models }: { models: readonly string[] }) {
  const [first] = models
  if (first === undefined) return <span className="text-xs text-muted">none seen</span>
  return (
    <>
      <HostileText text={first} max={60} className="block truncate text-sm" />
      {models.length > 1 && <span className="block truncate text-xs text-muted">and {models.length - 1} more</span>}
    </>
  )
})
