'use client'
// One destination: who connected to it, when, with what and how much, and whether an allowlist expects it.
import { ListPlus } from 'lucide-react'
import Link from 'next/link'
import { parseAsString, useQueryState } from 'nuqs'
import { DestinationDetail, type DestinationUse } from '../../server/protocol/destination-view.ts'
import { useWatch } from '../live/live-context.tsx'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf, pastAgainMs } from '../replay/replay-words.ts'
import { sessionPath } from '../sessions/session-path.ts'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { useListed } from '../settings/use-listed.ts'
import { Fact, Part } from '../ui/fact-list.tsx'
import { bytesText, countText, plural } from '../ui/format-quantity.ts'
import { clockText, dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { LinkButton } from '../ui/link-button.tsx'
import { RowCell, RowHeads } from '../ui/row-cell.tsx'
import { DestinationMarks } from './destination-line.tsx'
import { allowHref } from './destination-url.ts'
import { bytesWords, endText, listWords } from './destination-words.ts'
import { PastBook } from './past-book.tsx'

const againMs = 3_000
const columns =
  'xl:grid xl:grid-cols-[minmax(10rem,2fr)_minmax(8rem,1fr)_minmax(8rem,1fr)_7rem_9rem_8rem_8rem] xl:gap-x-3'
const heads = ['Session', 'Host', 'Program', 'Connections', 'Bytes', 'First', 'Last']

export function DestinationPageView() {
  useWatch({ view: 'live' })
  const [key] = useQueryState('key', parseAsString.withDefault(''))
  const at = usePastAt()
  const path = asOf(`/api/egress/destinations/${encodeURIComponent(key)}`, at)
  const everyMs = at === undefined ? againMs : pastAgainMs
  const { value, isEarlier, problem, again } = useListed(path, DestinationDetail, key !== '', everyMs)
  if (key === '') return <p className="px-4 py-6 text-muted">The link names no destination.</p>
  if (!value) return <NothingYet what="who connected there" problem={problem} again={again} />
  const { destination: of, uses } = value
  const taskSet = uses.find((use) => use.taskSet !== undefined)?.taskSet
  return (
    <div data-stale={isEarlier} className="min-h-0 flex-1 overflow-y-auto">
      <AskAgain problem={problem} again={again} />
      <PastBook of={value.past} />
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b px-4 py-3 max-md:px-3">
        <h2 className="min-w-0 break-all font-mono text-lg">
          <HostileText text={endText(of)} max={100} />
        </h2>
        <span className="text-muted">{of.protocol}</span>
        <DestinationMarks of={of} className="font-medium" />
        {at === undefined && (
          <LinkButton href={allowHref(of.address, of.port, taskSet)} className="ml-auto max-md:ml-0">
            <ListPlus aria-hidden /> Put on an allowlist…
          </LinkButton>
        )}
      </div>
      <dl className="grid grid-cols-4 gap-x-6 gap-y-3 border-b px-4 py-3 max-xl:grid-cols-2 max-md:px-3">
        <Fact name="First seen">{dateTimeText(of.firstSeenAtMs)}</Fact>
        <Fact name="Last seen">{dateTimeText(of.lastSeenAtMs)}</Fact>
        <Fact name="Connections">{countText(of.connections)}</Fact>
        <Fact name="Bytes of closed connections">
          {`${bytesWords(of)}${of.uncounted > 0 ? `, ${plural(of.uncounted, 'connection')} not counted` : ''}`}
        </Fact>
        <Fact name="Where it lies">{of.scope}</Fact>
        <Fact name="Names, as clients and sensors said them">{of.names.join(', ') || 'none was said'}</Fact>
        <Fact name="Denied, as sensors reported">{of.denied === 0 ? 'none' : plural(of.denied, 'flow')}</Fact>
        <Fact name={at === undefined ? 'Network read as revoked now' : 'Network read as revoked then'}>
          {of.revokedSessions === 0 ? 'of none of its sessions' : `of ${plural(of.revokedSessions, 'session')}`}
        </Fact>
      </dl>
      <div className="grid grid-cols-2 gap-6 border-b px-4 py-3 max-xl:grid-cols-1 max-md:px-3">
        <Part title="Connections opened, in each 10 minutes of its newest day" heading="h3">
          <SlotChart slots={value.slots} slotMs={value.slotMs} />
        </Part>
        <Part title="Lists that cover it" heading="h3">
          {of.lists.length === 0 ? (
            <p>None. A list tells detection what is expected; it opens and closes no network.</p>
          ) : (
            <ul>
              {of.lists.map((entry) => (
                <li key={`${entry.scope} ${entry.name} ${entry.index} ${entry.to}`} className="break-words">
                  <HostileText
                    text={`${entry.to}, for ${listWords(entry)}${entry.why ? ` (${entry.why})` : ''}`}
                    max={300}
                  />
                </li>
              ))}
            </ul>
          )}
        </Part>
      </div>
      <h3 className="px-4 pt-3 pb-1 text-sm text-muted max-md:px-3">
        Sessions{of.moreSessions && ', the newest of more'}
      </h3>
      <RowHeads heads={heads} columns={columns} countsFrom={3} className="[&>:first-child]:pl-0" />
      <ul aria-label="Sessions">
        {uses.map((use) => (
          <Use key={use.session} use={use} />
        ))}
      </ul>
    </div>
  )
}

function Use({ use }: { use: DestinationUse }) {
  const program = use.program === undefined ? '—' : `${use.program}${use.pid === undefined ? '' : ` (${use.pid})`}`
  return (
    <li className="border-b px-4 py-2 max-md:px-3">
      <dl className={`${columns} max-xl:grid max-xl:grid-cols-2 max-xl:gap-x-4 max-xl:gap-y-1`}>
        <RowCell name="Session">
          <Link
            href={sessionPath(use.session)}
            prefetch={false}
            className="block truncate text-info hover:underline max-md:py-3"
          >
            <HostileText text={use.session} max={120} />
          </Link>
        </RowCell>
        <RowCell name="Host" className="truncate">
          <HostileText text={use.host ?? '—'} max={80} />
        </RowCell>
        <RowCell name="Program, as it calls itself" className="truncate">
          <HostileText text={program} max={80} />
        </RowCell>
        <RowCell name="Connections" isCount>
          {countText(use.connections)}
        </RowCell>
        <RowCell name="Bytes" isCount>
          {use.bytesIn + use.bytesOut === 0 ? '—' : `${bytesText(use.bytesIn)} ↓ ${bytesText(use.bytesOut)} ↑`}
        </RowCell>
        <RowCell name="First" isCount>
          <time dateTime={new Date(use.firstAtMs).toISOString()}>{clockText(use.firstAtMs)}</time>
        </RowCell>
        <RowCell name="Last" isCount>
          <time dateTime={new Date(use.lastAtMs).toISOString()}>{clockText(use.lastAtMs)}</time>
        </RowCell>
      </dl>
    </li>
  )
}

const slotsShown = 144

/** Bars of the newest day that has any; the sentence says the same to those who do not see them. */
function SlotChart({ slots, slotMs }: Pick<DestinationDetail, 'slots' | 'slotMs'>) {
  const last = slots.at(-1)?.fromMs
  if (last === undefined) return <p>No connection was opened while it was watched.</p>
  const first = last - (slotsShown - 1) * slotMs
  const shown = slots.filter(({ fromMs }) => fromMs >= first)
  const most = Math.max(...shown.map(({ connections }) => connections))
  return (
    <figure>
      <svg aria-hidden viewBox={`0 0 ${slotsShown} 32`} preserveAspectRatio="none" className="h-16 w-full text-info">
        {shown.map(({ fromMs, connections }) => {
          const height = Math.max(1, (connections / most) * 31)
          return (
            <rect
              key={fromMs}
              x={(fromMs - first) / slotMs}
              y={32 - height}
              width={0.8}
              height={height}
              fill="currentColor"
            />
          )
        })}
      </svg>
      <figcaption className="text-sm text-muted">
        {dateTimeText(first)} to {dateTimeText(last + slotMs)}; at most {plural(most, 'connection')} in 10 minutes
      </figcaption>
    </figure>
  )
}
