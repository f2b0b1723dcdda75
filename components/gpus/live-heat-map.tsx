'use client'
// The heat map as the Live page has room for it: a column a host, a cell a GPU by what it does. Reads for itself; takes no props.
import Link from 'next/link'
import { memo, useDeferredValue, useMemo } from 'react'
import type { GpuTruthView } from '../../server/protocol/gpu-truth-view.ts'
import { useNow } from '../live/use-now.ts'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf, pastAgainMs } from '../replay/replay-words.ts'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { useListed } from '../settings/use-listed.ts'
import { plural } from '../ui/format-quantity.ts'
import { visibleText } from '../ui/visible-text.ts'
import { GpuListAnswer } from './gpu-list-answer.ts'
import { gpuPath } from './gpu-path.ts'
import { byHost, worstText } from './gpu-words.ts'
import { type HeatCell, heatCell } from './heat-cell.ts'
import { smallCellStyle } from './heat-look.ts'
import { useRoving } from './use-roving.ts'

/** It stands beside other things, and an old reading says so by itself. */
const againMs = 5_000
const meanings = [
  ['idle', { state: 'plain', band: 0 }],
  ['busy', { state: 'plain', band: 4 }],
  ['off task', { state: 'off task', band: 5 }],
  ['frozen', { state: 'frozen', band: 0 }],
  ['not heard', { state: 'not now', band: undefined }],
] as const

const noGpus: readonly GpuTruthView[] = []

export function LiveHeatMap() {
  const past = usePastAt()
  const { value, isEarlier, problem, again } = useListed(
    asOf('/api/gpus?points=0', past),
    GpuListAnswer,
    true,
    past === undefined ? againMs : pastAgainMs,
  )
  // A thousand cells are drawn when there is time for it: never between a hand and the rows above.
  const gpus = useDeferredValue(value?.gpus ?? noGpus, noGpus)
  return (
    <section
      aria-label="GPUs by host"
      data-stale={problem !== undefined || isEarlier}
      className="flex min-h-0 min-w-0 flex-col"
    >
      <header className="flex flex-wrap items-baseline gap-x-3 gap-y-1 px-4 pt-3 max-md:px-3">
        <h2 className="font-medium">
          <Link href="/gpus" prefetch={false} className="underline-offset-2 hover:underline">
            GPUs
          </Link>
        </h2>
        {value && value.gpus.length > 0 && (
          <span className="text-muted">
            {value.gpus.length} on {plural(new Set(value.gpus.map(({ host }) => host)).size, 'host')}
          </span>
        )}
        <ul aria-label="What the cells mean" className="ml-auto flex flex-wrap gap-x-3 text-xs text-muted">
          {meanings.map(([words, look]) => (
            <li key={words} className="flex items-center gap-1.5">
              <span aria-hidden style={smallCellStyle(look)} className="size-2.5 rounded-xs border" /> {words}
            </li>
          ))}
        </ul>
      </header>
      {!value && <NothingYet what="which GPUs there are" problem={problem} again={again} />}
      {value && <AskAgain problem={problem} again={again} />}
      {value?.gpus.length === 0 && (
        <p className="px-4 py-2 text-muted max-md:px-3">
          No host and no exporter {past === undefined ? 'has named a GPU yet' : 'had named a GPU then'}.
        </p>
      )}
      {value && value.gpus.length > 0 && <Columns gpus={gpus} />}
    </section>
  )
}

const Columns = memo(function Columns({ gpus }: { gpus: readonly GpuTruthView[] }) {
  const now = useNow(againMs)
  const hosts = useMemo(() => {
    let number = 0
    return byHost(gpus).map(({ host, gpus: ofHost }) => ({
      host,
      cells: ofHost.map((gpu) => ({ ...heatCell(gpu, 'sm', now), href: gpuPath(gpu), number: number++ })),
    }))
  }, [gpus, now])
  const { at, pointed, props } = useRoving(
    hosts.map(({ cells }) => cells.length),
    'columns',
  )
  const pointedCell = hosts.flatMap(({ cells }) => cells).find(({ number }) => number === pointed)
  const worst = worstText(gpus)
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a map of links, not a form's fieldset */}
      <div
        {...props}
        role="group"
        aria-label="GPUs, a column a host: arrow keys move, Enter opens"
        className="facts flex min-h-0 flex-1 flex-wrap content-start contain-content gap-x-1 gap-y-3 overflow-y-auto px-4 py-2.5 max-md:px-3"
      >
        {hosts.map(({ host, cells }) => (
          <div key={host} className="flex flex-col gap-1">
            {cells.map(({ key, href, number, state, band, name }) => (
              <Cell key={key} {...{ href, number, state, band, name }} isStop={number === at} />
            ))}
          </div>
        ))}
      </div>
      <p className="truncate px-4 pb-3 text-sm max-md:px-3">
        {pointedCell ? (
          <span aria-hidden>{visibleText(pointedCell.words)}</span>
        ) : (
          <span className={worst ? 'text-critical' : 'text-muted'}>{worst ?? 'none is known to be off task'}</span>
        )}
      </p>
    </>
  )
})

type CellProps = Pick<HeatCell, 'state' | 'band' | 'name'> & { href: string; number: number; isStop: boolean }

const Cell = memo(function Cell({ href, number, isStop, state, band, name }: CellProps) {
  return (
    // biome-ignore lint/a11y/useAnchorContent: its name is its label; no element more than one a GPU
    <a
      href={href}
      aria-label={visibleText(name)}
      data-cell={number}
      tabIndex={isStop ? 0 : -1}
      style={smallCellStyle({ state, band })}
      className="block h-3 w-2.5 rounded-xs border"
    />
  )
})
