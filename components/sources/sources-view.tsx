'use client'
// The room of sources: which facts come in through which door, how fast, how late, and what was refused there and why.
import { ListFilter, RotateCw, SearchX } from 'lucide-react'
import { parseAsArrayOf, parseAsString, useQueryStates } from 'nuqs'
import { useRef } from 'react'
import { z } from 'zod'
import { SourceView } from '../../server/protocol/source-view.ts'
import { useWatch } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import type { ApiProblem } from '../settings/api-call.ts'
import { ProblemLine } from '../settings/section.tsx'
import { useListed } from '../settings/use-listed.ts'
import { useShortcuts } from '../shell/use-shortcuts.ts'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { countText } from '../ui/format-quantity.ts'
import { KeyCap } from '../ui/key-cap.tsx'
import { Notice } from '../ui/notice.tsx'
import { AddingSources, NoSources } from './adding-sources.tsx'
import { SourceLine, sourceColumns } from './source-line.tsx'
import { inOrder, sourceMatches, summaryText } from './source-words.ts'

const Sources = z.object({ sources: z.array(SourceView) })
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
  const { value, problem, again } = useListed('/api/sources', Sources, true, againMs)
  if (!value) return <NothingYet problem={problem} again={again} />
  return (
    <div className="relative min-h-0 flex-1 overflow-y-auto">
      <Problem problem={problem} again={again} />
      {value.sources.length === 0 ? <NoSources /> : <SourceList sources={value.sources} />}
    </div>
  )
}

function NothingYet({ problem, again }: { problem: ApiProblem | undefined; again: () => Promise<void> }) {
  if (problem) return <Problem problem={problem} again={again} />
  return (
    <p role="status" className="px-4 py-6 text-muted">
      Asking which sources there are
    </p>
  )
}

function Problem({ problem, again }: { problem: ApiProblem | undefined; again: () => Promise<void> }) {
  if (!problem) return null
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 pt-2 pb-3 max-md:px-3">
      <div className="min-w-0 flex-1 basis-72">
        <ProblemLine problem={problem} />
      </div>
      <Button className="mt-2 max-md:h-11" onClick={() => void again()}>
        <RotateCw aria-hidden /> Try again
      </Button>
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
  const heading = () => [...(list.current?.querySelectorAll<HTMLElement>('[data-source]') ?? [])]
  const move = (step: number) => {
    const all = heading()
    const at = all.indexOf(document.activeElement as HTMLElement)
    all[at === -1 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))]?.focus()
  }
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    o: () =>
      heading()
        .find((each) => each === document.activeElement)
        ?.click(),
    ...(filtered && { '/': () => input.current?.focus() }),
  })
  return (
    <>
      <div className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-2 border-b px-4 py-1.5 max-md:px-3">
        <h2 className="sr-only">Sources</h2>
        <span aria-live="polite" className="text-muted">
          {q === '' ? summaryText(sources, now) : `${countText(shown.length)} of ${summaryText(sources, now)}`}
        </span>
        {filtered && (
          <label className="ml-auto flex h-7 w-64 items-center gap-2 rounded-md border bg-panel px-2 text-muted focus-within:border-info max-md:ml-0 max-md:h-9 max-md:w-full">
            <ListFilter aria-hidden className="size-3.5 shrink-0" />
            <span className="sr-only">Filter sources</span>
            <input
              ref={input}
              value={q}
              onChange={(event) => void setUrl({ q: event.target.value === '' ? null : event.target.value })}
              onKeyDown={(event) => {
                if (event.key === 'Enter') event.currentTarget.blur()
                if (event.key !== 'Escape') return
                if (q === '') event.currentTarget.blur()
                else void setUrl({ q: null })
              }}
              placeholder="Filter: name, format, reason…"
              spellCheck={false}
              autoComplete="off"
              className="min-w-0 flex-1 bg-transparent text-sm text-ink outline-none max-md:text-[16px]"
            />
            <span className="max-md:hidden">
              <KeyCap>/</KeyCap>
            </span>
          </label>
        )}
      </div>
      <div
        aria-hidden
        className={classNames(sourceColumns, 'h-7 items-center border-b px-4 text-xs text-muted max-xl:hidden')}
      >
        {heads.map((head, index) => (
          <span key={head} className={index === 0 ? 'pl-[22px]' : index > 4 ? 'text-right' : undefined}>
            {head}
          </span>
        ))}
      </div>
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
      <AddingSources />
    </>
  )
}
