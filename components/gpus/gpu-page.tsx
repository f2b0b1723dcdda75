'use client'
// One GPU: who uses it beside who should, what off-task use took, and its readings over time.
import dynamic from 'next/dynamic'
import type { GpuTruthView } from '../../server/protocol/gpu-truth-view.ts'
import { useWatch } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf, pastAgainMs } from '../replay/replay-words.ts'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { useListed } from '../settings/use-listed.ts'
import { classNames } from '../ui/class-names.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { GpuListAnswer } from './gpu-list-answer.ts'
import { toneClass } from './gpu-marks.ts'
import { type GpuName, oneGpuPath, windowOf } from './gpu-path.ts'
import { GpuRangeBar } from './gpu-range-bar.tsx'
import { GpuUse } from './gpu-use.tsx'
import { readAgeText, verdictWords } from './gpu-words.ts'
import { useGpuUrl } from './gpus-url.ts'
import { PastReadings } from './past-readings.tsx'

const againMs = 2_000
const GpuCharts = dynamic(() => import('./gpu-charts.tsx'), { ssr: false })

export function GpuPage() {
  // The banner and the pill live on the same socket as everything else.
  useWatch({ view: 'live' })
  const [{ host, gpu, ...span }, setUrl] = useGpuUrl()
  if (host === '' || gpu === '')
    return <p className="px-4 py-16 text-center text-muted">This link names no GPU. The map in GPUs has them all.</p>
  const window = windowOf(span)
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <Truth key={`${host}/${gpu}`} host={host} gpu={gpu} />
      <GpuRangeBar window={window} onChange={(change) => void setUrl(change)} />
      <GpuCharts key={JSON.stringify([host, gpu, window])} name={{ host, gpu }} window={window} />
    </div>
  )
}

function Truth(name: GpuName) {
  const at = usePastAt()
  const { value, isEarlier, problem, again } = useListed(
    asOf(oneGpuPath(name), at),
    GpuListAnswer,
    true,
    at === undefined ? againMs : pastAgainMs,
  )
  const now = useNow(1_000)
  if (!value) return <NothingYet what="who uses this GPU" problem={problem} again={again} />
  const gpu = value.gpus[0]
  return (
    <div data-stale={problem !== undefined || isEarlier}>
      <AskAgain problem={problem} again={again} />
      <PastReadings kept={value.readings} />
      {gpu ? (
        <>
          <Heading gpu={gpu} now={now} />
          <GpuUse gpu={gpu} now={now} pricesAreAssumed={value.prices.assumed} />
        </>
      ) : (
        <p className="border-b px-4 py-3 text-muted max-md:px-3">
          <HostileText text={name.gpu} max={80} className="font-mono text-ink" /> of{' '}
          <HostileText text={name.host} max={80} className="font-mono text-ink" />{' '}
          {at === undefined
            ? 'is not known now: no host and no exporter has named it since the console has run. '
            : 'was not known at this moment: the log had not named it, or had let go of it. '}
          What was read of it before stands below.
        </p>
      )}
    </div>
  )
}

function Heading({ gpu, now }: { gpu: GpuTruthView; now: number }) {
  const verdict = verdictWords(gpu)
  const age = readAgeText(gpu, now)
  return (
    <header className="facts flex flex-wrap items-baseline gap-x-4 gap-y-1 border-b px-4 py-2.5 max-md:px-3">
      <h2 className="text-lg font-semibold">
        <HostileText text={gpu.host} max={80} className="font-mono" /> GPU {gpu.index ?? '?'}
      </h2>
      <HostileText text={gpu.model ?? 'model not told'} max={80} className="text-muted" />
      <span className={classNames('font-medium', toneClass[verdict.tone])}>{verdict.words}</span>
      <span className="text-muted">{verdict.why}</span>
      <span className={age.stale ? 'text-warn' : 'text-muted'}>{age.words}</span>
      <HostileText text={gpu.gpu} max={80} className="min-w-0 truncate font-mono text-xs text-muted" />
    </header>
  )
}
