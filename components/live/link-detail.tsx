'use client'
// What stands behind the pill: each lane of what this browser hears, and how long Vigil's own test took to be drawn here and to pass the server.
import { Popover } from 'radix-ui'
import { type ReactNode, useEffect, useState } from 'react'
import { CanaryView, latencyOf } from '../../server/protocol/canary-view.ts'
import { countText } from '../ui/format-quantity.ts'
import { clockText, spanText } from '../ui/format-time.ts'
import { latencyText, serverCanaryText } from './link-words.ts'
import { useLive, useView } from './live-context.tsx'
import { useNow } from './use-now.ts'

export function LinkDetail({ children }: { children: ReactNode }) {
  return (
    <Popover.Root>
      <Popover.Trigger
        title="What this screen hears"
        className="flex min-w-0 items-center gap-1.5 truncate rounded-sm text-left"
      >
        {children}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="start"
          sideOffset={8}
          collisionPadding={8}
          aria-label="What this screen hears"
          className="z-50 w-96 max-w-[calc(100vw-16px)] rounded-lg border border-line-strong bg-panel p-4 shadow-lg"
        >
          <Lanes />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

function Lanes() {
  const { store } = useLive()
  // The link has no news of its own for each frame: it is read once a second, as the pill is.
  useNow(1_000)
  const skipped = useView((view) => view.skipped)
  const untold = useView((view) => view.approvals.untold)
  const { lastFrame, frames, reconnects, misread, canaryMs, newestFactAtMs } = store.link()
  const canary = useServerCanary()
  const isWrong = canary !== undefined && canary !== 'unknown' && (canary.missed > 0 || canary.problem !== undefined)
  return (
    <>
      <h2 className="font-semibold">What this screen hears</h2>
      <dl className="mt-2 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm [&_dt]:text-muted">
        <dt>Newest fact</dt>
        <dd>{newestFactAtMs === undefined ? 'none heard of yet' : clockText(newestFactAtMs)}</dd>
        <dt>Last frame</dt>
        <dd>
          {lastFrame === undefined
            ? 'none yet: nothing changed since this page was opened'
            : `${clockText(lastFrame.serverNowMs)}, number ${countText(lastFrame.n)}`}
        </dd>
        <dt>Place in the log</dt>
        <dd className="font-mono">{lastFrame === undefined ? '—' : countText(lastFrame.seq)}</dd>
        <dt>Frames</dt>
        <dd>
          {countText(frames)} heard, {countText(misread)} not understood
        </dd>
        <dt>Activity lane</dt>
        <dd className={skipped > 0 ? 'text-warn' : undefined}>{countText(skipped)} events skipped on this view</dd>
        <dt>Rows lane</dt>
        <dd>newest state only: nothing to skip</dd>
        <dt>Approvals lane</dt>
        <dd>{countText(untold)} changes read from the list instead</dd>
        <dt>Held view</dt>
        <dd>{store.held() ? `held, ${countText(store.waiting())} changes wait` : 'not held'}</dd>
        <dt>Reconnects</dt>
        <dd>{countText(reconnects)} since this page was opened</dd>
        <dt>Canary, drawn here</dt>
        <dd>
          {latencyText(latencyOf(canaryMs))}
          {canaryMs.length > 0 && Number.isFinite(store.clock().errorMs) && ` (±${spanText(store.clock().errorMs)})`}
        </dd>
        <dt>Canary, server</dt>
        <dd className={isWrong ? 'text-warn' : undefined}>
          {canary === 'unknown' ? 'the server does not say' : canary ? serverCanaryText(canary) : 'asking…'}
        </dd>
      </dl>
      <p className="mt-2 text-pretty text-sm text-muted">
        The canary is an event that Vigil posts to itself: through the door for facts, the log and the broadcast.
      </p>
    </>
  )
}

/** Asked when it is opened: it stands on the page of sources for good. */
function useServerCanary(): CanaryView | 'unknown' | undefined {
  const [canary, setCanary] = useState<CanaryView | 'unknown'>()
  useEffect(() => {
    const stop = new AbortController()
    fetch('/api/canary', { headers: { accept: 'application/json' }, signal: stop.signal })
      .then((response) => response.json())
      .then((said: unknown) => setCanary(CanaryView.safeParse(said).data ?? 'unknown'))
      .catch(() => {
        if (!stop.signal.aborted) setCanary('unknown')
      })
    return () => stop.abort()
  }, [])
  return canary
}
