'use client'
// The room of containments: those that stand with what became of them, then those that were lifted.
import { CirclePause, ShieldCheck } from 'lucide-react'
import { useContext } from 'react'
import type { ContainmentView } from '../../server/protocol/control-views.ts'
import { useFleet, useWatch } from '../live/live-context.tsx'
import { useStaleness } from '../live/staleness-pill.tsx'
import { useNow } from '../live/use-now.ts'
import { ShellContext } from '../shell/shell-context.ts'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { plural } from '../ui/format-quantity.ts'
import { agoText, clockText, dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { Notice } from '../ui/notice.tsx'
import { LiftButton } from './lift-button.tsx'
import { StandingName, StandingParts } from './standing-line.tsx'
import { endsText, isStanding, standingWord } from './standing-words.ts'

export function ContainmentsView() {
  useWatch({ view: 'live' })
  const fleet = useFleet()
  const { stale } = useStaleness()
  const { openContain } = useContext(ShellContext)
  if (!fleet)
    return (
      <p role="status" className="px-4 py-6 text-muted">
        Waiting for the first snapshot
      </p>
    )
  const standing = fleet.containments.filter(isStanding)
  const lifted = fleet.containments.filter((view) => !isStanding(view))
  return (
    <div data-stale={stale} className="min-h-0 flex-1 overflow-y-auto">
      <div className="facts mx-auto max-w-5xl px-4 py-4 max-md:px-3">
        <h2 className="mb-2 font-medium">
          Standing <span className="ml-1 font-normal text-muted">{standing.length}</span>
        </h2>
        {standing.length === 0 ? (
          <div className="rounded-lg border">
            <Notice icon={<ShieldCheck aria-hidden />} title="Nothing is contained by a standing order">
              <p>
                “Contain all…” holds every session of a host, model, task or run at once, and those that start later. A
                session that was contained by itself is not listed here: its own page tells of it.
              </p>
              <Button look="control" className="mt-3 max-md:h-11" onClick={openContain}>
                <CirclePause aria-hidden className="text-critical" /> Contain all…
              </Button>
            </Notice>
          </div>
        ) : (
          <ul aria-label="Standing containments" className="flex flex-col gap-2">
            {standing.map((view) => (
              <Standing key={view.containment} view={view} />
            ))}
          </ul>
        )}
        {lifted.length > 0 && (
          <>
            <h2 className="mt-6 mb-2 font-medium">
              Lifted <span className="ml-1 font-normal text-muted">the newest {lifted.length}</span>
            </h2>
            <ul aria-label="Lifted containments" className="divide-y rounded-lg border bg-panel">
              {lifted.map((view) => (
                <Lifted key={view.containment} view={view} />
              ))}
            </ul>
          </>
        )}
      </div>
    </div>
  )
}

const edgeOf = {
  frozen: 'border-frozen/30',
  warn: 'border-warn/40',
  critical: 'border-critical/60 bg-critical/5',
  quiet: '',
} as const

function Standing({ view }: { view: ContainmentView }) {
  const now = useNow(1_000)
  const { tone } = standingWord(view)
  return (
    <li
      className={classNames(
        'flex flex-wrap items-center gap-x-6 gap-y-2 rounded-lg border bg-panel px-4 py-3 max-md:px-3',
        edgeOf[tone],
      )}
    >
      <div className="flex min-w-0 flex-1 basis-96 flex-col gap-1 max-md:basis-full">
        <StandingName view={view} named={8} />
        <div className="pl-6">
          <StandingParts view={view} />
          <p className="text-sm text-muted">
            by <HostileText text={view.by.name} max={80} />{' '}
            <time dateTime={new Date(view.sinceMs).toISOString()} title={dateTimeText(view.sinceMs)}>
              {agoText(now - view.sinceMs)}
            </time>
            {' · '}
            {endsText(view, now)}
            {view.sessions > view.held && ` · ${plural(view.sessions, 'session')} held by it so far`}
            {view.selector.sessions === undefined && ' · also those that start later'}
          </p>
          <Reason view={view} />
        </div>
      </div>
      <LiftButton view={view} className="max-md:h-11 max-md:w-full" />
    </li>
  )
}

function Lifted({ view }: { view: ContainmentView }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-0.5 px-4 py-2 max-md:px-3">
      <StandingName view={view} named={3} />
      <span className="text-sm text-muted">
        {plural(view.sessions, 'session')} held by it ·{' '}
        <time dateTime={new Date(view.sinceMs).toISOString()} title={dateTimeText(view.sinceMs)} className="font-mono">
          {clockText(view.sinceMs)}
        </time>
        {view.liftedAtMs !== undefined && (
          <>
            {' to '}
            <time
              dateTime={new Date(view.liftedAtMs).toISOString()}
              title={dateTimeText(view.liftedAtMs)}
              className="font-mono"
            >
              {clockText(view.liftedAtMs)}
            </time>
          </>
        )}
        {' · by '}
        <HostileText text={view.by.name} max={60} />
        {view.liftedBy && (
          <>
            , lifted by <HostileText text={view.liftedBy.name} max={60} />
          </>
        )}
      </span>
      <Reason view={view} />
    </li>
  )
}

function Reason({ view }: { view: ContainmentView }) {
  if (!view.reason) return null
  return (
    <p className="min-w-0 break-words text-sm">
      <q>
        <HostileText text={view.reason} max={500} />
      </q>
    </p>
  )
}
