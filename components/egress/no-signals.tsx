'use client'
// Why there is nothing to see in a tab, and the way out of it.
import { CircleCheck, Network, SearchX, Unlink } from 'lucide-react'
import Link from 'next/link'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { countText } from '../ui/format-quantity.ts'
import { Notice } from '../ui/notice.tsx'
import type { Ask, Ties } from './egress-url.ts'
import { emptinessOf, howItComes } from './emptiness.ts'
import { factNames } from './row-words.ts'
import type { Count } from './use-signal-rows.ts'

const tiesSaid: Readonly<Record<Ties, string>> = {
  all: '',
  tied: ', and only those with a tie are shown',
  untied: ', and only those without a tie are shown',
}

type Props = { ask: Ask; count: Count; onClear: () => void }

export function NoSignals({ ask, count, onClear }: Props) {
  const why = emptinessOf(count, ask)
  const [one, many] = factNames[ask.tab]
  const clear = (
    <Button className="mt-3 max-md:h-11" onClick={onClear}>
      {ask.q === '' ? `Show all ${many}` : 'Clear the filter'}
    </Button>
  )
  if (why === 'nothing-came') {
    const { says, line } = howItComes[ask.tab]
    return (
      <Notice icon={<Network aria-hidden />} title={`No ${one} has come in yet`}>
        <p>{says} Where the file lies:</p>
        <div className="mt-2 flex flex-wrap items-start gap-2 text-left">
          <code className="min-w-0 flex-1 basis-72 select-all rounded-md border border-line-strong bg-raised px-3 py-1.5 font-mono text-sm text-ink [overflow-wrap:anywhere]">
            {line}
          </code>
          <CopyButton text={line} label="the line" className="max-md:h-11" />
        </div>
        <p className="mt-3">
          Other formats, and what came in so far, are under{' '}
          <Link href="/sources" className="text-info underline underline-offset-2 max-md:inline-block max-md:py-3">
            Sources
          </Link>
          .
        </p>
      </Notice>
    )
  }
  if (why === 'all-tied') {
    return (
      <Notice icon={<CircleCheck aria-hidden />} title={`Every ${one} that is kept is tied to a session`}>
        <p>None of the {countText(count.kept)} is left without one.</p>
        {clear}
      </Notice>
    )
  }
  if (why === 'none-tied') {
    return (
      <Notice icon={<Unlink aria-hidden />} title={`No ${one} is tied to a session yet`}>
        <p>
          {countText(count.kept)} {count.kept === 1 ? 'is' : 'are'} kept here. A tie needs what the agents did beside
          what the sensors saw: the probe on their hosts, or their traces.
        </p>
        {clear}
      </Notice>
    )
  }
  return (
    <Notice icon={<SearchX aria-hidden />} title={`No ${one} matches the filter`}>
      <p>
        The text is looked for in title, addresses, names, source and session of the {countText(count.kept)} kept here
        {tiesSaid[ask.ties]}.
      </p>
      {clear}
    </Notice>
  )
}
