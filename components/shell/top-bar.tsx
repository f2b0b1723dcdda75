'use client'
// The heading of every page, and beside it what must never be out of sight: how old the screen is, the way to contain all,
// and under it what stands already and what waits for a second person.
import { CirclePause, RadioTower, Search } from 'lucide-react'
import { type ReactNode, useContext } from 'react'
import { AlarmBell } from '../alarm/alarm-bell.tsx'
import { ProposalStrip } from '../containment/proposal-strip.tsx'
import { StandingBanner } from '../containment/standing-banner.tsx'
import { JobsButton } from '../jobs/jobs-button.tsx'
import { HoldButton } from '../live/hold-button.tsx'
import { useView } from '../live/live-context.tsx'
import { StalenessPill } from '../live/staleness-pill.tsx'
import { useNow } from '../live/use-now.ts'
import { PastMark } from '../replay/past-mark.tsx'
import { useIsReplay } from '../replay/replay-context.tsx'
import { useActsOff } from '../ui/act-button.tsx'
import { classNames } from '../ui/class-names.ts'
import { clockText } from '../ui/format-time.ts'
import { KeyCap } from '../ui/key-cap.tsx'
import { ShellContext } from './shell-context.ts'

export function TopBar({ title }: { title: ReactNode }) {
  return (
    <div className="contents print:hidden">
      <Heading title={title} />
      <StandingBanner />
      <ProposalStrip />
    </div>
  )
}

function Heading({ title }: { title: ReactNode }) {
  const { openPalette, openContain } = useContext(ShellContext)
  const isReplay = useIsReplay()
  const whyOff = useActsOff()
  return (
    <header className="flex h-12 shrink-0 items-center gap-4 border-b px-4 max-md:gap-2 max-md:px-3">
      {/* On a phone the moment that is shown needs the room: the rail says which page it is. */}
      <h1
        className={classNames('min-w-0 truncate text-lg font-semibold max-md:text-base', isReplay && 'max-sm:sr-only')}
      >
        {title}
      </h1>
      {isReplay ? (
        <PastMark />
      ) : (
        <>
          <StalenessPill />
          <HoldButton />
        </>
      )}
      <div className="ml-auto flex shrink-0 items-center gap-4 max-md:gap-2">
        <Clock />
        <Hosts />
        <JobsButton />
        <AlarmBell />
        <button
          type="button"
          onClick={openPalette}
          aria-label="Find or do anything"
          className="flex h-7 w-56 items-center gap-2 rounded-md border bg-raised px-2.5 text-muted hover:text-ink max-xl:w-40 max-lg:w-auto max-md:size-9 max-md:justify-center max-md:px-0"
        >
          <Search aria-hidden className="size-3.5" />
          <span className="truncate max-lg:hidden">Find or do anything</span>
          <span className="ml-auto max-lg:hidden">
            <KeyCap>⌘K</KeyCap>
          </span>
        </button>
        <button
          type="button"
          onClick={() => whyOff === undefined && openContain()}
          aria-label="Contain all…"
          aria-disabled={whyOff !== undefined}
          title={whyOff}
          className={classNames(
            'flex h-7 items-center gap-2 rounded-md border px-2.5 font-medium max-md:size-9 max-md:justify-center max-md:px-0',
            whyOff === undefined
              ? 'border-critical/60 text-critical hover:bg-critical/10'
              : 'cursor-not-allowed border-line text-faint',
          )}
        >
          <CirclePause aria-hidden className="size-4" />
          <span className="max-md:hidden">Contain all…</span>
        </button>
      </div>
    </header>
  )
}

function Clock() {
  const now = useNow(1_000)
  if (now < 1e12) return null
  return (
    <time dateTime={new Date(now).toISOString()} className="font-mono text-muted max-lg:hidden">
      {clockText(now)}
    </time>
  )
}

function Hosts() {
  const hosts = useView((view) => view.hosts)
  let connected = 0
  for (const host of hosts.values()) if (host.connected) connected += 1
  if (hosts.size === 0) return null
  const away = [...hosts.values()].filter((host) => !host.connected).map((host) => host.host)
  return (
    <span
      title={away.length > 0 ? `Not connected: ${away.slice(0, 8).join(', ')}` : 'All known hosts are connected'}
      className="flex items-center gap-1.5 border-x px-4 text-muted max-xl:border-r-0 max-lg:hidden"
    >
      <RadioTower aria-hidden className={away.length > 0 ? 'size-3.5 text-warn' : 'size-3.5'} />
      <span>
        <strong className="font-semibold text-ink">{connected}</strong> /{hosts.size} hosts
      </span>
    </span>
  )
}
