'use client'
// Where the rule stays silent: what, why, who said so and until when. What is over stays to be read, dimmed.
import { Plus } from 'lucide-react'
import { parseAsString, useQueryState } from 'nuqs'
import { useState } from 'react'
import { type ExceptionCondition, RuleDetailView, type RuleExceptionView } from '../../server/protocol/rule-view.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { ProblemLine } from '../settings/section.tsx'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { ageText, dateTimeText } from '../ui/format-time.ts'
import { HoldToAct } from '../ui/hold-to-act.tsx'
import { HostileText } from '../ui/hostile-text.tsx'
import { ExceptionForm } from './exception-form.tsx'
import { conditionParts, inForceFirst } from './exception-words.ts'
import { ProposedException } from './proposed-exception.tsx'

type Props = {
  detail: RuleDetailView
  now: number
  why: string | undefined
  onChanged: (detail: RuleDetailView) => void
}

export function RuleExceptions({ detail, now, why, onChanged }: Props) {
  const [adding, setAdding] = useState(false)
  // Noise of long ago is known to the log alone: who comes for it says so.
  const [tune] = useQueryState('tune', parseAsString)
  const [start, setStart] = useState<readonly ExceptionCondition[]>()
  const close = () => {
    setAdding(false)
    setStart(undefined)
  }
  const { rule, exceptions } = detail
  return (
    <section aria-labelledby="rule-exceptions" className="px-4 py-3 max-md:px-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 id="rule-exceptions" className="font-medium">
          Exceptions
        </h2>
        {why === undefined && !adding && (
          <Button className="max-md:h-11" onClick={() => setAdding(true)}>
            <Plus aria-hidden /> Add an exception
          </Button>
        )}
      </div>
      <p className="mt-1 text-pretty text-sm text-muted">
        {exceptions.length === 0 && 'None: it speaks up wherever it sees it. '}
        Where one holds, what would page is kept as a note, and milder flags are not raised.
      </p>
      {adding && (
        <ExceptionForm
          key={JSON.stringify(start)}
          rule={rule.id}
          now={now}
          start={start}
          onCancel={close}
          onAdded={(changed) => {
            close()
            onChanged(changed)
          }}
        />
      )}
      {exceptions.length > 0 && (
        <ul aria-label="Exceptions" className="mt-2 divide-y rounded-lg border bg-panel">
          {inForceFirst(exceptions, now).map(({ exception, isOver }) => (
            <Line
              key={exception.id}
              rule={rule.id}
              exception={exception}
              isOver={isOver}
              now={now}
              why={why}
              onChanged={onChanged}
            />
          ))}
        </ul>
      )}
      {(rule.verdicts.false > 0 || tune === 'yes') && (
        <ProposedException
          rule={rule}
          onUse={
            why === undefined
              ? (when) => {
                  setStart(when)
                  setAdding(true)
                }
              : undefined
          }
        />
      )}
    </section>
  )
}

type LineProps = Omit<Props, 'detail'> & { rule: string; exception: RuleExceptionView; isOver: boolean }

function Line({ rule, exception, isOver, now, why, onChanged }: LineProps) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const remove = async () => {
    setBusy(true)
    const path = `/api/rules/${encodeURIComponent(rule)}/exceptions/${encodeURIComponent(exception.id)}`
    const answer = await apiCall('DELETE', path, RuleDetailView)
    setBusy(false)
    setProblem(answer.problem)
    if (answer.value) onChanged(answer.value)
  }
  return (
    <li className={classNames('px-3 py-2', isOver && 'text-muted')}>
      <ul>
        {exception.when.map((condition) => {
          const { field, how, value } = conditionParts(condition)
          return (
            <li key={`${field} ${how} ${value}`} className="min-w-0 break-words">
              <span className="font-mono text-sm">{field}</span> <span className="text-muted">{how}</span>{' '}
              <HostileText text={value} max={512} className="break-all font-mono text-sm" />
            </li>
          )
        })}
      </ul>
      <p className="mt-0.5 text-pretty break-words">
        <HostileText text={exception.why} max={200} />
      </p>
      <p className="mt-0.5 text-sm text-muted">
        <HostileText text={exception.by} max={80} />, {dateTimeText(exception.atMs)} ·{' '}
        <span title={dateTimeText(exception.expiresAtMs)}>
          {isOver
            ? `over since ${dateTimeText(exception.expiresAtMs)}`
            : `ends in ${ageText(exception.expiresAtMs - now)}`}
        </span>
      </p>
      {why === undefined && !isOver && (
        <HoldToAct
          look="quiet"
          busy={busy}
          about={exception.id}
          label={`Hold to remove the exception: ${exception.when.map(({ field }) => field).join(', ')}`}
          className="mt-1.5 max-md:h-11"
          onHeld={() => void remove()}
        >
          Hold to remove
        </HoldToAct>
      )}
      <ProblemLine problem={problem} />
    </li>
  )
}
