'use client'
// What the noise of a rule has in common, as an exception that somebody may take over: tried on the log first, and never in force by itself.
import { FilterX } from 'lucide-react'
import { useState } from 'react'
import { ProposalView } from '../../server/protocol/proposal-view.ts'
import type { ExceptionCondition, RuleView } from '../../server/protocol/rule-view.ts'
import { BacktestPanel } from '../rule-editor/backtest-panel.tsx'
import { useBacktest } from '../rule-editor/use-backtest.ts'
import { AskAgain } from '../settings/asked.tsx'
import { useListed } from '../settings/use-listed.ts'
import { useOperator } from '../shell/operator.tsx'
import { Button } from '../ui/button.tsx'
import { HostileText } from '../ui/hostile-text.tsx'
import { conditionParts } from './exception-words.ts'
import { coverText, noProposalText, quietedText } from './proposal-words.ts'
import { whyNotResponder } from './verdict-words.ts'

const againMs = 60_000
const defaultHours = 168

type Props = {
  rule: RuleView
  /** Undefined: this operator cannot add one. */
  onUse: ((when: readonly ExceptionCondition[]) => void) | undefined
}

export function ProposedException({ rule, onUse }: Props) {
  const path = `/api/rules/${encodeURIComponent(rule.id)}/proposal`
  const { value, problem, again } = useListed(path, ProposalView, true, againMs)
  if (!value) return <AskAgain problem={problem} again={again} />
  const { proposal } = value
  return (
    <section aria-labelledby="rule-proposal" className="mt-3 rounded-lg border bg-panel">
      <div className="px-3 py-2">
        <h3 id="rule-proposal" className="flex items-center gap-1.5 font-medium">
          <FilterX aria-hidden className="size-3.5" /> Proposed from what was noise
        </h3>
        {proposal ? (
          <>
            <ul aria-label="Where all of this holds" className="mt-1">
              {proposal.when.map((condition) => {
                const { field, how, value: text } = conditionParts(condition)
                return (
                  <li key={`${field} ${how}`} className="min-w-0 break-words">
                    <span className="font-mono text-sm">{field}</span> <span className="text-muted">{how}</span>{' '}
                    <HostileText text={text} max={512} className="break-all font-mono text-sm" />
                  </li>
                )
              })}
            </ul>
            <p className="mt-1 text-pretty text-sm text-muted">{coverText(value)}</p>
            {proposal.isImitable && (
              <p className="mt-1 text-pretty text-sm text-warn">
                All of it is what agents write: one that does the same would not be seen. Add what a host or a trainer
                says, such as the run.
              </p>
            )}
            {onUse && (
              <Button className="mt-2 max-md:h-11" onClick={() => onUse(proposal.when)}>
                Fill in the form with it
              </Button>
            )}
          </>
        ) : (
          <p className="mt-1 text-pretty text-sm text-muted">{noProposalText(value)}</p>
        )}
      </div>
      {proposal && <Tried key={JSON.stringify(proposal.when)} rule={rule} when={proposal.when} />}
    </section>
  )
}

function Tried({ rule, when }: { rule: RuleView; when: readonly ExceptionCondition[] }) {
  const [id, setId] = useState<string | null>(null)
  const [hours, setHours] = useState(defaultHours)
  const backtest = useBacktest({ id, onStarted: setId })
  const why = whyNotResponder(useOperator()?.role, 'A backtest')
  const text = JSON.stringify(when)
  const quieted = backtest.test && quietedText(backtest.test)
  const run = () => {
    if (why !== undefined || backtest.starting || backtest.test?.state === 'running') return
    void backtest.run({ when, hours }, text, `/api/rules/${encodeURIComponent(rule.id)}/exceptions/backtest`)
  }
  return (
    <div className="border-t [&>section]:border-b-0 [&>section]:px-3">
      <BacktestPanel
        subject="this exception"
        backtest={backtest}
        text={text}
        hours={hours}
        onHours={setHours}
        why={why}
        onRun={run}
        id={id}
        hint="What would page becomes a note, milder flags are gone."
      />
      {quieted !== undefined && <p className="px-3 pb-3 text-sm text-warn">{quieted}</p>}
    </div>
  )
}
