'use client'
// What the rule said lately, newest first, and what it was: every judged flag counts into the rule's precision.
import { CircleCheck } from 'lucide-react'
import { useRef, useState } from 'react'
import { z } from 'zod'
import type { FlagVerdict } from '../../server/protocol/flag.ts'
import { FlagView } from '../../server/protocol/flag-view.ts'
import type { RuleView } from '../../server/protocol/rule-view.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { ProblemLine } from '../settings/section.tsx'
import { useListed } from '../settings/use-listed.ts'
import { useOperator } from '../shell/operator.tsx'
import { rowInFocus, useRowKeys } from '../shell/use-row-keys.ts'
import { useShortcuts } from '../shell/use-shortcuts.ts'
import { KeyCap } from '../ui/key-cap.tsx'
import { Notice } from '../ui/notice.tsx'
import type { TimeWindow } from '../ui/time-window.ts'
import { WindowNote } from '../ui/window-note.tsx'
import { FlagLine } from './flag-line.tsx'
import { nextVerdict, verdictChoices, whyNotResponder } from './verdict-words.ts'

const Flags = z.object({ flags: z.array(FlagView), nextBefore: z.number().nullable() })
const Done = z.object({ done: z.literal(true) })
const shownMax = 50
const againMs = 5_000
const spanShownMax = 300
const spanAgainMs = 60_000

type Props = {
  rule: RuleView
  /** Of this span, out of the log, instead of the newest. */
  window: TimeWindow | undefined
  onAnyTime: () => void
  onJudged: () => Promise<void>
}

export function RuleFlags({ rule, window, onAnyTime, onJudged }: Props) {
  const limit = String(window ? spanShownMax : shownMax)
  const span = window && { since: String(window.fromMs), until: String(window.toMs) }
  const path = `/api/flags?${new URLSearchParams({ rule: rule.id, limit, ...span })}`
  // What lies in the past does not change by the second, and is looked for in the log.
  const { value, problem, again } = useListed(path, Flags, true, window ? spanAgainMs : againMs)
  const why = whyNotResponder(useOperator()?.role, 'Judging a flag')
  const [busy, setBusy] = useState<string>()
  const [refused, setRefused] = useState<ApiProblem>()
  const list = useRef<HTMLUListElement>(null)
  const judge = async (flag: FlagView, verdict: FlagVerdict | null) => {
    setBusy(flag.id)
    const answer = await apiCall('POST', `/api/flags/${encodeURIComponent(flag.id)}/verdict`, Done, { verdict })
    setRefused(answer.problem)
    await Promise.all([again(), onJudged()])
    setBusy(undefined)
  }
  const judgeFocused = (pressed: FlagVerdict) => () => {
    const id = rowInFocus()?.closest<HTMLElement>('[data-flag]')?.dataset.flag
    const flag = value?.flags.find((each) => each.id === id)
    if (flag && why === undefined && busy === undefined) void judge(flag, nextVerdict(flag.verdict?.verdict, pressed))
  }
  useRowKeys({ list })
  useShortcuts(
    { t: judgeFocused('true'), f: judgeFocused('false'), d: judgeFocused('drill') },
    { d: 'Say of the flag that it was a drill; again to take it back' },
  )
  return (
    <section aria-labelledby="rule-flags" className="min-w-0">
      <div className="flex flex-wrap items-baseline gap-x-3 border-b px-4 py-2 max-md:px-3">
        <h2 id="rule-flags" className="font-medium">
          {window ? 'What fired then' : 'What fired lately'}
        </h2>
        {window && <WindowNote what="Raised" window={window} onClear={onAnyTime} />}
        {value && value.flags.length > 0 && (
          <span className="text-sm text-muted">
            {value.nextBefore === null ? value.flags.length : `the newest ${value.flags.length}`}
          </span>
        )}
        {why === undefined && value && value.flags.length > 0 && (
          <span className="ml-auto flex items-center gap-1 text-sm text-muted max-md:hidden">
            <KeyCap>j</KeyCap> <KeyCap>k</KeyCap> move
            {verdictChoices.map(({ key, word }) => (
              <span key={key} className="ml-1.5 flex items-center gap-1">
                <KeyCap>{key}</KeyCap> {word.toLowerCase()}
              </span>
            ))}
          </span>
        )}
      </div>
      {why !== undefined && <p className="border-b px-4 py-2 text-sm text-muted max-md:px-3">{why}</p>}
      {refused && (
        <div className="px-4 pb-2 max-md:px-3">
          <ProblemLine problem={refused} />
        </div>
      )}
      {!value && <NothingYet what="what fired" problem={problem} again={again} />}
      {value && <AskAgain problem={problem} again={again} />}
      {value?.flags.length === 0 && (
        <Notice icon={<CircleCheck aria-hidden />} title={window ? 'It did not fire then' : 'It has not fired'}>
          <p>
            {window
              ? 'The log has no flag of it in this span.'
              : rule.isEnabled
                ? 'It looks at everything that comes in. What it would have said of the last days can be tried out with a backtest in the editor.'
                : 'It is off: it raises no flag, whatever comes in.'}
          </p>
        </Notice>
      )}
      {value && value.flags.length > 0 && (
        <ul ref={list} aria-label="Flags">
          {value.flags.map((flag) => (
            <FlagLine
              key={flag.id}
              flag={flag}
              why={why}
              busy={busy === flag.id}
              onJudge={(...judged) => void judge(...judged)}
            />
          ))}
        </ul>
      )}
    </section>
  )
}
