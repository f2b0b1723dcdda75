// A row while its list moves: state, names and what it does, in as few elements as can say them. Charts, controls and all that lies
// under the pointer come when the list rests (`list-rest.ts`). It says less than the whole row, never something else.
import type { ReactNode } from 'react'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { classNames } from '../ui/class-names.ts'
import { countText, endpointText } from '../ui/format-quantity.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import type { ColumnKey } from './columns.ts'
import { DoingText } from './session-cells.tsx'
import { StateIcon } from './state-icon.tsx'

type Props = { row: SessionRow; columns: readonly ColumnKey[]; template: string }

export function MovingLine({ row, columns, template }: Props) {
  return (
    <div style={{ gridTemplateColumns: template }} className="grid h-[38px] items-center gap-x-3 pr-4 leading-[15px]">
      {/* biome-ignore-start lint/a11y/useSemanticElements: cells of virtualised rows */}
      {/* biome-ignore-start lint/a11y/useFocusableInteractive: nothing in a moving row takes the focus */}
      <div role="cell" className="flex justify-center pl-2">
        <StateIcon row={row} />
      </div>
      <Cell
        first={<HostileText text={row.name ?? row.session} max={64} className="font-mono text-sm" />}
        second={row.name && <span className="font-mono text-xs text-muted">{row.session}</span>}
      />
      {columns.map((column) => (
        <Cell key={column} {...linesOf(column, row)} />
      ))}
      <div role="cell" />
      {/* biome-ignore-end lint/a11y/useFocusableInteractive: as above */}
      {/* biome-ignore-end lint/a11y/useSemanticElements: as above */}
    </div>
  )
}

type Lines = { first?: ReactNode; second?: ReactNode }

/** Both lines in one box that is cut: a box for each would be one more clip to paint. */
function Cell({ first, second }: Lines) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a cell of a virtualised row
    <div role="cell" className="min-w-0 truncate">
      {first}
      {first && second && <br />}
      {second}
    </div>
  )
}

function linesOf(column: ColumnKey, row: SessionRow): Lines {
  switch (column) {
    case 'agent':
      return {
        first: (
          <HostileText
            text={row.agent ?? 'unnamed agent'}
            max={80}
            className={classNames(row.agent === undefined && 'text-muted')}
          />
        ),
        second: <HostileText text={row.task ?? 'no task given'} max={120} className="text-xs text-muted" />,
      }
    case 'host':
      return {
        first: <span className="font-mono text-sm">{row.host ?? '—'}</span>,
        second: <span className="font-mono text-xs text-muted">gpu {row.gpuIndexes.join(',') || '—'}</span>,
      }
    case 'doing':
      return { first: <DoingText row={row} /> }
    case 'egress': {
      const [newest] = row.remotes
      return {
        first: (
          <span className={classNames('font-mono text-sm', !newest?.open && 'text-muted')}>
            {newest ? endpointText(newest.remote) : '—'}
          </span>
        ),
        second: <span className="text-xs text-muted">{row.openConnections} open</span>,
      }
    }
    case 'actions':
      return { first: <span className="font-mono text-sm">{countText(row.actionCount)}</span> }
    default:
      // Courses, ages and sentences of what was taken away: with the rest.
      return {}
  }
}
