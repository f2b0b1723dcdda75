'use client'
// A fact that the link opens and that is not among the rows: it stands above them, until it is closed.
import { Link2, X } from 'lucide-react'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf } from '../replay/replay-words.ts'
import { useListed } from '../settings/use-listed.ts'
import { Button } from '../ui/button.tsx'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { signalPath } from './egress-url.ts'
import { kindText } from './row-words.ts'
import { SignalDetail } from './signal-detail.tsx'
import { Detail } from './signal-line.tsx'
import { useAttribution } from './use-attribution.ts'

const againMs = 10_000

export function LinkedSignal({ id, onClose }: { id: string; onClose: () => void }) {
  const at = usePastAt()
  const detail = useListed(asOf(signalPath(id), at), Detail, true, againMs)
  const { value } = detail
  const attribution = useAttribution(value?.tie, value?.event.seq ?? 0)
  return (
    <section aria-label="Opened by the link" className="border-b">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-1 max-md:px-3">
        <Link2 aria-hidden className="size-3.5 text-muted" />
        <span className="min-w-0 flex-1 text-muted">
          {value && (
            <span className="text-ink">
              <HostileText text={kindText(value.event.kind)} max={40} /> of {dateTimeText(value.event.atMs)}
            </span>
          )}{' '}
          opened by the link, not among the rows below
        </span>
        <Button look="bare" className="max-md:h-11" onClick={onClose}>
          <X aria-hidden /> Close
        </Button>
      </div>
      <SignalDetail detail={detail} tie={value?.tie} attribution={attribution} />
    </section>
  )
}
