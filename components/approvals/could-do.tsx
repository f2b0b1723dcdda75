// What it could do if it ran, in a few facts. The verbs and notes are ours; what stands between them is the agent's text.
import { CircleQuestionMark, Dot, TriangleAlert } from 'lucide-react'
import type { ApprovalReading } from '../../server/protocol/approval-reading.ts'
import type { ApiProblem } from '../settings/api-call.ts'
import { ProblemLine } from '../settings/section.tsx'
import { classNames } from '../ui/class-names.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { type CouldTone, couldWords } from './could-words.ts'

const toneText: Readonly<Record<CouldTone, string>> = {
  critical: 'text-critical',
  warn: 'text-warn',
  quiet: 'text-muted',
}

type Props = {
  reading: ApprovalReading | undefined
  problem: ApiProblem | undefined
  title: string
  /** So many lines; the rest is counted. */
  max?: number
  /** A line for each fact: the whole text of the action stands above. */
  brief?: boolean
}

export function CouldDoPanel({ reading, problem, title, max = 32, brief = false }: Props) {
  const shown = reading?.could.slice(0, max) ?? []
  const more = reading === undefined ? 0 : reading.could.length - shown.length + reading.moreCould
  return (
    <section aria-label={title} className="min-w-0 rounded-lg border bg-panel">
      <h3 className={classNames('border-b text-sm text-muted max-md:px-3', brief ? 'px-3 py-1.5' : 'px-4 py-2')}>
        {title}
      </h3>
      <div className={classNames('max-md:px-3', brief ? 'px-3 py-1.5' : 'px-4 py-2.5')}>
        <ProblemLine problem={problem} />
        {reading === undefined && !problem && <p className="text-muted">Reading it…</p>}
        {reading?.could.length === 0 && (
          <p className="text-muted">Nothing of note is seen in its words. That is no promise that nothing happens.</p>
        )}
        <ul className={classNames('grid grid-cols-[minmax(0,1fr)]', brief ? 'gap-0.5' : 'gap-1.5')}>
          {shown.map((each, index) => {
            const { verb, what, rest, tone } = couldWords(each)
            const Icon = each.does === 'cannot-tell' ? CircleQuestionMark : tone === 'quiet' ? Dot : TriangleAlert
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: facts have no identity beyond their place
              <li key={index} className="flex min-w-0 items-start gap-2">
                <Icon aria-hidden className={`mt-0.5 size-3.5 shrink-0 ${toneText[tone]}`} />
                <span className={classNames('min-w-0', brief ? 'truncate' : 'break-words')}>
                  {verb}{' '}
                  {what !== undefined && (
                    <HostileText
                      text={what}
                      max={300}
                      className={classNames('font-mono text-sm text-ink', !brief && 'break-all')}
                    />
                  )}
                  {rest !== '' && <span className="text-muted">{what === undefined ? `: ${rest}` : ` · ${rest}`}</span>}
                </span>
              </li>
            )
          })}
        </ul>
        {more > 0 && <p className="mt-1.5 text-muted">and {more} more</p>}
      </div>
    </section>
  )
}
