'use client'
// One fact whole: why it is tied to a call, or that it is not, and every field of it as the log has it. All of it is quoted, and hostile.
import Link from 'next/link'
import type { EventView } from '../../server/protocol/browser-messages.ts'
import type { TieView } from '../../server/protocol/signal-view.ts'
import { AttributionDetail } from '../session/attribution-detail.tsx'
import { sessionPath } from '../sessions/session-path.ts'
import type { ApiProblem } from '../settings/api-call.ts'
import { AskAgain } from '../settings/asked.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { Part } from '../ui/fact-list.tsx'
import { plural } from '../ui/format-quantity.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { trustSentence } from '../ui/trust-badge.tsx'
import { fieldsOf } from './fact-fields.ts'
import type { useAttribution } from './use-attribution.ts'

/** A payload fills no screen; the whole is in the copy. */
const valueMax = 800

type Props = {
  detail: {
    value?: { event: EventView; tie?: TieView | undefined } | undefined
    problem: ApiProblem | undefined
    again: () => Promise<void>
  }
  tie: TieView | undefined
  attribution: ReturnType<typeof useAttribution>
}

export function SignalDetail({ detail, tie, attribution }: Props) {
  const { value, problem, again } = detail
  return (
    <div className="grid gap-x-8 gap-y-4 border-t bg-panel px-4 py-3 max-md:px-3 lg:grid-cols-2 xl:pl-[38px]">
      <Part heading="h2" title="Tied to">
        {tie ? (
          <Tied tie={tie} attribution={attribution} />
        ) : (
          <p className="text-muted">
            {value
              ? 'Nothing. The evidence does not point to one session more than to others, and no tie is better than a wrong one. More facts may still decide it.'
              : 'Asking'}
          </p>
        )}
      </Part>
      <Part heading="h2" title="The fact as it is in the log">
        {problem && <AskAgain problem={problem} again={again} className="px-0 max-md:px-0" />}
        {value ? <Fields event={value.event} /> : !problem && <p className="text-muted">Asking</p>}
      </Part>
    </div>
  )
}

function Tied({ tie, attribution }: { tie: TieView; attribution: Props['attribution'] }) {
  const { event, problem, asking, again } = attribution
  const path = sessionPath(tie.session)
  return (
    <>
      <p className="mb-2 flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <Link
          href={event ? `${path}?event=${event.seq}` : path}
          prefetch={false}
          className="min-w-0 break-all text-info underline-offset-2 hover:underline max-md:py-2.5"
        >
          Session <HostileText text={tie.session} max={130} className="font-mono text-sm" />
        </Link>
        {asking && <span className="text-muted">Asking for the evidence</span>}
      </p>
      {problem && <AskAgain problem={problem} again={again} className="px-0 max-md:px-0" />}
      {event && (
        <div className="overflow-hidden rounded-md border [&>div]:border-t-0">
          <AttributionDetail event={event} replaced={false} />
        </div>
      )}
    </>
  )
}

function Fields({ event }: { event: EventView }) {
  const { fields, more } = fieldsOf(event)
  return (
    <>
      <div className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1">
        <p className={event.trust === 'agent' ? 'text-sm text-warn' : 'text-sm text-muted'}>
          {trustSentence[event.trust]}; its texts are those of whoever caused it
        </p>
        <CopyButton text={JSON.stringify(event, null, 2)} label="the fact as JSON" className="ml-auto max-md:h-11" />
      </div>
      <dl className="grid text-sm md:grid-cols-[minmax(110px,max-content)_minmax(0,1fr)] md:gap-x-4">
        {fields.map((field, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a fact does not change; a hostile record may hold a name twice
          <div key={index} className="border-t py-0.5 first:border-t-0 md:col-span-2 md:grid md:grid-cols-subgrid">
            <dt className="min-w-0 break-words text-muted md:max-w-56">
              <HostileText text={field.name} max={160} className="font-mono text-xs" />
            </dt>
            <dd className="min-w-0 whitespace-pre-wrap break-words [overflow-wrap:anywhere]">
              <HostileText text={field.value} max={valueMax} className="font-mono" />
              {field.time !== undefined && <span className="text-muted"> {field.time}</span>}
            </dd>
          </div>
        ))}
      </dl>
      {more > 0 && <p className="mt-1 text-sm text-muted">and {plural(more, 'field')} more: copy it to see them.</p>}
    </>
  )
}
