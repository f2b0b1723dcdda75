// Why it is held: what rules say of it, and under each what of the agent's text they matched.
import { History } from 'lucide-react'
import Link from 'next/link'
import type { ApprovalView } from '../../server/protocol/approval.ts'
import type { ShapeHistory } from '../../server/protocol/approval-reading.ts'
import { useNow } from '../live/use-now.ts'
import { rulePath } from '../rules/rule-path.ts'
import { classNames } from '../ui/class-names.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { AgentMark } from '../ui/trust-badge.tsx'
import { historyWords } from './history-words.ts'
import { SeverityMark } from './severity-mark.tsx'

type Props = {
  approval: ApprovalView
  /** How others of its shape were decided. */
  before?: ShapeHistory | undefined
  brief?: boolean
}

/** `brief`: without what of the text was matched; the action above has it marked. */
export function HeldReasons({ approval: { heldFor, policy, people }, before, brief = false }: Props) {
  // Where nothing else is said of it, the policy's own words are the reason.
  const isPolicyAlone = heldFor.length === 0
  return (
    <section aria-label="Why it is held" className="rounded-lg border bg-panel">
      <h3 className={classNames('border-b text-sm text-muted max-md:px-3', brief ? 'px-3 py-1.5' : 'px-4 py-2')}>
        Why it is held
      </h3>
      <ul className="divide-y">
        {heldFor.map(({ title, rule, severity, matched }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: reasons have no identity beyond their place, and never change
          <li key={index} className={classNames('max-md:px-3', brief ? 'px-3 py-1.5' : 'px-4 py-2.5')}>
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <HostileText text={title} max={512} className="min-w-0 break-words" />
              <SeverityMark severity={severity} />
              {rule !== undefined && (
                <Link
                  href={rulePath(rule)}
                  title={rule}
                  className="ml-auto text-sm text-info underline underline-offset-2"
                >
                  Rule
                </Link>
              )}
            </div>
            {!brief && matched.length > 0 && (
              <dl className="mt-1.5 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1 border-l-2 pl-3 text-sm">
                {matched.map(({ field, value }, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: as above
                  <div key={at} className="contents">
                    <dt className="text-muted">
                      <HostileText text={field} max={64} />
                    </dt>
                    <dd className="flex min-w-0 items-baseline gap-1.5">
                      <AgentMark />
                      <HostileText text={value} max={512} className="min-w-0 break-all font-mono" />
                    </dd>
                  </div>
                ))}
              </dl>
            )}
          </li>
        ))}
        {(!brief || isPolicyAlone) && (
          <li className="px-4 py-2.5 text-muted max-md:px-3">
            The policy holds it: <span className="text-ink">{policy}</span>
            {people === 2 && <> · two different people must allow it</>}
          </li>
        )}
        {before && (!brief || before.asked > 0) && <BeforeLine before={before} brief={brief} />}
      </ul>
    </section>
  )
}

function BeforeLine({ before, brief }: { before: ShapeHistory; brief: boolean }) {
  const { text, by, ago } = historyWords(before, useNow(60_000))
  return (
    <li className={classNames('flex items-start gap-2 text-muted max-md:px-3', brief ? 'px-3 py-1.5' : 'px-4 py-2.5')}>
      <History aria-hidden className="mt-0.5 size-3.5 shrink-0" />
      <span className="min-w-0">
        {text}
        {by !== undefined && (
          <>
            {' '}
            by <HostileText text={by} max={60} className="break-words" />
          </>
        )}
        {ago}
      </span>
    </li>
  )
}
