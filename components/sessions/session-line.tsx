'use client'
// One session in the Live table: a 38 px row of two lines, or a card on a narrow screen. Subscribes to its own row only.
import Link from 'next/link'
import { type CSSProperties, memo, type ReactNode, useEffect, useRef, useState } from 'react'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { containmentOf, notInForce } from '../controls/containment-state.ts'
import { openTroubleOf } from '../controls/control-trouble.ts'
import { PauseControl } from '../controls/pause-control.tsx'
import { useRow } from '../live/live-context.tsx'
import { classNames } from '../ui/class-names.ts'
import { countText } from '../ui/format-quantity.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import type { ColumnKey } from './columns.ts'
import type { ListRest } from './list-rest.ts'
import { ModelCell, SeenCell, TakenAwayCell } from './more-cells.tsx'
import { MovingLine } from './moving-line.tsx'
import { RestrictionMarks } from './restriction-marks.tsx'
import { RiskCell } from './risk-cell.tsx'
import { SelectBox } from './select-box.tsx'
import { AgentCell, CpuCell, DoingCell, EgressCell, HostCell } from './session-cells.tsx'
import { sessionPath } from './session-path.ts'
import { StateIcon } from './state-icon.tsx'

type Props = {
  session: string
  index: number
  top: number
  focused: boolean
  leaving: boolean
  narrow: boolean
  /** The same array while the columns are the same. */
  columns: readonly ColumnKey[]
  template: string
  /** Always the same. */
  rest: ListRest
  onFocus: (session: string) => void
}

export const SessionLine = memo(function SessionLine(props: Props) {
  const { session, index, top, focused, leaving, narrow, columns, template, rest, onFocus } = props
  const newest = useRow(session)
  // What comes into sight while the list moves is drawn in short and made whole where it comes to rest; what is whole stays so.
  const [whole, setWhole] = useState(() => !rest.moving())
  useEffect(() => (whole ? undefined : rest.atRest(() => setWhole(true))), [whole, rest])
  // A session that left the view stays readable until the operator's hand is off the table.
  const last = useRef<SessionRow>(undefined)
  if (newest) last.current = newest
  const row = newest ?? last.current
  if (!row) return null
  // No transform and no clip of its own: each would be one more piece to paint of every row in every frame.
  const style: CSSProperties = { top }
  const failed =
    openTroubleOf(row) !== undefined || containmentOf(row)?.state === 'partly' || notInForce(row).length > 0
  const tint = classNames(
    row.state === 'paused' && 'bg-frozen/6',
    row.state === 'silent' && 'bg-warn/5',
    row.state === 'ended' && 'text-muted',
    leaving && 'opacity-85',
    focused ? 'shadow-[inset_2px_0_0_var(--info)] bg-raised' : 'hover:bg-panel',
    // After the others, so that it wins: what failed stays red under the pointer and with the focus.
    row.escapedCount > 0 && 'bg-critical/7 hover:bg-critical/9',
    failed && 'bg-critical/14 hover:bg-critical/16',
    failed && !focused && 'shadow-[inset_3px_0_0_var(--critical)]',
  )
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows are virtualised and positioned, which table elements cannot be
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-current={focused || undefined}
      tabIndex={focused ? 0 : -1}
      data-session={session}
      style={style}
      onFocus={() => onFocus(session)}
      className={classNames('absolute inset-x-0 border-b outline-offset-[-2px] [contain:layout_style]', tint)}
    >
      {narrow ? (
        <CardLine row={row} />
      ) : whole ? (
        <TableLine row={row} columns={columns} template={template} />
      ) : (
        <MovingLine row={row} columns={columns} template={template} />
      )}
    </div>
  )
})

function SessionName({ row }: { row: SessionRow }) {
  return (
    <Link
      href={sessionPath(row.session)}
      prefetch={false}
      tabIndex={-1}
      title={row.session}
      className="block truncate font-mono text-sm hover:underline max-md:text-base"
    >
      {row.name ? <HostileText text={row.name} max={64} /> : row.session}
    </Link>
  )
}

type LineProps = { row: SessionRow; columns: readonly ColumnKey[]; template: string }

function TableLine({ row, columns, template }: LineProps) {
  return (
    <div style={{ gridTemplateColumns: template }} className="grid h-[38px] items-center gap-x-3 pr-4 leading-[15px]">
      {/* biome-ignore-start lint/a11y/useSemanticElements: cells of virtualised rows */}
      {/* biome-ignore-start lint/a11y/useFocusableInteractive: cells are not focused, their row and controls are */}
      <div role="cell" className="flex justify-center pl-2">
        <SelectBox session={row.session} ended={row.state === 'ended'} />
        <StateIcon row={row} />
      </div>
      <div role="cell" className="min-w-0">
        <span className="flex min-w-0 items-center gap-1.5">
          <span className="min-w-0 truncate">
            <SessionName row={row} />
          </span>
          <RestrictionMarks row={row} />
        </span>
        {row.name && <span className="block truncate font-mono text-xs text-muted">{row.session}</span>}
      </div>
      {columns.map((column) => (
        <div key={column} role="cell" className="min-w-0">
          {cellOf(column, row)}
        </div>
      ))}
      <div role="cell" className="flex justify-end">
        <PauseControl row={row} />
      </div>
      {/* biome-ignore-end lint/a11y/useFocusableInteractive: as above */}
      {/* biome-ignore-end lint/a11y/useSemanticElements: as above */}
    </div>
  )
}

function cellOf(column: ColumnKey, row: SessionRow): ReactNode {
  switch (column) {
    case 'agent':
      return <AgentCell session={row.session} agent={row.agent} task={row.task} />
    case 'host':
      return <HostCell host={row.host} gpus={row.gpuIndexes.join(',')} />
    case 'risk':
      return <RiskCell risk={row.risk} flagged={row.flagged} />
    case 'doing':
      return <DoingCell row={row} />
    case 'egress':
      return <EgressCell row={row} />
    case 'cpu':
      return <CpuCell row={row} />
    case 'capabilities':
      return <TakenAwayCell row={row} />
    case 'actions':
      return <span className="font-mono text-sm">{countText(row.actionCount)}</span>
    case 'seen':
      return <SeenCell atMs={row.lastEventAtMs} />
    case 'model':
      return <ModelCell models={row.models} />
  }
}

function CardLine({ row }: { row: SessionRow }) {
  return (
    <div className="flex h-[68px] items-center gap-3 px-3">
      {/* biome-ignore lint/a11y/useSemanticElements: as in the table */}
      <div role="cell" className="flex shrink-0">
        <SelectBox session={row.session} ended={row.state === 'ended'} />
        <StateIcon row={row} className="size-5" />
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as in the table */}
      <div role="cell" className="min-w-0 flex-1">
        <div className="flex min-w-0 items-baseline gap-2">
          <span className="min-w-16 max-w-[75%] truncate">
            <SessionName row={row} />
          </span>
          <RestrictionMarks row={row} className="self-center" />
          <RiskCell risk={row.risk} flagged={row.flagged} card />
          <HostileText text={row.agent ?? ''} max={60} className="truncate text-sm text-muted" />
        </div>
        <DoingCell row={row} card />
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as in the table */}
      <div role="cell" className="flex shrink-0 justify-end">
        <PauseControl row={row} size="touch" compact />
      </div>
    </div>
  )
}
