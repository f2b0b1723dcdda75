'use client'
// What the text would be if it were saved: the rules found in it, its mistakes with their places, and its examples played.
import { CircleAlert, CircleCheck, CircleHelp, TriangleAlert } from 'lucide-react'
import type { RuleProblemView } from '../../server/protocol/rule-view.ts'
import { SeverityWord } from '../rules/rule-marks.tsx'
import { ProblemLine } from '../settings/section.tsx'
import { classNames } from '../ui/class-names.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { blocking, examplesText, expectWords, type Purpose, verdictText } from './check-words.ts'
import type { Check } from './use-check.ts'

type Props = {
  id: string
  check: Check
  /** Where the text is no text of rules. */
  purpose: Purpose | undefined
  onGo: (line: number, column: number) => void
}

export function CheckPanel({ id, check, purpose, onGo }: Props) {
  const { found, problem, asking } = check
  const wrong = found ? blocking(found.problems).length > 0 : false
  return (
    <section aria-labelledby={`${id}-title`} className="border-b px-4 py-3 max-md:px-3">
      <h2 id={`${id}-title`} className="flex items-baseline gap-2 font-medium">
        What it is
        {asking && <span className="text-sm font-normal text-muted">checking</span>}
      </h2>
      <ProblemLine problem={problem} />
      <p id={id} role="status" className="mt-1 flex items-start gap-1.5">
        {found && (
          <>
            {wrong ? (
              <TriangleAlert aria-hidden className="mt-0.5 size-3.5 shrink-0 text-critical" />
            ) : (
              <CircleCheck aria-hidden className="mt-0.5 size-3.5 shrink-0 text-ok" />
            )}
            {verdictText(found, purpose)}
          </>
        )}
      </p>
      {found && (
        <div className={classNames('mt-1.5 grid gap-2.5', asking && 'opacity-60')}>
          <Problems problems={found.problems} onGo={onGo} />
          {found.rules.length > 0 && (
            <ul aria-label="Rules found">
              {found.rules.map((rule) => (
                <li key={rule.id} className="border-t py-1 first:border-t-0">
                  <span className="flex items-baseline gap-2">
                    <HostileText text={rule.title} max={200} className="min-w-0 flex-1 break-words" />
                    <SeverityWord severity={rule.severity} className="text-sm" />
                  </span>
                  <span className="block break-words text-sm text-muted">
                    {rule.kind}, looks at <HostileText text={rule.looksAt} max={200} />
                  </span>
                </li>
              ))}
            </ul>
          )}
          {!purpose && <Examples check={found} />}
        </div>
      )}
    </section>
  )
}

function Problems({ problems, onGo }: { problems: readonly RuleProblemView[]; onGo: Props['onGo'] }) {
  if (problems.length === 0) return null
  return (
    <ul aria-label="Mistakes" className="text-sm">
      {problems.map((problem) => {
        const { line, column, rule, message, construct } = problem
        const Icon = construct === undefined ? CircleAlert : CircleHelp
        return (
          <li key={`${line} ${column} ${message}`}>
            <button
              type="button"
              onClick={() => onGo(line, column)}
              className="flex w-full items-start gap-1.5 rounded-sm py-0.5 text-left hover:bg-raised max-md:min-h-11"
            >
              <Icon
                aria-hidden
                className={classNames(
                  'mt-0.5 size-3 shrink-0',
                  construct === undefined ? 'text-critical' : 'text-warn',
                )}
              />
              <span className="min-w-0 break-words">
                <span className="font-mono text-info">
                  <span className="sr-only">line </span>
                  {line}:{column}
                </span>{' '}
                {rule !== undefined && <HostileText text={`${rule}: `} max={120} className="text-muted" />}
                {construct !== undefined && (
                  <HostileText text={`not supported here, ${construct}: `} max={160} className="text-warn" />
                )}
                <HostileText text={message} max={500} />
              </span>
            </button>
          </li>
        )
      })}
    </ul>
  )
}

function Examples({ check }: { check: NonNullable<Check['found']> }) {
  const words = examplesText(check)
  if (words === undefined) {
    return check.rules.length === 0 ? null : (
      <p className="text-pretty text-sm text-muted">
        No examples in it. Under <code className="font-mono">vigil: examples:</code> commands that should fire and
        should stay silent are played at every check.
      </p>
    )
  }
  const wrong = check.examples.filter(({ isAsExpected }) => !isAsExpected)
  return (
    <div className="text-sm">
      <p className="flex items-center gap-1.5">
        {wrong.length > 0 ? (
          <TriangleAlert aria-hidden className="size-3 shrink-0 text-warn" />
        ) : (
          <CircleCheck aria-hidden className="size-3 shrink-0 text-ok" />
        )}
        {words}
      </p>
      {wrong.length > 0 && (
        <ul aria-label="Examples that did otherwise" className="mt-1 grid gap-1">
          {wrong.map((example) => (
            <li
              key={`${example.rule} ${example.expects} ${example.text}`}
              className="rounded-md border bg-panel px-2 py-1"
            >
              <HostileText text={example.text} max={300} className="break-all font-mono" />
              <span className="block text-warn">
                {expectWords[example.expects]}
                {example.instead !== undefined && <HostileText text={`: ${example.instead}`} max={200} />}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
