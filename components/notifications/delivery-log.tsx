'use client'
// What was said to whom and what came of it, newest first; failures can be looked at alone and tried again.
import { CircleAlert, CircleCheck, CircleDashed, Clock } from 'lucide-react'
import Link from 'next/link'
import { useState } from 'react'
import { z } from 'zod'
import { DeliveryView } from '../../server/protocol/notification-view.ts'
import { useBrowserNow } from '../live/use-now.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { AskAgain } from '../settings/asked.tsx'
import { listClass, ProblemLine } from '../settings/section.tsx'
import { useListed } from '../settings/use-listed.ts'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { FilterChips } from '../ui/filter-chips.tsx'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { type DeliveryTone, outcomeOf, stepText } from './notification-words.ts'

const Log = z.object({ deliveries: z.array(DeliveryView) })
const Retried = z.object({ retried: z.string() })

const chips = [
  { value: 'all', word: 'All', isAll: true },
  { value: 'waiting', word: 'Not taken yet' },
  { value: 'failed', word: 'Failed' },
  { value: 'delivered', word: 'Taken' },
  { value: 'dropped', word: 'Not said' },
] as const
type Filter = (typeof chips)[number]['value']

const icons = { ok: CircleCheck, warn: Clock, critical: CircleAlert, quiet: CircleDashed } as const
const tones: Readonly<Record<DeliveryTone, string>> = {
  ok: 'text-ok',
  warn: 'text-warn',
  critical: 'text-critical',
  quiet: 'text-muted',
}

export function DeliveryLog() {
  const [filter, setFilter] = useState<Filter>('all')
  const path = `/api/notification-deliveries?limit=100${filter === 'all' ? '' : `&state=${filter}`}`
  return (
    <section aria-label="Delivery log" className="mt-5">
      <div className="mb-2 flex flex-wrap items-center gap-x-4 gap-y-1">
        <h3 className="font-semibold">Delivery log</h3>
        <FilterChips
          label="Which deliveries"
          chips={chips}
          on={[filter]}
          onToggle={(name) => setFilter(name === filter ? 'all' : name)}
        />
      </div>
      <Deliveries key={filter} path={path} isAll={filter === 'all'} />
    </section>
  )
}

function Deliveries({ path, isAll }: { path: string; isAll: boolean }) {
  const { value, problem, again } = useListed(path, Log, true, 3_000)
  const now = useBrowserNow(1_000)
  if (!value) return <AskAgain problem={problem} again={again} />
  return (
    <>
      <ProblemLine problem={problem} />
      {value.deliveries.length === 0 ? (
        <p className="rounded-lg border px-4 py-4 text-muted">
          {isAll ? 'Nothing was said to anybody yet.' : 'None like that.'}
        </p>
      ) : (
        <ul aria-label="Deliveries" className={classNames(listClass, 'max-h-[32rem] overflow-y-auto')}>
          {value.deliveries.map((each) => (
            <Line key={each.id} delivery={each} nowMs={now} onRetried={again} />
          ))}
        </ul>
      )}
    </>
  )
}

type LineProps = { delivery: DeliveryView; nowMs: number; onRetried: () => Promise<void> }

function Line({ delivery, nowMs, onRetried }: LineProps) {
  const [problem, setProblem] = useState<ApiProblem>()
  const { tone, text } = outcomeOf(delivery, nowMs)
  const Icon = icons[tone]
  const mayRetry = delivery.step !== 'test' && (tone === 'warn' || tone === 'critical')
  const retry = async () => {
    const path = `/api/notification-deliveries/${encodeURIComponent(delivery.id)}/retry`
    setProblem((await apiCall('POST', path, Retried)).problem)
    await onRetried()
  }
  return (
    <li className="px-4 py-2.5 max-md:px-3">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-1">
        <div className="min-w-0 flex-1 basis-72">
          <p className="text-sm text-muted">
            <time dateTime={new Date(delivery.createdAtMs).toISOString()} className="font-mono">
              {dateTimeText(delivery.createdAtMs)}
            </time>{' '}
            · <HostileText text={delivery.routeName} max={80} className="text-ink" /> · {stepText(delivery)}
          </p>
          <p className="break-words">
            <HostileText text={delivery.title} max={300} />
            {delivery.session !== undefined && (
              <>
                {' '}
                <Link href={delivery.path} className="font-mono text-sm text-info underline-offset-2 hover:underline">
                  <HostileText text={delivery.session} max={80} />
                </Link>
              </>
            )}
          </p>
          <p className={classNames('flex items-start gap-1.5 text-sm', tones[tone])}>
            <Icon aria-hidden className="mt-0.5 size-3.5 shrink-0" />
            <HostileText text={text} max={400} className="min-w-0 break-words" />
          </p>
        </div>
        {mayRetry && (
          <Button className="max-md:h-11" onClick={() => void retry()}>
            Retry now
          </Button>
        )}
      </div>
      <ProblemLine problem={problem} />
    </li>
  )
}
