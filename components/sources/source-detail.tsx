// What one source sent, by kind, and what did not get in, by reason with the first record of each: quoted, and hostile.
import { Download } from 'lucide-react'
import type { SourceView } from '../../server/protocol/source-view.ts'
import { Part } from '../ui/fact-list.tsx'
import { bytesText, countText } from '../ui/format-quantity.ts'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { HeardStrips } from './heard-strip.tsx'
import { byCount, refusedFileName, refusedHref, usualPauseText } from './source-words.ts'

export function SourceDetail({ source }: { source: SourceView }) {
  return (
    <div className="grid gap-x-8 gap-y-4 border-t bg-panel px-4 py-3 max-md:px-3 lg:grid-cols-[minmax(0,1fr)_minmax(0,2fr)_minmax(0,2fr)] xl:pl-[38px]">
      {source.heard && (
        <Part title="Heard" className="lg:col-span-3">
          <HeardStrips heard={source.heard} />
          <p className="mt-1 text-sm text-muted">
            {usualPauseText(source.usualPauseMs)}
            {source.silentBecause &&
              `; silent because ${source.silentBecause.reason} at ${dateTimeText(source.silentBecause.atMs)}`}
          </p>
        </Part>
      )}
      <Part title="Understood">
        {source.understood.length === 0 ? (
          <p className="text-muted">Nothing yet.</p>
        ) : (
          <ul>
            {byCount(source.understood, (each) => each.what).map((each) => (
              <li key={each.what} className="flex items-baseline gap-3 border-t py-0.5 first:border-t-0">
                <HostileText text={each.what} max={128} className="min-w-0 flex-1 break-words font-mono text-sm" />
                <Count of={each.count} />
              </li>
            ))}
          </ul>
        )}
        <p className="mt-2 text-sm text-muted">
          {bytesText(source.bytes)} since {dateTimeText(source.firstSeenAtMs)}
          {source.newestAtMs !== undefined && `; its newest fact says ${dateTimeText(source.newestAtMs)}`}
        </p>
      </Part>
      <Part title="Skipped: understood, and no fact for Vigil">
        <Reasons reasons={source.skippedReasons} none="Nothing was skipped." />
      </Part>
      <Part title="Refused: meant as a fact and wrong">
        <Reasons reasons={source.refusedReasons} none="Nothing was refused." />
        {source.refused > 0 && (
          <a
            href={refusedHref(source)}
            download={refusedFileName(source)}
            className="mt-2 inline-flex items-center gap-1.5 text-info hover:underline max-md:min-h-11"
          >
            <Download aria-hidden className="size-3.5" /> Download refused records
            <span className="text-muted">(NDJSON, the newest 1,000)</span>
          </a>
        )}
      </Part>
    </div>
  )
}

function Reasons({ reasons, none }: { reasons: SourceView['skippedReasons']; none: string }) {
  if (reasons.length === 0) return <p className="text-muted">{none}</p>
  return (
    <ul>
      {byCount(reasons, (each) => each.reason).map((each) => (
        <li key={each.reason} className="border-t py-1 first:border-t-0">
          <p className="flex items-baseline gap-3">
            <HostileText text={each.reason} max={300} className="min-w-0 flex-1 break-words" />
            <Count of={each.count} />
          </p>
          {each.example !== '' && (
            <p className="mt-0.5 text-sm text-muted">
              first: <HostileText text={each.example} max={300} className="break-all font-mono text-xs leading-4" />
            </p>
          )}
        </li>
      ))}
    </ul>
  )
}

function Count({ of }: { of: number }) {
  return <span className="shrink-0 font-mono text-sm">{countText(of)}</span>
}
