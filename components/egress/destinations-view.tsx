'use client'
// Where sessions connected to, new ones first. While the rows are in use they stay as they are; what came since is shown on leaving.
import { useVirtualizer } from '@tanstack/react-virtual'
import { Network, SearchX } from 'lucide-react'
import { useRef, useState } from 'react'
import { DestinationPage } from '../../server/protocol/destination-view.ts'
import { useHold, useWatch } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf, pastAgainMs } from '../replay/replay-words.ts'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { useListed } from '../settings/use-listed.ts'
import { useShortcuts } from '../shell/use-shortcuts.ts'
import { Button } from '../ui/button.tsx'
import { FilterChips } from '../ui/filter-chips.tsx'
import { FilterField } from '../ui/filter-field.tsx'
import { countText, plural } from '../ui/format-quantity.ts'
import { Notice } from '../ui/notice.tsx'
import { RowHeads } from '../ui/row-cell.tsx'
import { useMediaQuery } from '../ui/use-media-query.ts'
import { DestinationLine, destinationColumns } from './destination-line.tsx'
import { type DestinationsAsk, destinationsPath, useDestinationsUrl } from './destination-url.ts'
import { PastBook } from './past-book.tsx'
import { useSettled } from './use-settled.ts'

const typingMs = 200
const againMs = 3_000
const heads = ['Destination', 'Name, as said', 'Sessions', 'Bytes', 'First seen', 'Last seen', 'Known as']
const chips = [
  { value: 'new', word: 'New' },
  { value: 'unlisted', word: 'On no list' },
  { value: 'partly', word: 'Partly listed' },
  { value: 'listed', word: 'On allowlist' },
] as const

export function DestinationsView() {
  // The banner and the pill live on the same socket as everything else.
  useWatch({ view: 'live' })
  const [url, setUrl] = useDestinationsUrl()
  const at = usePastAt()
  const path = asOf(destinationsPath({ ...url, q: useSettled(url.q, typingMs) }), at)
  const everyMs = at === undefined ? againMs : pastAgainMs
  const { value, isEarlier, problem, again } = useListed(path, DestinationPage, true, everyMs)
  const { held } = useHold()
  const [inUse, setInUse] = useState(false)
  const [kept, setKept] = useState<{ path: string; page: DestinationPage }>()
  const still = (held || inUse) && kept?.path === path
  if (value && !still && kept?.page !== value) setKept({ path, page: value })
  const page = still ? kept?.page : value
  const input = useRef<HTMLInputElement>(null)
  useShortcuts({ '/': () => input.current?.focus() })
  const clear = () => void setUrl({ q: null, listing: null, new: null, session: null, host: null })
  if (!page) return <NothingYet what="where sessions connected to" problem={problem} again={again} />
  return (
    <>
      <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1.5 border-b px-4 py-1.5 max-md:px-3">
        <FilterChips
          label="Which destinations"
          chips={chips}
          on={[...(url.new ? (['new'] as const) : []), ...(url.listing ? [url.listing] : [])]}
          onToggle={(name) =>
            void setUrl(
              name === 'new' ? { new: url.new ? null : true } : { listing: url.listing === name ? null : name },
            )
          }
          className="max-md:order-2 max-md:w-full"
        />
        <Narrowed url={url} onClear={(which) => void setUrl({ [which]: null })} />
        <FilterField
          of="destinations"
          value={url.q}
          onChange={(q) => void setUrl({ q: q === '' ? null : q })}
          hint="address, port, name, session"
          input={input}
          className="w-72"
        />
      </div>
      <p className="shrink-0 border-b px-4 py-1.5 text-sm text-muted max-md:px-3">{sentence(page)}</p>
      <PastBook of={page.past} />
      {isEarlier && at !== undefined && (
        <p className="shrink-0 border-b px-4 py-1.5 text-sm text-warn max-md:px-3">
          These are of another moment: this one is being counted.
        </p>
      )}
      <AskAgain problem={problem} again={again} />
      {page.destinations.length === 0 ? (
        <NoDestinations page={page} onClear={clear} />
      ) : (
        <Rows page={page} onUse={setInUse} />
      )}
    </>
  )
}

function Narrowed({ url, onClear }: { url: DestinationsAsk; onClear: (which: 'session' | 'host') => void }) {
  return (
    <>
      {(['session', 'host'] as const).map((which) =>
        url[which] === '' ? null : (
          <Button key={which} look="quiet" className="max-w-60 max-md:h-11" onClick={() => onClear(which)}>
            <span className="truncate">
              {which} {url[which]}
            </span>
            <span className="sr-only">: show all</span> ×
          </Button>
        ),
      )}
    </>
  )
}

function Rows({ page, onUse }: { page: DestinationPage; onUse: (inUse: boolean) => void }) {
  const now = useNow(1_000)
  const scroller = useRef<HTMLElement>(null)
  const isWide = useMediaQuery('(min-width: 80rem)')
  const height = isWide ? 39 : 112
  const virtual = useVirtualizer({
    count: page.destinations.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    getItemKey: (index) => page.destinations[index]?.key ?? index,
    overscan: 6,
    useFlushSync: false,
  })
  return (
    <>
      <RowHeads heads={heads} columns={destinationColumns} className="shrink-0 [&>:first-child]:pl-0" />
      <section
        ref={scroller}
        aria-label="Destinations"
        className="min-h-0 flex-1 overflow-y-auto overflow-x-hidden"
        onPointerEnter={(event) => event.pointerType === 'mouse' && onUse(true)}
        onPointerLeave={() => onUse(false)}
        onFocus={() => onUse(true)}
        onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && onUse(false)}
      >
        <ul style={{ height: virtual.getTotalSize() }} className="relative">
          {virtual.getVirtualItems().map(({ index, key, start }) => {
            const row = page.destinations[index]
            return (
              row && (
                <li
                  key={key}
                  style={{ height, transform: `translateY(${start}px)` }}
                  className="absolute inset-x-0 top-0"
                >
                  <DestinationLine of={row} now={now} />
                </li>
              )
            )
          })}
        </ul>
      </section>
    </>
  )
}

function sentence({
  destinations,
  matching,
  kept,
  newCount,
  newUnlisted,
  forgotten,
  isReading,
}: DestinationPage): string {
  return [
    `${countText(matching)} of ${plural(kept, 'destination')}, as hosts and trainers told them`,
    ...(destinations.length < matching ? [`the first ${countText(destinations.length)} are shown: narrow them`] : []),
    `${countText(newCount)} new in 24 h, ${countText(newUnlisted)} of them not wholly on an allowlist`,
    ...(forgotten > 0 ? [`${countText(forgotten)} of little use forgotten`] : []),
    ...(isReading ? ['the log is still being read: counts will grow'] : []),
  ].join(' · ')
}

function NoDestinations({ page, onClear }: { page: DestinationPage; onClear: () => void }) {
  if (page.kept > 0)
    return (
      <Notice icon={<SearchX aria-hidden />} title="No destination matches">
        <p>{plural(page.kept, 'destination is', 'destinations are')} kept; none fits what is asked.</p>
        <Button className="mt-3 max-md:h-11" onClick={onClear}>
          Show all
        </Button>
      </Notice>
    )
  return (
    <Notice
      icon={<Network aria-hidden />}
      title={
        page.isReading
          ? 'The log is being read'
          : page.past
            ? 'No session had connected beyond its own host, as far as is known'
            : 'No session has connected beyond its own host yet'
      }
    >
      <p>
        Connections are seen by the probe on a session’s host. Loopback is left out. What firewalls say stands under
        Signals, whether a session is known or not.
      </p>
    </Notice>
  )
}
