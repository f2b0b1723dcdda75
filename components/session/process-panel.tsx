'use client'
// The session's processes as a tree, as the host saw them; an escaped one is louder than the rest.
import { TriangleAlert } from 'lucide-react'
import { useMemo } from 'react'
import type { ProcessView } from '../../server/protocol/browser-messages.ts'
import { classNames } from '../ui/class-names.ts'
import { plural } from '../ui/format-quantity.ts'
import { clockText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { Panel } from './panel.tsx'
import { processTree } from './process-tree.ts'

export function ProcessPanel({ processes, hidden }: { processes: readonly ProcessView[]; hidden: number }) {
  const lines = useMemo(() => processTree(processes), [processes])
  const alive = processes.filter((process) => process.endedAtMs === undefined).length
  return (
    <Panel title="Processes" aside={`${alive} alive of ${processes.length + hidden}`}>
      {lines.length === 0 && (
        <p className="text-sm text-muted">
          No process seen: nothing holds this session, or it has not started one yet.
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <ul className="max-h-72 overflow-y-auto" tabIndex={0} aria-label="Process tree">
        {lines.map(({ process, depth }) => (
          <li
            key={`${process.pid} ${process.startTicks}`}
            className={classNames(
              'flex h-[26px] min-w-0 items-center gap-2',
              process.endedAtMs !== undefined && 'text-muted',
            )}
            // Depth is a number of ours, not text from outside.
            style={{ paddingLeft: Math.min(depth, 12) * 14 }}
          >
            {process.escaped && <TriangleAlert aria-hidden className="size-3.5 shrink-0 text-critical" />}
            <span className="shrink-0 font-mono text-sm">
              <HostileText text={process.comm} max={32} />
              <span className="text-muted">[{process.pid}]</span>
            </span>
            {process.escaped && <span className="shrink-0 font-medium text-critical text-sm">escaped</span>}
            <HostileText
              text={process.argv.join(' ')}
              max={200}
              className="min-w-0 flex-1 truncate font-mono text-xs text-muted"
            />
            <span className="shrink-0 text-xs text-muted">
              {process.endedAtMs === undefined ? '' : `ended ${clockText(process.endedAtMs)}`}
            </span>
          </li>
        ))}
      </ul>
      {hidden > 0 && (
        <p className="pt-1 text-sm text-muted">{plural(hidden, 'more process', 'more processes')} not shown here.</p>
      )}
    </Panel>
  )
}
