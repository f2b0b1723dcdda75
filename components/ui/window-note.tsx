// Says that a list is cut to a span, and takes that away again: a list that hides something without a word would lie.
import { X } from 'lucide-react'
import { Button } from './button.tsx'
import { dateTimeText } from './format-time.ts'
import type { TimeWindow } from './time-window.ts'

/** `what`: "Detected", "Asked". */
export function WindowNote({ what, window, onClear }: { what: string; window: TimeWindow; onClear: () => void }) {
  return (
    <p className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1 text-sm text-muted">
      <span>
        {what} <time dateTime={new Date(window.fromMs).toISOString()}>{dateTimeText(window.fromMs)}</time> to{' '}
        <time dateTime={new Date(window.toMs).toISOString()}>{dateTimeText(window.toMs)}</time>
      </span>
      <Button look="quiet" className="max-md:h-11" onClick={onClear}>
        <X aria-hidden /> Any time
      </Button>
    </p>
  )
}
