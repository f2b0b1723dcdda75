// Above every page of a console that shows an evidence bundle: that nothing here is live, and whether the file is as it was signed.
import { FileCheck2, FileWarning } from 'lucide-react'
import type { ShownBundle } from '../../server/protocol/shown-bundle.ts'
import { classNames } from '../ui/class-names.ts'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { verdictWords } from './bundle-words.ts'

export function BundleBanner({ shows }: { shows: ShownBundle }) {
  const verdict = verdictWords(shows)
  const Icon = verdict.isGood ? FileCheck2 : FileWarning
  return (
    <section
      aria-label="Evidence bundle"
      className={classNames(
        'flex shrink-0 flex-wrap items-center gap-x-3 gap-y-0.5 border-b px-5 py-1.5 text-sm max-md:px-3',
        verdict.isGood ? 'bg-raised' : 'bg-critical/12',
      )}
    >
      <Icon aria-hidden className={classNames('size-4 shrink-0', verdict.isGood ? 'text-muted' : 'text-critical')} />
      <strong className="font-medium text-ink">Evidence bundle</strong>
      <HostileText text={shows.title ?? shows.name} max={120} />
      <span className="text-muted">read only</span>
      <span className="text-muted">
        as of <time dateTime={new Date(shows.madeAtMs).toISOString()}>{dateTimeText(shows.madeAtMs)}</time>, made by{' '}
        <HostileText text={shows.madeBy} max={80} />
      </span>
      <span className={verdict.isGood ? 'text-ink' : 'font-medium text-critical'}>{verdict.word}</span>
      <span className="text-muted">{verdict.detail}</span>
    </section>
  )
}
