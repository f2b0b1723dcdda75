// Which figures of a past moment's destinations are as of then, and what is not known of it.
import type { PastBookView } from '../../server/protocol/destination-view.ts'
import { plural } from '../ui/format-quantity.ts'
import { dateTimeText } from '../ui/format-time.ts'

export function PastBook({ of }: { of: PastBookView | undefined }) {
  if (!of) return null
  return (
    <p className="shrink-0 border-b px-4 py-1.5 text-sm text-muted max-md:px-3">
      {pastBookText(of)}
      {of.unknown > 0 && <span className="text-warn"> {unknownText(of.unknown)}</span>}
    </p>
  )
}

export function pastBookText({ countedSinceMs, carried, lists }: PastBookView): string {
  return [
    countedSinceMs === undefined
      ? 'Counted again from the whole log up to this moment.'
      : `Counted again from ${dateTimeText(countedSinceMs)} up to this moment: connections, bytes and sessions of before are not in these figures.`,
    ...(carried > 0
      ? [
          `${plural(carried, 'is', 'are')} of before: nothing was counted on ${carried === 1 ? 'it' : 'them'} since, but names and denials may be newer.`,
        ]
      : []),
    lists === 'then'
      ? 'Compared with the allowlists of then.'
      : 'Compared with the allowlists of now: those of then are not kept.',
  ].join(' ')
}

function unknownText(count: number): string {
  return `${plural(count, 'more was', 'more were')} known by then and used again since: how much by then is not known, so ${count === 1 ? 'it is' : 'they are'} not listed.`
}
