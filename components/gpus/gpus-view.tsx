'use client'
// The room of GPUs: who uses each beside who should, and what off-task use took.
import { Cpu } from 'lucide-react'
import type { GpuTruthView } from '../../server/protocol/gpu-truth-view.ts'
import { useWatch } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf, pastAgainMs } from '../replay/replay-words.ts'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { useListed } from '../settings/use-listed.ts'
import { classNames } from '../ui/class-names.ts'
import { plural } from '../ui/format-quantity.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { GpuBar } from './gpu-bar.tsx'
import { GpuLine, gpuColumns } from './gpu-line.tsx'
import { GpuListAnswer } from './gpu-list-answer.ts'
import type { Metric } from './gpu-metrics.ts'
import { byHost, costText, gpuHoursText, needsALook } from './gpu-words.ts'
import { useGpusUrl } from './gpus-url.ts'
import { HeatMap } from './heat-map.tsx'
import { PastReadings } from './past-readings.tsx'

const againMs = 2_000
const heads = ['GPU', 'State', 'Who uses it', 'SM', 'Memory bandwidth', 'Memory, power', 'Temp, clocks', 'Off task']

const pathOf = { map: '/api/gpus?points=0', list: '/api/gpus?points=60' } as const
/** More than a person looks at; the map has the others. */
const listedMax = 50

export function GpusView() {
  // The banner and the pill live on the same socket as everything else.
  useWatch({ view: 'live' })
  const [{ view, metric }, setUrl] = useGpusUrl()
  const at = usePastAt()
  const { value, isEarlier, problem, again } = useListed(
    asOf(pathOf[view], at),
    GpuListAnswer,
    true,
    at === undefined ? againMs : pastAgainMs,
  )
  if (!value) return <NothingYet what="which GPUs there are" problem={problem} again={again} />
  return (
    <div data-stale={problem !== undefined || isEarlier} className="min-h-0 flex-1 overflow-y-auto">
      <AskAgain problem={problem} again={again} />
      <PastReadings kept={value.readings} />
      {value.gpus.length === 0 ? (
        <NoGpus isPast={at !== undefined} />
      ) : (
        <>
          <Sums value={value} />
          <GpuBar view={view} metric={metric} onChange={(change) => void setUrl(change)} />
          {view === 'map' ? <Fleet gpus={value.gpus} metric={metric} /> : <GpuList gpus={value.gpus} />}
        </>
      )}
    </div>
  )
}

function Fleet({ gpus, metric }: { gpus: readonly GpuTruthView[]; metric: Metric }) {
  const now = useNow(2_000)
  const looked = needsALook(gpus)
  return (
    <>
      <HeatMap gpus={gpus} metric={metric} now={now} />
      <section aria-label="To look at" className="border-t">
        <h2 className="px-4 py-2.5 font-medium max-md:px-3">
          To look at <span className="font-normal text-muted">used by others than planned, or by nobody known</span>
        </h2>
        {looked.length === 0 ? (
          <p className="px-4 pb-4 text-muted max-md:px-3">
            None: of every GPU whose host is heard, its user is known and planned, or it is idle.
          </p>
        ) : (
          <>
            <Heads />
            <ul>
              {looked.slice(0, listedMax).map((gpu) => (
                <GpuLine key={`${gpu.host}/${gpu.gpu}`} gpu={gpu} now={now} namesHost />
              ))}
            </ul>
            {looked.length > listedMax && (
              <p className="px-4 py-2.5 text-muted">and {looked.length - listedMax} more, in the map above</p>
            )}
          </>
        )}
      </section>
    </>
  )
}

function Sums({ value }: { value: GpuListAnswer }) {
  const offTask = value.gpus.filter((gpu) => gpu.verdict === 'off-task' && gpu.heard).length
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-1 border-b px-4 py-2.5 text-muted max-md:px-3">
      <span>
        {plural(value.gpus.length, 'GPU')} on {plural(new Set(value.gpus.map((gpu) => gpu.host)).size, 'host')}
      </span>
      <span className={classNames(offTask > 0 && 'font-medium text-critical')}>
        {offTask} off task {value.readings === undefined ? 'now' : 'then'}
      </span>
      <span>
        Off-task in all <Totals value={value} />
      </span>
    </p>
  )
}

function Heads() {
  return (
    <div className={classNames('hidden border-y px-4 py-1.5 text-xs text-muted', gpuColumns)} aria-hidden>
      {heads.map((head) => (
        <span key={head}>{head}</span>
      ))}
    </div>
  )
}

function GpuList({ gpus }: { gpus: readonly GpuTruthView[] }) {
  const now = useNow(1_000)
  return (
    <>
      <Heads />
      {byHost(gpus).map(({ host, gpus: ofHost }) => (
        <section
          key={host}
          aria-label={`GPUs of ${host}`}
          className="[contain-intrinsic-size:auto_480px] [content-visibility:auto]"
        >
          <h2 className="border-b bg-panel px-4 py-1.5 text-xs text-muted max-md:px-3">
            <HostileText text={host} max={80} className="font-mono text-ink" />
            {ofHost.every((gpu) => !gpu.heard) && <span className="text-warn"> · silent: nothing newer is known</span>}
          </h2>
          <ul>
            {ofHost.map((gpu) => (
              <GpuLine key={gpu.gpu} gpu={gpu} now={now} />
            ))}
          </ul>
        </section>
      ))}
    </>
  )
}

function Totals({ value: { totals, prices, readings } }: { value: GpuListAnswer }) {
  const priced = totals.offTaskGpuMs > totals.unpricedOffTaskGpuMs
  return (
    <>
      <span className="font-mono text-ink">{gpuHoursText(totals.offTaskGpuMs)}</span>
      {priced && <span className="font-mono text-ink"> · {costText(totals.offTaskCostUsd)}</span>}
      {totals.unpricedOffTaskGpuMs > 0 && `, ${gpuHoursText(totals.unpricedOffTaskGpuMs)} without a price`}
      {prices.assumed && totals.offTaskGpuMs > 0 && ' at assumed prices (PUT /api/gpu-prices sets yours)'}
      {readings !== undefined && !prices.assumed && priced && ' at the prices of today'}
    </>
  )
}

function NoGpus({ isPast }: { isPast: boolean }) {
  if (isPast)
    return (
      <p className="px-4 py-16 text-center text-muted">
        No GPU was known at this moment, and no reading of the 15 min before it is kept.
      </p>
    )
  return (
    <div className="mx-auto flex max-w-xl flex-col items-center gap-2 px-4 py-16 text-center">
      <Cpu aria-hidden className="size-6 text-muted" />
      <h2 className="font-medium">No GPU is known yet</h2>
      <p className="text-muted">
        The probe lists those of its host by nvidia-smi. Others come from their exporter:{' '}
        <code className="font-mono text-sm">vigil import --format dcgm-exporter --scrape http://HOST:9400/metrics</code>
      </p>
      <p className="text-muted">
        Who should use which is told by a session’s labels (<code className="font-mono text-sm">--label gpu=0</code>) or
        by <code className="font-mono text-sm">POST /api/placements</code>.
      </p>
    </div>
  )
}
