// The three sides of egress: what sensors said, where sessions connected to, and what is expected.
import Link from 'next/link'
import { classNames } from '../ui/class-names.ts'

const places = [
  { at: 'signals', href: '/egress', word: 'Signals' },
  { at: 'destinations', href: '/egress/destinations', word: 'Destinations' },
  { at: 'allowlists', href: '/egress/allowlists', word: 'Allowlists' },
] as const

export function EgressNav({ at }: { at: (typeof places)[number]['at'] }) {
  return (
    <nav aria-label="Egress" className="flex shrink-0 gap-1 border-b px-3 py-1 max-md:px-1">
      {places.map((place) => (
        <Link
          key={place.at}
          href={place.href}
          prefetch={false}
          aria-current={place.at === at ? 'page' : undefined}
          className={classNames(
            'inline-flex h-7 items-center rounded-md px-2 font-medium outline-offset-[-2px] max-md:h-11 max-md:flex-1 max-md:justify-center',
            place.at === at ? 'bg-raised text-ink' : 'text-muted hover:bg-raised hover:text-ink',
          )}
        >
          {place.word}
        </Link>
      ))}
    </nav>
  )
}
