'use client'
// While any containment stands, every page says so under its heading, in the server's numbers; several collapse into one line.
import { ChevronRight } from 'lucide-react'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { useFleet } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { classNames } from '../ui/class-names.ts'
import { agoText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { LiftButton } from './lift-button.tsx'
import { Parts, StandingIcon, StandingName, StandingParts } from './standing-line.tsx'
import { endsText, manyParts, type Standing, type StandingTone, standingOf, standingWord } from './standing-words.ts'

const groundOf: Readonly<Record<StandingTone, string>> = {
  frozen: 'border-frozen/25 bg-frozen/8',
  warn: 'border-warn/30 bg-warn/8',
  critical: 'border-critical/40 bg-critical/10',
  quiet: 'bg-panel',
}
const lineClass =
  'flex shrink-0 flex-wrap items-center gap-x-4 gap-y-1.5 border-b px-4 py-1.5 min-h-10 max-md:gap-x-3 max-md:px-3 max-md:py-2'

export function StandingBanner() {
  const path = usePathname()
  const fleet = useFleet()
  const standing = standingOf(fleet?.containments ?? [])
  // The room of containments tells them one by one.
  if (standing.views.length === 0 || path === '/containments') return null
  const [only, more] = standing.views
  return (
    <section aria-label="Standing containments" className="facts shrink-0">
      {only && !more ? <One view={only} /> : <Many standing={standing} />}
    </section>
  )
}

function One({ view }: { view: Standing['views'][number] }) {
  const now = useNow(1_000)
  const { tone } = standingWord(view)
  return (
    <div className={classNames(lineClass, groundOf[tone])}>
      <StandingName view={view} />
      <StandingParts view={view} />
      <span className="min-w-0 truncate text-sm text-muted">
        by <HostileText text={view.by.name} max={60} /> {agoText(now - view.sinceMs)} · {endsText(view, now)}
        {view.reason && (
          <>
            {' · '}
            <q>
              <HostileText text={view.reason} max={120} />
            </q>
          </>
        )}
      </span>
      <span className="ml-auto flex items-center gap-3">
        <All words="Show" />
        {/* On a phone the banner stays low: lifting is one tap further, in the room that this leads to. */}
        <span className="contents max-md:hidden">
          <LiftButton view={view} />
        </span>
      </span>
    </div>
  )
}

function Many({ standing }: { standing: Standing }) {
  const tone = standing.troubled > 0 ? 'critical' : standing.open > 0 ? 'warn' : 'frozen'
  return (
    <div className={classNames(lineClass, groundOf[tone])}>
      <StandingIcon tone={tone} />
      <Parts parts={manyParts(standing)} className="text-base" />
      <span className="ml-auto">
        <All words="Show them" />
      </span>
    </div>
  )
}

function All({ words }: { words: string }) {
  return (
    <Link
      href="/containments"
      className="inline-flex items-center gap-0.5 text-sm text-muted underline-offset-2 hover:text-ink hover:underline max-md:-my-2 max-md:h-11"
    >
      {words} <ChevronRight aria-hidden className="size-3.5" />
    </Link>
  )
}
