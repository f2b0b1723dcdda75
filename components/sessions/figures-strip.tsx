'use client'
// The figures above the table, each a link to the view behind it. Only what is known; what nobody measured says so.
import Link from 'next/link'
import { useMemo, useRef } from 'react'
import { LiveFigures } from '../../server/protocol/live-view.ts'
import { useFleet } from '../live/live-context.tsx'
import { useStaleness } from '../live/staleness-pill.tsx'
import { useNow } from '../live/use-now.ts'
import { usePacedView } from '../live/use-paced-view.ts'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf, pastAgainMs } from '../replay/replay-words.ts'
import { useListed } from '../settings/use-listed.ts'
import { classNames } from '../ui/class-names.ts'
import { Sparkline } from '../ui/sparkline.tsx'
import {
  busyFigure,
  destinationsFigure,
  type Figure,
  incidentsFigure,
  offTaskFigure,
  sessionsFigure,
  unasked,
  unheard,
  waitingFigure,
} from './figure-words.ts'
import { type FleetFigures, fleetFigures } from './fleet-figures.ts'

const againMs = 5_000
/** Points of a course: since the page was opened, one a question. */
const courseMax = 60

const busyOf = (figures: LiveFigures) => figures.gpus.busyPercent ?? 0
const offTaskOf = (figures: LiveFigures) => figures.offTask.gpuMs
const freshOf = (figures: LiveFigures) => figures.destinations.fresh

export function FiguresStrip() {
  const { rows, toCome } = usePacedView()
  // A sum of some of them would be told as that of all.
  const sessions = useMemo(() => (toCome === 0 ? fleetFigures(rows) : undefined), [rows, toCome])
  return (
    <nav
      aria-label="Figures"
      className="facts grid shrink-0 contain-content grid-cols-6 divide-x border-b max-md:grid-cols-3 max-md:divide-x-0"
    >
      <Cell
        name="Sessions running"
        short="Running"
        href="/live?state=running"
        figure={sessions ? sessionsFigure(sessions) : unasked}
      />
      <AskedCells />
      <IncidentsCell sessions={sessions} />
      <WaitingCell />
    </nav>
  )
}

/** What rows cannot tell: asked for every few seconds. */
function AskedCells() {
  const at = usePastAt()
  const { value, problem } = useListed(
    asOf('/api/live/figures', at),
    LiveFigures,
    true,
    at === undefined ? againMs : pastAgainMs,
  )
  const now = useNow(1_000)
  const course = useRef<readonly LiveFigures[]>([])
  if (value && course.current.at(-1)?.serverNowMs !== value.serverNowMs)
    course.current = [...course.current.slice(1 - courseMax), value]
  const points = course.current
  const told = (say: (figures: LiveFigures) => Figure): Figure => (problem ? unheard : value ? say(value) : unasked)
  const isOffTask = (value?.offTask.gpuMs ?? 0) > 0
  return (
    <>
      <Cell
        name="GPU busy"
        short="GPU busy"
        href="/gpus"
        figure={told((figures) => busyFigure(figures.gpus, now))}
        chart={
          value?.gpus.busyPercent !== undefined && (
            <Sparkline points={points} valueOf={busyOf} floorMax={100} width={72} height={26} />
          )
        }
      />
      <Cell
        name="GPU time off task"
        short="Off task"
        href="/gpus"
        figure={told(offTaskFigure)}
        chart={
          isOffTask && (
            <Sparkline
              points={points}
              valueOf={offTaskOf}
              floorMax={1}
              width={72}
              height={26}
              className={(value?.gpus.offTaskNow ?? 0) > 0 ? 'text-critical' : undefined}
            />
          )
        }
      />
      <Cell
        name="New destinations"
        short="New dest."
        href="/egress/destinations?new=true"
        figure={told((figures) => destinationsFigure(figures.destinations, now))}
        chart={
          (value?.destinations.seen ?? 0) > 0 && (
            <Sparkline points={points} valueOf={freshOf} floorMax={5} width={72} height={26} className="text-warn" />
          )
        }
      />
    </>
  )
}

/** What pages forms incidents: while there are none that are open, flags that page are told in their place. */
function IncidentsCell({ sessions }: { sessions: FleetFigures | undefined }) {
  const incidents = useFleet()?.incidents
  const figure = sessions ? incidentsFigure(incidents, sessions) : unasked
  return <Cell name="Open incidents" short="Incidents" href="/incidents" figure={figure} />
}

/** Not the session's but the person's: what is held until somebody decides. */
function WaitingCell() {
  const approvals = useFleet()?.approvals
  const { stale } = useStaleness()
  const now = useNow((approvals?.waiting ?? 0) > 0 ? 1_000 : undefined)
  return (
    <Cell name="Approvals waiting" short="Approvals" href="/approvals" figure={waitingFigure(approvals, now, stale)} />
  )
}

type CellProps = { name: string; short: string; href: string; figure: Figure; chart?: React.ReactNode }

const tones = { warn: 'text-warn', critical: 'text-critical' } as const

function Cell({ name, short, href, figure: { value, aside, tone, asideTone }, chart }: CellProps) {
  return (
    <Link
      href={href}
      prefetch={false}
      className="flex min-w-0 items-end justify-between gap-3 px-4 py-2.5 outline-offset-[-2px] hover:bg-panel max-md:px-3 max-md:py-1.5"
    >
      <span className="min-w-0">
        <span className="block truncate text-sm text-muted">
          <span className="max-md:hidden">{name}</span>
          <span className="md:hidden">{short}</span>
        </span>
        <span className={classNames('block truncate text-xl font-semibold max-md:text-lg', tone && tones[tone])}>
          {value}
        </span>
        <span
          title={aside}
          className={classNames('block truncate text-sm', asideTone ? tones[asideTone] : 'text-muted')}
        >
          {aside}
        </span>
      </span>
      {chart && <span className="max-[1500px]:hidden">{chart}</span>}
    </Link>
  )
}
