'use client'
// The line that must be read about a session's control; absent when there is nothing to read.
import { CircleAlert, Hourglass, Unplug } from 'lucide-react'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { useAsked, useView } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { classNames } from '../ui/class-names.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { noticeOf, type Tone } from './control-wording.ts'

export const textOfTone: Readonly<Record<Tone, string>> = {
  quiet: 'text-muted',
  warn: 'text-warn',
  critical: 'font-medium text-critical',
  frozen: 'text-frozen',
}

/** Ticks only while something is pending or silent. */
export function useControlNotice(row: SessionRow) {
  const asked = useAsked(row.session)
  const still = noticeOf(row, asked, 0)
  const ticks =
    still !== undefined && (row.state === 'silent' || asked !== undefined || row.control?.endedAtMs === undefined)
  const now = useNow(ticks ? 250 : undefined)
  const silentSinceMs = useView((view) => {
    const host = row.state === 'silent' && row.host !== undefined ? view.hosts.get(row.host) : undefined
    return host && !host.connected ? host.sinceMs : undefined
  })
  return ticks ? noticeOf(row, asked, now, silentSinceMs) : still
}

export function ControlNotice({ row, notice }: { row: SessionRow; notice: { tone: Tone; text: string } }) {
  const Icon = row.state === 'silent' ? Unplug : notice.tone === 'critical' ? CircleAlert : Hourglass
  return (
    <span className={classNames('flex min-w-0 items-center gap-1', textOfTone[notice.tone])}>
      <Icon aria-hidden className="size-3 shrink-0" />
      <HostileText text={notice.text} max={300} className="truncate" />
    </span>
  )
}
