'use client'
// The room of sources: which facts come in through which door, how fast, how late, and what was refused there and why.
import { SearchX } from 'lucide-react'
import { parseAsArrayOf, parseAsString, useQueryStates } from 'nuqs'
import { useRef } from 'react'
import { z } from 'zod'
import { CanaryView } from '../../server/protocol/canary-view.ts'
import { ProbeHeartbeat, SourceView } from '../../server/protocol/source-view.ts'
import { useWatch } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { useListed } from '../settings/use-listed.ts'
import { useRowKeys } from '../shell/use-row-keys.ts'
import { Button } from '../ui/button.tsx'
import { FilterField } from '../ui/filter-field.tsx'
import { countText } from '../ui/format-quantity.ts'
import { Notice } from '../ui/notice.tsx'
import { RowHeads } from '../ui/row-cell.tsx'
import { AddingSources, NoSources } from './adding-sources.tsx'
import { PipeHealth } from './pipe-health.tsx'
import { SourceLine, sourceColumns } from './source-line.tsx'
import { inOrder, sourceMatches, summaryText } from './source-words.ts'

const Sources = z.object({ sources: z.array(SourceView), probes: z.array(ProbeHeartbeat), canary: CanaryView })
const againMs = 2_000
/** More than these are easier found by name than by looking. */
const filterFrom = 9

const heads = [
  'Source',
  'Heard',
  'Rate',
  'Lag',
  'Clock',
  'Records',
  'Events',
  'Known',
  'Readings',
  'Skipped',
  'Refused',
]

export function SourcesView() {
  // The banner and the pill live on the same socket as everything else.
  useWatch({ view: 'live' })
  const now = useNow(1_000)
  const { value, problem, again } = useListed('/api/sources', Sources, true, againMs)
  if (!value) return <NothingYet what="which sources there are" problem={problem} again={again} />
  return (
    <div className="relative min-h-0 flex-1 overflow-y-auto">
      <AskAgain problem={problem} again={again} />
      {value.sources.length === 0 ? <NoSources /> : <SourceList sources={value.sources} />}
      <PipeHealth canary={value.canary} probes={value.probes} now={now} />
      <AddingSources isFirst={value.sources.length === 0} />
    </div>
  )
}

function SourceList({ sources }: { sources: readonly SourceView[] }) {
  const now = useNow(1_000)
  const [{ q, open }, setUrl] = useQueryStates(
    { q: parseAsString.withDefault(''), open: parseAsArrayOf(parseAsString).withDefault([]) },
    { history: 'replace', scroll: false },
  )
  const list = useRef<HTMLUListElement>(null)
  const input = useRef<HTMLInputElement>(null)
  const filtered = sources.length >= filterFrom || q !== ''
  const shown = inOrder(sources).filter(sourceMatches(q))
  const toggle = (id: string) =>
    void setUrl((before) => ({
      open: before.open.includes(id) ? before.open.filter((each) => each !== id) : [...before.open, id],
    }))
  useRowKeys({ list, ...(filtered && { filter: input }) })
  return (
    <>
      <div className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-2 border-b px-4 py-1.5 max-md:px-3">
        <h2 className="sr-only">Sources</h2>
        <span aria-live="polite" className="text-muted">
          {q === '' ? summaryText(sources, now) : `${countText(shown.length)} of ${summaryText(sources, now)}`}
        </span>
        {filtered && (
          <FilterField
            of="sources"
            value={q}
            onChange={(next) => void setUrl({ q: next === '' ? null : next })}
            hint="name, format, reason"
            input={input}
          />
        )}
      </div>
      <RowHeads heads={heads} columns={sourceColumns} countsFrom={5} />
      {shown.length === 0 ? (
        <Notice icon={<SearchX aria-hidden />} title="No source matches the filter">
          <Button className="mt-1 max-md:h-11" onClick={() => void setUrl({ q: null })}>
            Clear the filter
          </Button>
        </Notice>
      ) : (
        <ul ref={list} aria-label="Sources">
          {shown.map((source) => (
            <SourceLine
              key={source.id}
              source={source}
              now={now}
              open={open.includes(source.id)}
              onToggle={() => toggle(source.id)}
            />
          ))}
        </ul>
      )}
    </>
  )
}
