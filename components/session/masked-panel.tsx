'use client'
// How much of this session's text is masked, by kind, in what is loaded here.
import { useMemo } from 'react'
import { SecretKind } from '../../server/protocol/secrets.ts'
import { useView } from '../live/live-context.tsx'
import { countText, plural } from '../ui/format-quantity.ts'
import { maskedIn } from './masked-words.ts'
import { Panel } from './panel.tsx'

export function MaskedPanel() {
  const events = useView((view) => view.events)
  const isPart = useView((view) => view.olderEvents || view.skipped > 0)
  const { counts, events: holding, pieces } = useMemo(() => maskedIn(events), [events])
  if (pieces === 0) return null
  return (
    <Panel title="Masked secrets" aside={`${countText(pieces)} in ${plural(holding, 'event')}`}>
      <ul>
        {SecretKind.options.map((kind) =>
          counts[kind] === undefined ? null : (
            <li key={kind} className="flex items-baseline gap-3 border-t py-0.5 first:border-t-0">
              <span className="min-w-0 flex-1">{kind.charAt(0).toUpperCase() + kind.slice(1)}</span>
              <span className="font-mono text-sm">{countText(counts[kind])}</span>
            </li>
          ),
        )}
      </ul>
      <p className="mt-1 text-sm text-muted">
        What looks like a secret is masked here and in the API; “Show” beside it leaves a record.
        {isPart && ' Counted in the events that are loaded: there are more in the log.'}
      </p>
    </Panel>
  )
}
