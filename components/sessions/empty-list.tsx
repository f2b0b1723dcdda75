'use client'
// Why there is nothing to see, and the way out of it.
import { RadioTower, SearchX, SquareTerminal } from 'lucide-react'
import { useView } from '../live/live-context.tsx'
import { Button } from '../ui/button.tsx'
import { plural } from '../ui/format-quantity.ts'
import { CommandLine, Notice } from '../ui/notice.tsx'
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
  if (why === 'no-host') {
    return (
      <Notice icon={<RadioTower aria-hidden />} title="No host is connected">
        <p>Sessions appear here when a probe reports them. Start one on the machine that runs your agents:</p>
        <CommandLine>npx vigil probe</CommandLine>
        <p className="mt-3">Or run one command under watch; it brings its own probe:</p>
        <CommandLine>npx vigil run -- CMD</CommandLine>
      </Notice>
    )
  }
  return (
    <Notice icon={<SquareTerminal aria-hidden />} title="No sessions yet">
      <p>A host is connected and nothing runs under watch. Try:</p>
      <CommandLine>npx vigil run -- CMD</CommandLine>
      <p className="mt-3">It appears here while it starts.</p>
    </Notice>
  )
}
