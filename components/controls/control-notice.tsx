'use client'
// The lines that must be read about a session's control; absent when there is nothing to read.
import { CircleAlert, Hourglass, Layers, type LucideIcon, ShieldAlert, TriangleAlert, Unplug } from 'lucide-react'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { useAsked, useView } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { classNames } from '../ui/class-names.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { awaitsVerificationSince, type Notice, type NoticeKind, noticesOf, type Tone } from './control-wording.ts'

export const textOfTone: Readonly<Record<Tone, string>> = {
  quiet: 'text-muted',
  warn: 'text-warn',
  critical: 'font-medium text-critical',
  frozen: 'text-frozen',
}

const stepMs: Readonly<Record<NoticeKind, number | undefined>> = {
  pending: 250,
  failure: 1_000,
  restriction: undefined,
  held: undefined,
  silent: 1_000,
  escaped: undefined,
}

/** Ticks only while something has an age: the control's fate comes first and decides the step. */
export function useControlNotices(row: SessionRow): Notice[] {
  const asked = useAsked(row.session)
  const [first] = noticesOf(row, asked, 0)
  // Enforced and not yet verified has no word now and gets one when nobody verifies it.
  const awaits = row.control !== undefined && awaitsVerificationSince(row.control, row.holds.length > 0) !== undefined
  const now = useNow(awaits ? 1_000 : first && stepMs[first.kind])
  const silentSinceMs = useView((view) => {
    const host = row.state === 'silent' && row.host !== undefined ? view.hosts.get(row.host) : undefined
    return host && !host.connected ? host.sinceMs : undefined
  })
  return noticesOf(row, asked, now, silentSinceMs)
}

const iconOf: Readonly<Record<NoticeKind, LucideIcon>> = {
  pending: Hourglass,
  failure: CircleAlert,
  restriction: ShieldAlert,
  held: Layers,
  silent: Unplug,
  escaped: TriangleAlert,
}

type Props = {
  notice: Notice
  /** Where there is room for it the whole reason is shown: two lines on a card, all of it on the session's page. */
  lines?: 'one' | 'two' | 'all'
}

export function ControlNotice({ notice, lines = 'one' }: Props) {
  const Icon = iconOf[notice.kind]
  return (
    <span
      title={visibleText(notice.text, { max: 300 })}
      className={classNames(
        'flex min-w-0 gap-1',
        lines === 'one' ? 'items-center' : 'items-start',
        notice.tone === 'critical' && 'text-sm leading-[15px]',
        lines === 'all' && 'text-base leading-5',
        textOfTone[notice.tone],
      )}
    >
      <Icon aria-hidden className={classNames('size-3.5 shrink-0', lines === 'all' && 'mt-0.5 size-4')} />
      <HostileText
        text={notice.text}
        max={300}
        className={classNames(
          'min-w-0',
          lines === 'one' && 'truncate',
          lines === 'two' && 'line-clamp-2',
          lines === 'all' && 'break-words',
        )}
      />
    </span>
  )
}
