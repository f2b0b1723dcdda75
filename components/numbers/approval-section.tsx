// Actions that asked for a person: what became of them, and how long a decision took.
import { isTold, type NumbersView } from '../../server/protocol/numbers-view.ts'
import { countText, plural } from '../ui/format-quantity.ts'
import { spanText } from '../ui/format-time.ts'
import { LeftOut, NumberTable } from './number-table.tsx'
import {
  approvalsBehind,
  countCell,
  csvPath,
  leftOutText,
  type Outcome,
  outcomes,
  outcomeWord,
  spanCell,
  stepCaution,
  stepText,
} from './numbers-words.ts'
import { type BarSeries, CountChart, SpanChart } from './step-charts.tsx'
import { StepHead } from './step-head.tsx'

const looks: Readonly<Record<Outcome, Pick<BarSeries, 'colour' | 'pattern'>>> = {
  allowed: { colour: 'var(--ok)' },
  denied: { colour: 'var(--critical)', pattern: 'rising' },
  expired: { colour: 'var(--warn)', pattern: 'falling' },
  withdrawn: { colour: 'var(--muted)', pattern: 'level' },
  waiting: { colour: 'var(--info)', pattern: 'open' },
}
const series: readonly BarSeries[] = outcomes.map((key) => ({ key, word: outcomeWord[key], ...looks[key] }))

export function ApprovalSection({ numbers }: { numbers: NumbersView }) {
  const { approvals, steps, days, drills, atMs } = numbers
  const { all, perStep } = approvals
  const { wait, waiting, longestWaitingMs } = all
  const byKey = all.allowed + all.denied - all.byPerson
  const behind = (index: number) => {
    const step = steps[index]
    return step && approvalsBehind(step)
  }
  return (
    <section aria-labelledby="numbers-approvals" className="px-4 py-4 max-md:px-3">
      <h2 id="numbers-approvals" className="text-lg font-semibold">
        Actions that asked for a person
      </h2>
      <p className="mt-0.5 text-pretty text-muted">
        {plural(all.asked, 'action')}, each at the day on which it asked. The wait runs from asking to a person’s
        decision; what nobody decided in its time was denied by the clock and has no wait.
      </p>
      <LeftOut words={leftOutText({ ...approvals, what: 'facts' })} />
      <p className="mt-2 flex flex-wrap items-baseline gap-x-3">
        <span className="text-xl font-semibold">{wait ? spanText(wait.medianMs) : 'no data'}</span>
        <span className="text-muted">
          {wait
            ? `median wait of ${all.byPerson} that a person decided · mean ${spanText(wait.meanMs)} · 90% within ${spanText(wait.p90Ms)}`
            : 'no person decided one in this time'}
        </span>
        {byKey > 0 && <span className="text-muted">{countText(byKey)} decided with a key: not in it</span>}
        {waiting > 0 && (
          <span className="text-warn">
            {waiting} still waiting, the longest for {spanText(longestWaitingMs ?? 0)}: not in it yet
          </span>
        )}
      </p>
      {all.asked > 0 && (
        <div className="mt-3 grid gap-x-6 gap-y-5 xl:grid-cols-2">
          <div className="grid min-w-0 content-start gap-4">
            <section aria-label="What became of them" className="min-w-0">
              <h3 className="mb-1 font-medium">What became of them</h3>
              <CountChart
                id="approvals"
                series={series}
                points={steps.map((step, index) => ({
                  label: stepText(step),
                  ...countsOf(isTold(step, approvals.sinceMs), perStep[index]),
                }))}
                label={`${plural(all.asked, 'action')} over time, by what became of them. The table has every step.`}
                behind={behind}
              />
            </section>
            {wait && (
              <section aria-label="How long a decision took" className="min-w-0">
                <h3 className="mb-1 font-medium">How long a decision took</h3>
                <SpanChart
                  points={steps.map((step, index) => {
                    const of = perStep[index]?.wait
                    return {
                      label: stepText(step),
                      ...(of && { mean: of.meanMs, median: of.medianMs, p90: of.p90Ms }),
                    }
                  })}
                  label={`Wait over time: median ${spanText(wait.medianMs)}, 90% within ${spanText(wait.p90Ms)}. The table has every step.`}
                  behind={behind}
                />
              </section>
            )}
          </div>
          <NumberTable
            caption="Approvals and their wait, newest first"
            first="Asked (UTC)"
            heads={[
              { word: 'Asked' },
              ...outcomes.map((each) => ({ word: outcomeWord[each] })),
              { word: 'Wait, median' },
              { word: '90%' },
            ]}
            csv={csvPath('approvals', days, drills)}
            rows={steps
              .map((step, index) => {
                const of = perStep[index]
                const cell = (count: number) =>
                  of?.asked ? countText(count) : countCell(step, count, approvals.sinceMs)
                return {
                  key: String(step.fromMs),
                  head: <StepHead step={step} caution={stepCaution(step, atMs)} href={approvalsBehind(step)} />,
                  cells: [
                    cell(of?.asked ?? 0),
                    ...outcomes.map((each) => cell(of?.[each] ?? 0)),
                    spanCell(of?.wait?.medianMs),
                    spanCell(of?.wait?.p90Ms),
                  ],
                }
              })
              .reverse()}
          />
        </div>
      )}
    </section>
  )
}

function countsOf(told: boolean, of: NumbersView['approvals']['perStep'][number] | undefined) {
  const isKnown = told || (of?.asked ?? 0) > 0
  return Object.fromEntries(outcomes.map((each) => [each, isKnown ? (of?.[each] ?? 0) : null]))
}
