'use client'
// A few destinations, new ones first, for the foot of the Live page. The list with everything is a click away.
import Link from 'next/link'
import { DestinationPage } from '../../server/protocol/destination-view.ts'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf, pastAgainMs } from '../replay/replay-words.ts'
import { ProblemLine } from '../settings/section.tsx'
import { useListed } from '../settings/use-listed.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { DestinationMarks } from './destination-line.tsx'
import { destinationHref, destinationsPath } from './destination-url.ts'
import { bytesWords, endText, sessionsWords } from './destination-words.ts'

const againMs = 3_000
const shown = 8
const path = destinationsPath({ q: '', listing: null, new: false, session: '', host: '' }, shown)

export function NewDestinations() {
  const at = usePastAt()
  const everyMs = at === undefined ? againMs : pastAgainMs
  const { value, isEarlier, problem } = useListed(asOf(path, at), DestinationPage, true, everyMs)
  return (
    <section
      aria-labelledby="new-destinations"
      data-stale={isEarlier}
      className="flex min-h-0 min-w-0 flex-col px-3 py-2"
    >
      <div className="flex items-baseline gap-2 pb-1">
        <h2 id="new-destinations" className="font-medium">
          Egress
        </h2>
        <span className="text-sm text-muted">new destinations first</span>
        <Link href="/egress/destinations" className="ml-auto text-sm text-info hover:underline max-md:py-3">
          All
        </Link>
      </div>
      <ProblemLine problem={problem} />
      {!value && !problem && <p className="text-sm text-muted">Asking where sessions connected to</p>}
      {value?.destinations.length === 0 && (
        <p className="text-pretty text-sm text-muted">
          {value.isReading
            ? 'The log is still being read after the start.'
            : value.past
              ? 'No session had connected beyond its own host by then, as far as a probe there saw.'
              : 'No session has connected beyond its own host yet, as far as a probe there saw.'}
        </p>
      )}
      <ul className="min-h-0 overflow-y-auto">
        {value?.destinations.map((each) => (
          <li key={each.key}>
            <Link
              href={destinationHref(each.key)}
              prefetch={false}
              className="grid h-[26px] grid-cols-[minmax(0,3fr)_minmax(0,2fr)_auto] items-center gap-x-3 border-b text-sm outline-offset-[-2px] hover:bg-raised sm:grid-cols-[minmax(0,3fr)_minmax(0,2fr)_minmax(0,2fr)_auto] max-md:h-11"
            >
              <span className="truncate font-mono">
                <HostileText text={endText(each)} max={80} />
              </span>
              <span className="truncate text-muted">
                <HostileText text={sessionsWords(each)} max={60} />
              </span>
              <span className="truncate text-right text-muted tabular-nums max-sm:hidden">{bytesWords(each)}</span>
              <DestinationMarks of={each} className="text-right" />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}
