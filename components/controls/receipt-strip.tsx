'use client'
// The newest control of a session as a strip of the steps that happened, ending in what was read and where.
import { CircleAlert, CircleCheck, Hourglass } from 'lucide-react'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { isControlOpen } from '../../server/protocol/control.ts'
import { useNow } from '../live/use-now.ts'
import { classNames } from '../ui/class-names.ts'
import { plural } from '../ui/format-quantity.ts'
import { ageText, offsetText, preciseClockText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { overdueAfterMs, slowAfterMs } from './control-wording.ts'
import { failureSentence, proofOf, receiptSteps } from './receipt-steps.ts'

export function ReceiptStrip({ row }: { row: SessionRow }) {
  const control = row.control
  const open = control !== undefined && isControlOpen(control.state)
  const now = useNow(open ? 250 : undefined)
  if (!control) return null
  const ageMs = now - control.requestedAtMs
  const failure = failureSentence(row)
  const proof = proofOf(control)
  const tone = failure
    ? 'critical'
    : open
      ? ageMs >= overdueAfterMs
        ? 'critical'
        : ageMs >= slowAfterMs
          ? 'warn'
          : 'quiet'
      : 'frozen'
  return (
    <section
      aria-label="Receipt of the newest control"
      className={classNames(
        'flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b px-5 py-2.5 text-sm',
        tone === 'critical'
          ? 'bg-critical/10'
          : tone === 'warn'
            ? 'bg-warn/8'
            : tone === 'frozen' && control.action === 'pause'
              ? 'bg-frozen/7'
              : 'bg-panel',
      )}
    >
      <span className="text-muted">{control.action === 'pause' ? 'Pause' : 'Resume'}</span>
      <ol className="flex flex-wrap items-center gap-x-3 gap-y-1">
        {receiptSteps(control).map((step, index) => (
          <li
            key={`${step.label} ${step.atMs}`}
            title={visibleText(step.detail, { max: 200 })}
            className="flex items-center gap-1.5"
          >
            {index > 0 && <span aria-hidden className="mr-1.5 h-px w-5 bg-line-strong max-md:hidden" />}
            {step.bad ? (
              <CircleAlert aria-hidden className="size-3.5 text-critical" />
            ) : (
              <CircleCheck
                aria-hidden
                className={classNames('size-3.5', step.clock === 'host' ? 'text-frozen' : 'text-muted')}
              />
            )}
            <HostileText
              text={step.label}
              max={60}
              className={classNames('font-medium', step.bad && 'text-critical')}
            />
            <time
              dateTime={new Date(step.atMs).toISOString()}
              title={`${preciseClockText(step.atMs)} UTC, ${step.clock}'s clock`}
              className="font-mono text-xs text-muted"
            >
              {index === 0 ? preciseClockText(step.atMs) : offsetText(step.afterMs)}
              {step.clock === 'host' && ' host clock'}
            </time>
            {index === 0 && step.detail && <HostileText text={step.detail} max={60} className="text-xs text-muted" />}
          </li>
        ))}
      </ol>
      <span className="ml-auto flex min-w-0 items-center gap-1.5">
        {open && (
          <span
            className={classNames(
              'flex items-center gap-1.5',
              tone === 'critical' ? 'font-medium text-critical' : tone === 'warn' ? 'text-warn' : 'text-muted',
            )}
          >
            <Hourglass aria-hidden className="size-3.5" /> asked, not confirmed ·{' '}
            <span className="font-mono">{ageText(ageMs)}</span>
          </span>
        )}
        {!open && !failure && control.state !== 'enforced' && <span className="text-muted">{control.state}</span>}
        {proof && (
          <span className="min-w-0 truncate text-muted" title={proof.from}>
            read from the kernel: <HostileText text={proof.text} max={80} className="font-mono text-ink" />
            {control.processCount !== undefined && ` · ${plural(control.processCount, 'process', 'processes')}`}
            {proof.from && (
              <HostileText text={proof.from} max={160} className="ml-1.5 font-mono text-xs max-lg:hidden" />
            )}
          </span>
        )}
      </span>
      {failure && (
        <p className="flex min-w-0 basis-full items-start gap-1.5 font-medium text-critical">
          <CircleAlert aria-hidden className="mt-0.5 size-3.5 shrink-0" />
          <HostileText text={failure} max={600} className="min-w-0 break-words" />
        </p>
      )}
    </section>
  )
}
