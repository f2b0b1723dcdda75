'use client'
// One session: state, receipt, what happened, and what the host knows of it now.
import { SearchX } from 'lucide-react'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { SessionId } from '../../server/protocol/ids.ts'
import { WaitingStrip } from '../approvals/waiting-strip.tsx'
import { ControlStrip } from '../controls/control-strip.tsx'
import { useContainKey, useToggle } from '../controls/use-control.ts'
import { useLive, useView, useWatch } from '../live/live-context.tsx'
import { useStaleness } from '../live/staleness-pill.tsx'
import { useShortcuts } from '../shell/use-shortcuts.ts'
import { Notice } from '../ui/notice.tsx'
import { ActivityStream } from './activity-stream.tsx'
import { CapabilityPanel } from './capability-panel.tsx'
import { ConnectionPanel } from './connection-panel.tsx'
import { GatePanel } from './gate-panel.tsx'
import { LifePanel } from './life-panel.tsx'
import { MaskedPanel } from './masked-panel.tsx'
import { ObserverPanel } from './observer-panel.tsx'
import { ProcessPanel } from './process-panel.tsx'
import { SessionHeader } from './session-header.tsx'

const ResourceCharts = dynamic(() => import('./resource-charts.tsx'), {
  ssr: false,
  loading: () => <div aria-hidden className="h-[420px]" />,
})

export function SessionView({ session }: { session: string }) {
  const id = SessionId.safeParse(session)
  return id.success ? <KnownSession key={id.data} session={id.data} /> : <NoSession session={session} />
}

function KnownSession({ session }: { session: SessionId }) {
  const ready = useWatch({ view: 'session', session })
  const { stale } = useStaleness()
  const detail = useView((view) => view.detail)
  const rows = useView((view) => view.rows)
  const { store } = useLive()
  const toggle = useToggle()
  const contain = useContainKey()
  const mine = detail?.row.session === session ? detail : undefined
  // Rows come more often than whole details: the newer of the two is the state to show.
  const fromRows = rows.get(session)
  const row = mine && (fromRows && fromRows.lastSeq >= mine.row.lastSeq ? fromRows : mine.row)
  const host = useView((view) => (row?.host === undefined ? undefined : view.hosts.get(row.host)))
  useShortcuts({
    p: () => store.newest().rows.has(session) && toggle(session),
    c: () => store.newest().rows.has(session) && contain(session),
  })
  if (ready && !row) return <NoSession session={session} />
  if (!ready || !row || !mine) return <Loading />
  return (
    <div data-stale={stale} className="flex min-h-0 flex-1 flex-col max-lg:overflow-y-auto">
      <SessionHeader row={row} detail={mine} />
      <ControlStrip row={row} controls={mine.controls} />
      <WaitingStrip session={session} stale={stale} />
      <div className="flex min-h-0 flex-1 max-lg:flex-none max-lg:flex-col">
        <ActivityStream session={session} />
        <aside
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
          tabIndex={0}
          aria-label="What the host knows"
          className="facts w-[400px] shrink-0 overflow-y-auto border-l max-xl:w-[360px] max-lg:w-full max-lg:overflow-visible max-lg:border-t max-lg:border-l-0"
        >
          <CapabilityPanel row={row} capabilities={mine.capabilities} controls={mine.controls} />
          {row.state !== 'ended' && <GatePanel gate={mine.gate} stale={stale} />}
          {row.state !== 'ended' && <LifePanel row={row} detail={mine} host={host} stale={stale} />}
          <MaskedPanel />
          <ConnectionPanel
            connections={mine.connections}
            hidden={mine.hiddenConnections}
            isRevoked={row.restrictions.some((each) => each.restriction === 'network' && each.wanted)}
          />
          <ProcessPanel processes={mine.processes} hidden={mine.hiddenProcesses} />
          <ResourceCharts row={row} />
          <ObserverPanel host={host} />
        </aside>
      </div>
    </div>
  )
}

function NoSession({ session }: { session: string }) {
  return (
    <Notice icon={<SearchX aria-hidden />} title="No such session">
      <p>
        Nothing in the log is called{' '}
        <code className="break-all font-mono text-ink">{session.replace(/[^\x20-\x7e]/g, '?').slice(0, 140)}</code>.
      </p>
      <Link href="/live" className="mt-3 inline-block text-info underline">
        Back to Live
      </Link>
    </Notice>
  )
}

function Loading() {
  return (
    <div className="min-h-0 flex-1">
      <p className="sr-only" role="status">
        Waiting for the session
      </p>
      <div aria-hidden className="flex h-[69px] items-center gap-4 border-b px-5">
        <div className="size-5 rounded-full bg-raised" />
        <div className="grid gap-2">
          <div className="h-3.5 w-72 rounded-sm bg-raised" />
          <div className="h-2.5 w-96 max-w-[60vw] rounded-sm bg-raised" />
        </div>
      </div>
    </div>
  )
}
