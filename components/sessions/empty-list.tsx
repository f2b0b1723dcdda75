'use client'
// Why there is nothing to see, and the way out of it.
import { RadioTower, SearchX, SquareTerminal } from 'lucide-react'
import { FirstRun } from '../first-run/first-run.tsx'
import { useView } from '../live/live-context.tsx'
import { Button } from '../ui/button.tsx'
import { plural } from '../ui/format-quantity.ts'
import { Notice } from '../ui/notice.tsx'
import { noFilter, useLiveUrl } from './live-url.ts'
import { emptinessOf } from './session-filter.ts'

export function EmptyList({ total }: { total: number }) {
  const hosts = useView((view) => view.hosts)
  const [, setUrl] = useLiveUrl()
  const why = emptinessOf(total, hosts.values())
  if (why === 'no-match') {
    return (
      <Notice icon={<SearchX aria-hidden />} title="No session matches the filter">
        <p>{plural(total, 'session is', 'sessions are')} hidden by it.</p>
        <Button className="mt-3" onClick={() => void setUrl(noFilter)}>
          Clear the filter
        </Button>
      </Notice>
    )
  }
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto max-w-3xl px-4 py-8 max-md:px-3 max-md:py-5">
        <h2 className="flex items-center gap-2 text-lg font-semibold [&>svg]:size-4 [&>svg]:text-faint">
          {why === 'no-host' ? <RadioTower aria-hidden /> : <SquareTerminal aria-hidden />}
          {why === 'no-host' ? 'No host is connected' : 'No sessions yet'}
        </h2>
        <p className="mt-1 mb-4 max-w-prose text-pretty text-muted">
          {why === 'no-host'
            ? 'Sessions appear here when a probe reports them, or when an agent speaks for itself.'
            : 'A host is connected and nothing runs under watch. What you start appears here while it starts.'}
        </p>
        <FirstRun />
      </div>
    </div>
  )
}
