'use client'
// How this server is doing, by its own measure: what is wrong now, the course of half an hour, and what failed in it.
import { ArrowLeft, CircleCheck, TriangleAlert } from 'lucide-react'
import dynamic from 'next/dynamic'
import { SelfView as Self } from '../../server/protocol/self-view.ts'
import { useWatch } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { useListed } from '../settings/use-listed.ts'
import { countText, plural } from '../ui/format-quantity.ts'
import { ageText, agoText, dateTimeText } from '../ui/format-time.ts'
import { LinkButton } from '../ui/link-button.tsx'
import { selfTroubles } from './self-words.ts'

const againMs = 5_000
const SelfCharts = dynamic(() => import('./self-charts.tsx'), { ssr: false })

export function SelfView() {
  useWatch({ view: 'live' })
  const now = useNow(1_000)
  const { value, problem, again } = useListed('/api/self', Self, true, againMs)
  if (!value) return <NothingYet what="how the server is doing" problem={problem} again={again} />
  const troubles = selfTroubles(value, value.atMs)
  const last = value.steps.at(-1)
  return (
    <div data-stale={problem !== undefined} className="min-h-0 flex-1 overflow-y-auto">
      <AskAgain problem={problem} again={again} />
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b px-4 py-2 max-md:px-3">
        <LinkButton href="/sources" look="quiet" className="max-md:h-11">
          <ArrowLeft aria-hidden /> Sources
        </LinkButton>
        <p className="min-w-0 text-muted">
          {value.runtime}, started {dateTimeText(value.startedAtMs)}
          {now > 1e12 && `, up for ${ageText(Math.max(0, now - value.startedAtMs))}`}
          {last && ` · ${plural(last.browsers, 'browser')} · ${plural(last.probes, 'probe')}`}
        </p>
      </div>
      <section aria-label="What is wrong now" className="border-b px-4 py-3 max-md:px-3">
        {troubles.length === 0 ? (
          <p className="flex items-center gap-2 text-muted">
            <CircleCheck aria-hidden className="size-4 shrink-0 text-ok" />
            {last
              ? 'Nothing is wrong that this server can see of itself. Whether it is reached from outside, others must look.'
              : 'The first figures come ten seconds after the start.'}
          </p>
        ) : (
          <ul className="grid gap-1">
            {troubles.map((trouble) => (
              <li key={trouble} className="flex items-start gap-2 text-warn">
                <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
                <span className="min-w-0 text-pretty">{trouble}</span>
              </li>
            ))}
          </ul>
        )}
      </section>
      {value.steps.length > 0 && (
        <section aria-label="The last half hour" className="border-b">
          <SelfCharts steps={value.steps} />
        </section>
      )}
      <section aria-label="What failed" className="px-4 py-3 max-md:px-3">
        <h2 className="font-medium">What failed since the start</h2>
        {value.errors.length === 0 && <p className="mt-1 text-muted">Nothing.</p>}
        <ul className="mt-1">
          {value.errors.map(({ context, count, lastAtMs }) => (
            <li key={context} className="flex flex-wrap items-baseline gap-x-3 py-0.5">
              <span className="min-w-0 break-words">{context}</span>
              <span className="font-mono text-sm text-muted">{countText(count)} ×</span>
              <span className="text-sm text-muted">{agoText(Math.max(0, value.atMs - lastAtMs))}</span>
            </li>
          ))}
        </ul>
        <p className="mt-2 max-w-prose text-pretty text-sm text-muted">
          The errors themselves are in the server’s log. The same figures are at <code>/metrics</code> for Prometheus,
          and are sent by OTLP where <code>OTEL_EXPORTER_OTLP_ENDPOINT</code> is set.
        </p>
      </section>
    </div>
  )
}
