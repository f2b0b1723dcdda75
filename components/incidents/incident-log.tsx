'use client'
// What joined, and why; what people did and wrote: in the order of time, the newest at the end, beside the box for the next note.
import {
  BellOff,
  CircleCheck,
  Ellipsis,
  FileText,
  Flag,
  GitMerge,
  type LucideIcon,
  MessageSquare,
  Pencil,
  RotateCcw,
  Snowflake,
  Split,
  TriangleAlert,
  UserRound,
  UserRoundCheck,
} from 'lucide-react'
import Link from 'next/link'
import { useEffect, useRef } from 'react'
import type {
  IncidentChange,
  IncidentDetail,
  IncidentFlagView,
  IncidentLogEntry,
} from '../../server/protocol/incident.ts'
import { rulePath } from '../rules/rule-path.ts'
import { classNames } from '../ui/class-names.ts'
import { plural } from '../ui/format-quantity.ts'
import { clockText, dateTimeText, spanText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { deedText, incidentPath, saidIn } from './incident-words.ts'
import { type LogLine, logLines } from './log-lines.ts'
import { NoteText } from './note-text.tsx'

const icons: Readonly<Record<IncidentChange['type'], LucideIcon>> = {
  acknowledge: UserRoundCheck,
  assign: UserRound,
  retitle: Pencil,
  grade: TriangleAlert,
  note: MessageSquare,
  write: FileText,
  resolve: CircleCheck,
  reopen: RotateCcw,
  merge: GitMerge,
  split: Split,
}

export function IncidentLog({ incident, nowMs }: { incident: IncidentDetail; nowMs: number }) {
  const lines = logLines(incident, nowMs)
  const list = useRef<HTMLOListElement>(null)
  const count = lines.length
  // Follows the newest line, as a log does; a page that opens on a long one opens at its end.
  useEffect(() => {
    if (count > 0 && list.current) list.current.scrollTop = list.current.scrollHeight
  }, [count])
  return (
    <ol
      ref={list}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
      aria-label="Log, oldest first"
      className="grid min-h-0 flex-1 content-start gap-3 overflow-y-auto px-4 py-3 outline-offset-[-2px] max-lg:max-h-[50vh] max-md:px-3"
    >
      {lines.map((line) => (
        <li key={line.key} className="flex min-w-0 gap-2.5">
          <time
            dateTime={new Date(line.atMs).toISOString()}
            title={dateTimeText(line.atMs)}
            className="w-[72px] shrink-0 pt-px font-mono text-sm text-muted"
          >
            {clockText(line.atMs)}
          </time>
          <Line line={line} />
        </li>
      ))}
    </ol>
  )
}

function Line({ line }: { line: LogLine }) {
  switch (line.type) {
    case 'flag':
      return <FlagLine flag={line.flag} />
    case 'deed':
      return <DeedLine deed={line.deed} />
    case 'contained':
      return (
        <Entry icon={Snowflake} tone="text-frozen">
          {plural(line.sessions, 'session')} seen held or ended
        </Entry>
      )
    case 'lapsed':
      return (
        <Entry icon={BellOff} tone="text-warn">
          The acknowledgement lapsed: it is open again
        </Entry>
      )
    case 'missing':
      return (
        <Entry icon={Ellipsis} tone="text-muted">
          {plural(line.count, 'milder flag')} more joined, kept in the log of their sessions
        </Entry>
      )
  }
}

type EntryProps = { icon: LucideIcon; tone: string; children: React.ReactNode }

function Entry({ icon: Icon, tone, children }: EntryProps) {
  return (
    <>
      <Icon aria-hidden className={classNames('mt-0.5 size-3.5 shrink-0', tone)} />
      <div className="min-w-0 flex-1">{children}</div>
    </>
  )
}

function FlagLine({ flag }: { flag: IncidentFlagView }) {
  const isPage = flag.severity === 'high' || flag.severity === 'critical'
  const late = flag.detectedAtMs - flag.flagAtMs
  return (
    <Entry icon={Flag} tone={isPage ? 'text-critical' : 'text-warn'}>
      <Link href={rulePath(flag.rule)} prefetch={false} className="font-medium hover:underline">
        <HostileText text={flag.title} max={160} />
      </Link>{' '}
      <span className="text-muted">
        {flag.severity}
        {flag.session !== undefined && (
          <>
            {' in '}
            <Link
              href={`/sessions/${encodeURIComponent(flag.session)}`}
              prefetch={false}
              className="font-mono text-ink hover:underline"
            >
              <HostileText text={flag.session} max={80} />
            </Link>
          </>
        )}
      </span>
      <span className="block text-sm text-muted">
        joined: <HostileText text={flag.because} max={200} />
        {late >= 1_000 && `, ${spanText(late)} after what it saw`}
      </span>
    </Entry>
  )
}

function DeedLine({ deed }: { deed: IncidentLogEntry }) {
  const { change, by } = deed
  const said = saidIn(change)
  return (
    <Entry icon={icons[change.type]} tone={change.type === 'resolve' ? 'text-ok' : 'text-muted'}>
      <HostileText text={by?.name ?? 'Vigil'} max={80} className="font-medium" />{' '}
      <span className="text-muted">
        {deedText(deed)}
        {change.type === 'assign' && change.owner && change.owner.id !== by?.id && (
          <>
            {' '}
            <HostileText text={change.owner.name} max={80} className="font-medium text-ink" />
          </>
        )}
        {(change.type === 'merge' || change.type === 'split') && (
          <>
            {' '}
            <Link href={incidentPath(change.into)} prefetch={false} className="text-info hover:underline">
              open {change.into}
            </Link>
          </>
        )}
      </span>
      {said !== undefined && (
        <div className="mt-1 border-l-2 pl-2.5 text-muted">
          <NoteText text={said} />
        </div>
      )}
    </Entry>
  )
}
