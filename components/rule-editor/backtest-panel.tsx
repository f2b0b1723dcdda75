'use client'
// What the text would have said of the log, beside what runs now: asked for, watched, and read flag by flag.
import { FlaskConical, X } from 'lucide-react'
import { useId } from 'react'
import type { BacktestView } from '../../server/protocol/rule-view.ts'
import { ProblemLine } from '../settings/section.tsx'
import { Button } from '../ui/button.tsx'
import { countText } from '../ui/format-quantity.ts'
import { BacktestFlags } from './backtest-flags.tsx'
import {
  changeText,
  differenceOf,
  hoursChoices,
  lostText,
  outcomeText,
  progressShare,
  progressText,
  sides,
} from './backtest-words.ts'
import type { useBacktest } from './use-backtest.ts'

type Props = {
  /** What is tried; "this text" unless said. */
  subject?: string
  backtest: ReturnType<typeof useBacktest>
  text: string
  hours: number
  onHours: (hours: number) => void
  /** Why it cannot be run. */
  why: string | undefined
  onRun: () => void
  id: string | null
  /** What the words mean for this text. */
  hint: string | undefined
}

export function BacktestPanel({ subject = 'this text', backtest, text, hours, onHours, why, onRun, id, hint }: Props) {
  const { test, problem, starting, cancel, ofText } = backtest
  const title = useId()
  const running = test?.state === 'running'
  return (
    <section aria-labelledby={title} className="border-b px-4 py-3 max-md:px-3">
      <h2 id={title} className="font-medium">
        Backtest
      </h2>
      <p className="mt-0.5 text-pretty text-sm text-muted">
        What would have been said of the log with {subject}, beside what runs now. Nothing is changed by it. {hint}
      </p>
      <div className="mt-2 flex flex-wrap items-center gap-2 max-md:[&_button]:h-11">
        {/* biome-ignore lint/a11y/useSemanticElements: a row of toggles, not a form's fieldset */}
        <div role="group" aria-label="How much of the log" className="flex rounded-md border">
          {hoursChoices.map((each) => (
            <button
              key={each.hours}
              type="button"
              aria-pressed={hours === each.hours}
              onClick={() => onHours(each.hours)}
              className={
                hours === each.hours
                  ? 'h-7 rounded-md bg-raised px-2.5 text-sm text-ink'
                  : 'h-7 rounded-md px-2.5 text-sm text-muted hover:text-ink'
              }
            >
              {each.word}
            </button>
          ))}
        </div>
        <Button
          aria-disabled={why !== undefined || starting || running}
          look={why === undefined ? 'control' : 'off'}
          title={why ?? 'Ctrl or ⌘ and Enter'}
          onClick={onRun}
        >
          <FlaskConical aria-hidden /> {starting ? 'Asking…' : running ? 'Running' : 'Run'}
        </Button>
        {running && (
          <Button look="quiet" onClick={() => void cancel()}>
            <X aria-hidden /> Cancel
          </Button>
        )}
      </div>
      {why !== undefined && <p className="mt-1 text-sm text-muted">{why}</p>}
      {problem?.status === 404 && id !== null ? (
        <p className="mt-2 text-sm text-muted" role="status">
          The backtest of this link is not kept any more: run it again.
        </p>
      ) : (
        <ProblemLine problem={problem} />
      )}
      {running && <Progress test={test} />}
      {test && !running && <Outcome subject={subject} test={test} isOlder={ofText !== undefined && ofText !== text} />}
    </section>
  )
}

function Progress({ test }: { test: BacktestView }) {
  const share = progressShare(test)
  return (
    <div className="mt-3">
      <div
        role="progressbar"
        aria-label="Backtest"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        aria-valuetext={progressText(test)}
        className="h-1.5 overflow-hidden rounded-full bg-raised"
      >
        <div className="h-full bg-info" style={{ width: `${share * 100}%` }} />
      </div>
      <p className="mt-1 text-sm text-muted">{progressText(test)}</p>
    </div>
  )
}

function Outcome({ subject, test, isOlder }: { subject: string; test: BacktestView; isOlder: boolean }) {
  if (test.state === 'failed') {
    return <ProblemLine problem={{ title: 'The backtest failed', detail: test.problem ?? 'Run it again.' }} />
  }
  const lost = lostText(test)
  const { shifted, appeared, disappeared } = differenceOf(test)
  return (
    <div className="mt-3">
      <p role="status" className="text-pretty">
        {test.state === 'cancelled'
          ? `Cancelled: what follows is of ${progressText(test)}.`
          : outcomeText(test, subject)}
      </p>
      {isOlder && <p className="mt-0.5 text-sm text-warn">The text was changed since: run it again for this one.</p>}
      {lost !== undefined && <p className="mt-0.5 text-sm text-warn">{lost}</p>}
      <table className="mt-2 w-full text-sm">
        <thead className="text-left text-xs text-muted">
          <tr>
            <td />
            <th className="font-normal">Now</th>
            <th className="font-normal">With {subject}</th>
            <th className="font-normal">Change</th>
          </tr>
        </thead>
        <tbody>
          {sides.map((side) => (
            <tr key={side} className="border-t">
              <th scope="row" className="py-0.5 text-left font-normal text-muted">
                {side}
              </th>
              <td className="font-mono">{countText(test.current[side])}</td>
              <td className="font-mono">{countText(test.edited[side])}</td>
              <td className="font-mono">{changeText(test.current[side], test.edited[side])}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <BacktestFlags
        title="Would be new"
        lines={appeared.map((flag) => ({ flag }))}
        count={test.appearedCount - shifted.length}
      />
      <BacktestFlags
        title="Would be gone"
        lines={disappeared.map((flag) => ({ flag }))}
        count={test.disappearedCount - shifted.length}
      />
      <BacktestFlags
        title="Would be of another severity"
        lines={shifted.map(({ from, to }) => ({ flag: to, before: from }))}
        count={shifted.length}
      />
    </div>
  )
}
