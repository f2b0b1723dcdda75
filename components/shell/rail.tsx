'use client'
// The rooms that exist. On a narrow screen it lies at the bottom, in reach of a thumb.
import { Eye, Keyboard } from 'lucide-react'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { useContext } from 'react'
import { standingOf } from '../containment/standing-words.ts'
import { useFleet } from '../live/live-context.tsx'
import { classNames } from '../ui/class-names.ts'
import { AccountMenu } from './account-menu.tsx'
import { isIn, rooms } from './rooms.ts'
import { ShellContext } from './shell-context.ts'

export function Rail({ path }: { path: string }) {
  const { openHelp } = useContext(ShellContext)
  const router = useRouter()
  return (
    <nav
      aria-label="Rooms"
      // At 200 % zoom it is higher than the window: it scrolls, so that its last rooms and the account stay in reach.
      className="flex w-[68px] shrink-0 flex-col items-center border-r bg-panel py-3 md:overflow-x-hidden md:overflow-y-auto max-md:h-14 max-md:w-full max-md:flex-row max-md:border-t max-md:border-r-0 max-md:px-1 max-md:py-0 print:hidden"
    >
      <Link
        href="/live"
        prefetch={false}
        aria-label="Vigil"
        className="mb-4 flex size-9 shrink-0 [@media(max-height:880px)]:mb-1 items-center justify-center rounded-lg bg-ink text-canvas max-md:hidden"
      >
        <Eye aria-hidden className="size-5" />
      </Link>
      {rooms.map((room) => {
        const { href, name, icon: Icon } = room
        const here = isIn(room, path)
        return (
          <Link
            key={href}
            href={href}
            // Not all thirteen with every page: each is rendered by the server, and what this page itself asks would wait behind them.
            prefetch={false}
            onPointerEnter={() => router.prefetch(href)}
            aria-current={here ? 'page' : undefined}
            className={classNames(
              'relative flex w-[60px] flex-col items-center gap-1 rounded-lg py-2 text-xs max-md:h-11 max-md:w-auto max-md:min-w-0 max-md:flex-1 max-md:gap-0.5 max-md:px-0 max-md:py-1 max-md:text-2xs max-md:tracking-tight',
              // So that the last room and the account stay in reach on a low screen.
              'md:[@media(max-height:880px)]:py-1 md:[@media(max-height:780px)]:gap-0.5 md:[@media(max-height:780px)]:py-0.5',
              here ? 'bg-raised text-ink' : 'text-muted hover:text-ink',
              'isWide' in room && 'max-md:hidden',
            )}
          >
            <Icon aria-hidden className="size-[18px]" />
            <span className={classNames('max-w-full truncate', 'tiny' in room && 'max-md:hidden')}>
              {'short' in room ? room.short : name}
            </span>
            {'tiny' in room && <span className="max-w-full truncate md:hidden">{room.tiny}</span>}
            {href === '/approvals' && <WaitingBadge />}
            {href === '/incidents' && <IncidentsBadge />}
            {href === '/containments' && <StandingBadge />}
          </Link>
        )
      })}
      <div className="mt-auto flex shrink-0 flex-col items-center gap-2 max-md:mt-0 max-md:ml-1 max-md:flex-row">
        <button
          type="button"
          onClick={openHelp}
          aria-label="Keyboard help"
          title="Keyboard help (?)"
          className="flex size-9 items-center justify-center rounded-lg text-muted hover:bg-raised hover:text-ink max-md:hidden"
        >
          <Keyboard aria-hidden className="size-[18px]" />
        </button>
        <AccountMenu />
      </div>
    </nav>
  )
}

/** How many actions wait for a person. */
function WaitingBadge() {
  const waiting = useFleet()?.approvals.waiting ?? 0
  if (waiting === 0) return null
  return (
    <span className={classNames(badgeClass, 'bg-warn')}>
      {waiting > 99 ? '99+' : waiting}
      <span className="sr-only"> wait for a person</span>
    </span>
  )
}

const badgeClass =
  'absolute top-1 right-1.5 min-w-4 rounded-full px-1 text-center text-2xs font-semibold text-canvas max-md:right-auto max-md:left-1/2 max-md:ml-1'

/** How many incidents are not over; a drill alone is not red. */
function IncidentsBadge() {
  const { open = 0, drills = 0 } = useFleet()?.incidents ?? {}
  if (open + drills === 0) return null
  const shown = open > 0 ? open : drills
  return (
    <span className={classNames(badgeClass, open > 0 ? 'bg-critical' : 'bg-info')}>
      {shown > 99 ? '99+' : shown}
      <span className="sr-only">{open > 0 ? ' not over' : ' of a drill, not over'}</span>
    </span>
  )
}

/** How many containments stand: red when one of them is not whole. */
function StandingBadge() {
  const { views, troubled } = standingOf(useFleet()?.containments ?? [])
  if (views.length === 0) return null
  return (
    <span className={classNames(badgeClass, troubled > 0 ? 'bg-critical' : 'bg-frozen')}>
      {views.length}
      <span className="sr-only">{troubled > 0 ? ' stand, not all of them whole' : ' stand'}</span>
    </span>
  )
}
