'use client'
// The figures above the table. Only what is known; each says what it counts.
import Link from 'next/link'
import { type ReactNode, useMemo } from 'react'
import { useFleet, useLive, useView } from '../live/live-context.tsx'
import { useStaleness } from '../live/staleness-pill.tsx'
import { useBrowserNow, useNow } from '../live/use-now.ts'
import { bytesText, countText, plural } from '../ui/format-quantity.ts'
import { ageText, clockText } from '../ui/format-time.ts'
import { Sparkline } from '../ui/sparkline.tsx'
import { type FleetPoint, fleetCourse, fleetFigures } from './fleet-figures.ts'

const cpuOf = (point: FleetPoint) => point.cpuPercent
const bytesOf = (point: FleetPoint) => point.bytesOutPerSecond

export function FiguresStrip() {
  const rows = useView((view) => view.rows)
  const hosts = useView((view) => view.hosts)
  const samples = useView((view) => view.samples)
  const figures = useMemo(() => fleetFigures(rows, hosts, samples), [rows, hosts, samples])
  const course = useCourse()
  const asides = [`${figures.paused} paused`]
  if (figures.contained > 0) asides.push(`${figures.contained} of them contained`)
  if (figures.asked > 0) asides.push(`${figures.asked} asked`)
  if (figures.silent > 0) asides.push(`${figures.silent} silent`)
  asides.push(`${figures.ended} ended`)
  const away = figures.hostsKnown - figures.hostsConnected
  return (
    <section
      aria-label="Figures"
      className="facts grid shrink-0 grid-cols-6 divide-x border-b max-md:grid-cols-3 max-md:divide-x-0"
    >
      <Figure
        name="Sessions running"
        value={countText(figures.running)}
        aside={asides.join(' · ')}
        tone={figures.silent > 0 ? 'warn' : undefined}
      />
      <WaitingFigure />
      <Figure
        name="CPU"
        value={`${(figures.cpuPercent / 100).toFixed(1)} cores`}
        aside={plural(figures.processes, 'process', 'processes')}
        chart={<Sparkline points={course} valueOf={cpuOf} floorMax={100} width={72} height={26} />}
      />
      <Figure
        name="Open connections"
        value={countText(figures.openConnections)}
        aside={`${bytesText(figures.bytesOutPerSecond)}/s out`}
        chart={<Sparkline points={course} valueOf={bytesOf} floorMax={16_384} width={72} height={26} />}
      />
      <Figure
        name="Hosts connected"
        value={countText(figures.hostsConnected)}
        aside={
          figures.hostsKnown === 0
            ? 'none has connected yet'
            : away > 0
              ? `${plural(away, 'host')} not connected`
              : 'all that are known'
        }
        tone={away > 0 ? 'warn' : undefined}
        narrow={false}
      />
      <NewestFact />
    </section>
  )
}

/** The fleet's course, made anew every two seconds: it is a tendency, not a fact to react to. */
function useCourse(): FleetPoint[] {
  const { store } = useLive()
  const now = useBrowserNow(2_000)
  // biome-ignore lint/correctness/useExhaustiveDependencies: `now` is the tick that makes it anew
  return useMemo(() => fleetCourse(store.shown().samples), [store, now])
}

/** Not the session's but the person's: what is held until somebody decides. */
function WaitingFigure() {
  const approvals = useFleet()?.approvals
  const { stale } = useStaleness()
  const waiting = approvals?.waiting ?? 0
  return (
    <Figure
      name="Waiting for a person"
      value={countText(waiting)}
      aside={
        waiting === 0 ? (
          'no action is held'
        ) : (
          <Link href="/approvals" className="underline underline-offset-2">
            {approvals?.soonestExpiresAtMs === undefined
              ? 'decide'
              : stale
                ? 'not heard: nobody knows whether they still wait'
                : `next denies itself at ${clockText(approvals.soonestExpiresAtMs)}`}
          </Link>
        )
      }
      tone={waiting > 0 ? 'warn' : undefined}
      narrow={false}
    />
  )
}

function NewestFact() {
  const { store } = useLive()
  const now = useNow(1_000)
  const rows = useView((view) => view.rows)
  let at = store.link().newestFactAtMs
  for (const row of rows.values()) if (at === undefined || row.lastEventAtMs > at) at = row.lastEventAtMs
  return (
    <Figure
      name="Newest fact"
      value={at === undefined ? '—' : ageText(now - at)}
      aside={at === undefined ? 'none yet' : clockText(at)}
      narrow={false}
    />
  )
}

type FigureProps = {
  name: string
  value: string
  aside: ReactNode
  chart?: ReactNode
  tone?: 'warn' | undefined
  narrow?: boolean
}

function Figure({ name, value, aside, chart, tone, narrow = true }: FigureProps) {
  return (
    <div
      className={`flex min-w-0 items-end justify-between gap-3 px-4 py-2.5 max-md:px-3 max-md:py-2 ${narrow ? '' : 'max-md:hidden'}`}
    >
      <div className="min-w-0">
        <h2 className="truncate text-sm text-muted">{name}</h2>
        <p className="truncate text-xl font-semibold max-md:text-lg">{value}</p>
        <p className={`truncate text-sm ${tone === 'warn' ? 'text-warn' : 'text-muted'}`}>{aside}</p>
      </div>
      <span className="max-lg:hidden">{chart}</span>
    </div>
  )
}
