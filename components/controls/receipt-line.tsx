'use client'
// A receipt as a line of steps: what was observed, and hollow, with a growing age, what was not.
import { CircleAlert, CircleCheck, CircleDashed, CircleSlash } from 'lucide-react'
import type { ControlView } from '../../server/protocol/control-views.ts'
import { useNow } from '../live/use-now.ts'
import { classNames } from '../ui/class-names.ts'
import { plural } from '../ui/format-quantity.ts'
import { ageText, offsetText, preciseClockText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { textOfTone } from './control-notice.tsx'
import type { Tone } from './control-wording.ts'
import { failureSentence, isAwaiting, proofOf, type ReceiptStep, receiptSteps, receiptTone } from './receipt-steps.ts'

export type Receipt = { steps: ReceiptStep[]; tone: Tone; nowMs: number }

/** Ticks only while something has a growing age. */
export function useReceipt(control: ControlView, isStanding: boolean): Receipt {
  const still = receiptSteps(control, 0, isStanding)
  const nowMs = useNow(isAwaiting(still, control) ? 250 : undefined)
  const steps = receiptSteps(control, nowMs, isStanding)
  return { steps, tone: receiptTone(steps, control), nowMs }
}

export function ReceiptLine({ control, receipt }: { control: ControlView; receipt: Receipt }) {
  return (
    <ol aria-label="Steps" className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1 text-sm">
      {receipt.steps.map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a step may repeat; its place is its identity
        <li key={index} className="flex min-w-0 items-center gap-1.5">
          {index > 0 && <span aria-hidden className="mr-0.5 h-px w-3 shrink-0 bg-line-strong max-md:hidden" />}
          {step.state === 'awaited' ? (
            <AwaitedStep step={step} nowMs={receipt.nowMs} />
          ) : (
            <ToldStep step={step} first={index === 0} control={control} />
          )}
        </li>
      ))}
    </ol>
  )
}

function ToldStep({
  step,
  first,
  control,
}: {
  step: Extract<ReceiptStep, { atMs: number }>
  first: boolean
  control: ControlView
}) {
  const bad = step.state === 'bad'
  const from = step.observedFrom === undefined ? '' : `, read from ${visibleText(step.observedFrom, { max: 200 })}`
  return (
    <span
      className="flex min-w-0 items-center gap-1.5"
      title={`${visibleText(step.detail, { max: 300 })}${from} · ${step.clock}’s clock`}
    >
      {bad ? (
        <CircleAlert aria-hidden className="size-3.5 shrink-0 text-critical" />
      ) : step.label === 'No gate' ? (
        // Nothing was done there, and that is what it says.
        <CircleSlash aria-hidden className="size-3.5 shrink-0 text-muted" />
      ) : (
        <CircleCheck
          aria-hidden
          className={classNames('size-3.5 shrink-0', step.clock === 'host' ? 'text-frozen' : 'text-muted')}
        />
      )}
      <HostileText text={step.label} max={60} className={classNames('shrink-0 font-medium', bad && 'text-critical')} />
      <time
        dateTime={new Date(step.atMs).toISOString()}
        title={`${preciseClockText(step.atMs)}, ${step.clock}’s clock`}
        className="shrink-0 font-mono text-xs text-muted"
      >
        {first ? preciseClockText(step.atMs) : offsetText(step.afterMs)}
      </time>
      {showsDetail(step, first, control) && (
        <HostileText
          text={step.detail}
          max={120}
          className={classNames(
            'min-w-0 text-xs',
            bad ? 'break-words text-critical' : 'max-w-72 truncate text-muted max-md:hidden',
          )}
        />
      )}
    </span>
  )
}

/** What its label says, or what the end says, is not said again; on a narrow screen only what went wrong is spelt out. */
function showsDetail(step: Extract<ReceiptStep, { atMs: number }>, first: boolean, control: ControlView): boolean {
  if (first || step.detail === '' || step.label === 'Delivered to host') return false
  return step.detail !== control.detail && step.detail !== control.observed
}

function AwaitedStep({ step, nowMs }: { step: Extract<ReceiptStep, { state: 'awaited' }>; nowMs: number }) {
  const { tone, sinceMs, label, detail } = step
  const Icon = tone === 'critical' ? CircleAlert : CircleDashed
  return (
    <span className={classNames('flex items-center gap-1.5', textOfTone[tone])} title={detail}>
      <Icon aria-hidden className="size-3.5 shrink-0" />
      <span>{label}</span>
      <span className="font-mono text-xs">
        {sinceMs === undefined || nowMs - sinceMs < 1_000
          ? ''
          : `${tone === 'critical' ? 'not observed ' : ''}${ageText(nowMs - sinceMs)}`}
      </span>
      <span className="sr-only">{sinceMs === undefined ? 'comes last' : 'not observed yet'}</span>
    </span>
  )
}

/** The end in words: why not and what is left, or what was read and where. */
export function ReceiptEnd({ control, escapedCount }: { control: ControlView; escapedCount: number }) {
  const failure = failureSentence(control, escapedCount)
  const proof = proofOf(control)
  if (failure) {
    return (
      <p className="flex min-w-0 items-start gap-1.5 font-medium text-critical text-sm">
        <CircleAlert aria-hidden className="mt-0.5 size-3.5 shrink-0" />
        <HostileText text={failure} max={900} className="min-w-0 break-words" />
      </p>
    )
  }
  if (control.state === 'lifted' || control.state === 'superseded' || control.state === 'cancelled') {
    return (
      <p className="text-sm text-muted">
        <HostileText text={control.detail ?? control.state} max={600} className="break-words" />
      </p>
    )
  }
  if (!proof) return null
  return (
    <p className="min-w-0 truncate text-sm text-muted">
      {control.enforcer && (
        <>
          <HostileText text={control.enforcer} max={60} className="font-mono" />
          {' · '}
        </>
      )}
      read: <HostileText text={proof.text} max={160} className="font-mono text-ink" />
      {control.processCount !== undefined && ` · ${plural(control.processCount, 'process', 'processes')}`}
      {proof.from && <HostileText text={proof.from} max={200} className="ml-1.5 font-mono text-xs max-lg:hidden" />}
    </p>
  )
}
