// How long incidents took: three figures with what they mean and what is not in them, their course, and the table.
import type { IncidentFigures, NumbersView } from '../../server/protocol/numbers-view.ts'
import { plural } from '../ui/format-quantity.ts'
import { spanText } from '../ui/format-time.ts'
import { BehindLink, LeftOut, NumberTable } from './number-table.tsx'
import {
  countCell,
  csvPath,
  type DelayKind,
  delayKinds,
  delayPoints,
  delayWords,
  incidentsBehind,
  incidentsLeftOut,
  noData,
  notMeasured,
  spanCell,
  stepCaution,
} from './numbers-words.ts'
import { SpanChart } from './step-charts.tsx'
import { StepHead } from './step-head.tsx'

export function DelaySection({ numbers }: { numbers: NumbersView }) {
  const { incidents, steps, drills, days, atMs } = numbers
  const heads = delayKinds.flatMap((kind) => {
    const { short } = delayWords[kind]
    return [
      { word: `${short} mean`, means: delayWords[kind].means },
      { word: `${short} median` },
      { word: `${short} 90%`, means: 'nine of ten took at most so long' },
      { word: `${short} open`, means: 'not come to that yet: in no figure' },
    ]
  })
  return (
    <section aria-labelledby="numbers-delays" className="border-b px-4 py-4 max-md:px-3">
      <h2 id="numbers-delays" className="text-lg font-semibold">
        How long it took
      </h2>
      <p className="mt-0.5 text-pretty text-muted">
        {plural(incidents.all.incidents, 'incident')}, each at the day of its first flag.
      </p>
      <LeftOut words={incidentsLeftOut(numbers)} />
      <div className="mt-3 grid gap-x-6 gap-y-5 lg:grid-cols-3">
        {delayKinds.map((kind) => (
          <DelayFigure key={kind} kind={kind} numbers={numbers} />
        ))}
      </div>
      <div className="mt-4">
        <NumberTable
          caption="How long it took, newest first"
          first="Detected (UTC)"
          heads={[{ word: 'Incidents' }, ...heads]}
          csv={csvPath('delays', days, drills)}
          rows={steps
            .map((step, index) => {
              const of = incidents.perStep[index]
              return {
                key: String(step.fromMs),
                head: <StepHead step={step} caution={stepCaution(step, atMs)} href={incidentsBehind(step, drills)} />,
                cells: [
                  <IncidentCount
                    key="n"
                    count={of?.incidents ?? 0}
                    text={countCell(step, of?.incidents ?? 0, incidents.sinceMs)}
                    href={incidentsBehind(step, drills)}
                  />,
                  ...delayKinds.flatMap((kind) => cellsOf(of, kind)),
                ],
              }
            })
            .reverse()}
        />
      </div>
    </section>
  )
}

function IncidentCount({ count, text, href }: { count: number; text: string; href: string }) {
  return count === 0 ? <span className="text-muted">{text}</span> : <BehindLink href={href}>{text}</BehindLink>
}

function cellsOf(figures: IncidentFigures | undefined, kind: DelayKind): string[] {
  const delay = figures?.[kind]
  const { spread } = delay ?? {}
  return [
    spanCell(spread?.meanMs),
    spanCell(spread?.medianMs),
    spanCell(spread?.p90Ms),
    delay === undefined || figures?.incidents === 0 ? noData : String(delay.open),
  ]
}

function DelayFigure({ kind, numbers }: { kind: DelayKind; numbers: NumbersView }) {
  const { steps, incidents, drills } = numbers
  const { name, short, means } = delayWords[kind]
  const delay = incidents.all[kind]
  const { spread, measured, open } = delay
  const figures = spread
    ? `mean ${spanText(spread.meanMs)}, median ${spanText(spread.medianMs)}, 90% within ${spanText(spread.p90Ms)}`
    : 'nothing was measured'
  const missing = notMeasured(kind, delay)
  return (
    <section aria-label={name} className="flex min-w-0 flex-col">
      <h3 className="flex items-baseline gap-2 font-medium">
        {name} <span className="text-sm font-normal text-muted">{short}</span>
      </h3>
      <p className="mt-1 flex flex-wrap items-baseline gap-x-3">
        <span className="text-xl font-semibold">{spread ? spanText(spread.meanMs) : 'no data'}</span>
        {spread && (
          <span className="text-muted">
            mean of {measured} · median {spanText(spread.medianMs)} · 90% within {spanText(spread.p90Ms)}
          </span>
        )}
      </p>
      <p className="mt-1 text-pretty text-sm text-muted">{means}</p>
      {missing.length > 0 && (
        <ul className="mt-1 text-sm">
          {missing.map((words, index) => (
            <li key={words} className={index === 0 && open > 0 ? 'text-warn' : 'text-muted'}>
              {words}
            </li>
          ))}
        </ul>
      )}
      {spread && (
        <div className="mt-auto pt-2">
          <SpanChart
            points={delayPoints(steps, incidents.perStep, kind)}
            label={`${name} over time: ${figures}. The table below has every step.`}
            behind={(index) => {
              const step = steps[index]
              return step && incidentsBehind(step, drills)
            }}
          />
        </div>
      )}
    </section>
  )
}
