'use client'
// The flags that a text would add, take away or change, each with its session.
import Link from 'next/link'
import { useState } from 'react'
import type { BacktestFlag } from '../../server/protocol/rule-view.ts'
import { tellingValue } from '../rules/flag-words.ts'
import { SeverityWord } from '../rules/rule-marks.tsx'
import { verdictChoices } from '../rules/verdict-words.ts'
import { sessionPath } from '../sessions/session-path.ts'
import { Button } from '../ui/button.tsx'
import { countText } from '../ui/format-quantity.ts'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { AgentMark } from '../ui/trust-badge.tsx'

const shownAtFirst = 10

type Line = { flag: BacktestFlag; before?: BacktestFlag | undefined }
/** `count`: of all, also of those that were not kept. */
type Props = { title: string; lines: readonly Line[]; count: number }

export function BacktestFlags({ title, lines, count }: Props) {
  const [all, setAll] = useState(false)
  if (count === 0) return null
  const shown = all ? lines : lines.slice(0, shownAtFirst)
  return (
    <div className="mt-3">
      <h3 className="text-sm text-muted">
        {title}: {countText(count)}
        {lines.length < count && `, of which the first ${countText(lines.length)} are kept`}
      </h3>
      <ul aria-label={title} className="mt-1 divide-y rounded-md border bg-panel">
        {shown.map(({ flag, before }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: what was found does not change; two may be alike
          <li key={index} className="px-2.5 py-1.5 text-sm">
            <span className="flex flex-wrap items-baseline gap-x-2.5">
              <span className="font-mono">{dateTimeText(flag.atMs)}</span>
              <span className="flex items-baseline gap-1">
                {before && (
                  <>
                    <SeverityWord severity={before.severity} />
                    <span className="text-muted" aria-hidden>
                      →
                    </span>
                    <span className="sr-only">becomes</span>
                  </>
                )}
                <SeverityWord severity={flag.severity} />
              </span>
              {flag.session === undefined ? (
                <span className="text-muted">no session</span>
              ) : (
                <Link
                  href={sessionPath(flag.session)}
                  prefetch={false}
                  className="min-w-0 truncate font-mono text-info underline-offset-2 hover:underline max-md:py-2"
                >
                  <HostileText text={flag.session} max={130} />
                </Link>
              )}
              {flag.verdict !== undefined && (
                <span className="text-muted">
                  judged: {verdictChoices.find(({ verdict }) => verdict === flag.verdict)?.word.toLowerCase()}
                </span>
              )}
            </span>
            <HostileText text={flag.title} max={200} className="block break-words" />
            {flag.matched.length > 0 && (
              <span className="flex min-w-0 items-baseline gap-1.5">
                <AgentMark />
                <HostileText
                  text={tellingValue(flag.matched.map(({ value }) => value))}
                  max={300}
                  className="min-w-0 break-all font-mono text-muted"
                />
              </span>
            )}
          </li>
        ))}
      </ul>
      {!all && lines.length > shownAtFirst && (
        <Button look="bare" className="mt-1 max-md:h-11" onClick={() => setAll(true)}>
          Show {countText(lines.length - shownAtFirst)} more
        </Button>
      )}
    </div>
  )
}
