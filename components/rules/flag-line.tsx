'use client'
// One flag of the rule: when, in which session, what matched (the agent's words), and what people say of it.
import { Check, CircleAlert } from 'lucide-react'
import Link from 'next/link'
import type { FlagVerdict } from '../../server/protocol/flag.ts'
import type { FlagView } from '../../server/protocol/flag-view.ts'
import { sessionPath } from '../sessions/session-path.ts'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { TrustBadge } from '../ui/trust-badge.tsx'
import { SeverityWord } from './rule-marks.tsx'
import { nextVerdict, saidText, verdictChoices } from './verdict-words.ts'

const matchedShown = 6

type Props = {
  flag: FlagView
  /** Why this operator cannot judge. */
  why: string | undefined
  busy: boolean
  onJudge: (flag: FlagView, verdict: FlagVerdict | null) => void
}

export function FlagLine({ flag, why, busy, onJudge }: Props) {
  const { session, verdict } = flag
  const path = session === undefined ? undefined : `${sessionPath(session)}?event=${flag.seq}`
  return (
    <li data-flag={flag.id} className="border-b px-4 py-2.5 has-[[data-row]:focus]:bg-panel max-md:px-3">
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: j and k land here; t, f and d judge what has the focus */}
        <h3 data-row tabIndex={0} className="rounded-sm font-mono text-sm font-normal outline-offset-2">
          <time dateTime={new Date(flag.atMs).toISOString()}>{dateTimeText(flag.atMs)}</time>
        </h3>
        <SeverityWord severity={flag.severity} className="text-sm" />
        {flag.ruleSeverity !== undefined && flag.ruleSeverity !== flag.severity && (
          <span className="text-sm text-muted">the rule says {flag.ruleSeverity}</span>
        )}
        {path === undefined ? (
          <span className="text-muted">no session</span>
        ) : (
          <Link
            href={path}
            prefetch={false}
            className="min-w-0 truncate font-mono text-sm text-info underline-offset-2 hover:underline max-md:py-2"
          >
            <HostileText text={session ?? ''} max={130} />
          </Link>
        )}
        {flag.call !== undefined && (
          <span className="min-w-0 truncate text-sm text-muted">
            call <HostileText text={flag.call} max={64} className="font-mono" />
          </span>
        )}
        {flag.host !== undefined && <HostileText text={flag.host} max={80} className="font-mono text-sm text-muted" />}
      </div>
      {flag.notFully !== undefined && (
        <p className="mt-1 flex items-start gap-1.5 text-sm text-warn">
          <CircleAlert aria-hidden className="mt-0.5 size-3 shrink-0" />
          <span className="min-w-0 break-words">
            Not fully parsed: <HostileText text={flag.notFully} max={300} />
          </span>
        </p>
      )}
      {flag.matched.length > 0 && (
        <div className="mt-1.5 rounded-md border bg-panel px-2.5 py-1.5">
          <p className="mb-0.5 flex items-center gap-2 text-xs text-muted">
            What matched <TrustBadge trust="agent" />
          </p>
          <dl>
            {flag.matched.slice(0, matchedShown).map((each, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a flag does not change; a field may match twice
              <div key={index} className="flex min-w-0 gap-3 max-md:block">
                <dt className="w-36 shrink-0 truncate text-sm text-muted max-md:w-auto">
                  <HostileText text={each.field} max={64} />
                </dt>
                <dd className="min-w-0">
                  <HostileText text={each.value} max={1_000} multiline className="font-mono text-sm" />
                </dd>
              </div>
            ))}
          </dl>
          {flag.matched.length > matchedShown && (
            <p className="text-xs text-muted">and {flag.matched.length - matchedShown} more on the session’s page</p>
          )}
        </div>
      )}
      {flag.context.length > 0 && (
        <p className="mt-1 text-sm text-muted">
          <span className="sr-only">Context: </span>
          {flag.context.map((words, index) => (
            <span key={words}>
              {index > 0 && ' · '}
              <HostileText text={words} max={200} />
            </span>
          ))}
        </p>
      )}
      <div className="mt-1.5 flex flex-wrap items-center gap-x-3 gap-y-1.5">
        {/* biome-ignore lint/a11y/useSemanticElements: a row of toggles, not a form's fieldset */}
        <div role="group" aria-label="What it was" className="flex gap-1 max-md:w-full max-md:[&>button]:flex-1">
          {verdictChoices.map((choice) => {
            const on = verdict?.verdict === choice.verdict
            return (
              <Button
                key={choice.verdict}
                look={why !== undefined && !on ? 'off' : on ? 'control' : 'quiet'}
                aria-pressed={on}
                aria-disabled={why !== undefined || busy}
                aria-keyshortcuts={choice.key}
                title={why ?? `${choice.means} (${choice.key})${on ? '; press again to take it back' : ''}`}
                className={classNames('h-6 max-md:h-11', on && 'border-faint')}
                onClick={() =>
                  why === undefined && !busy && onJudge(flag, nextVerdict(verdict?.verdict, choice.verdict))
                }
              >
                {on && <Check aria-hidden />}
                {choice.word}
              </Button>
            )
          })}
        </div>
        {verdict && (
          <HostileText text={saidText(verdict)} max={300} className="min-w-0 break-words text-sm text-muted" />
        )}
      </div>
    </li>
  )
}
