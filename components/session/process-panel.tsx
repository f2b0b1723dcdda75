'use client'
// The session's processes as the host saw them: what is alive as a tree, what ended folded away; an escaped one is louder than the rest.
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
  const { alive, ended } = useMemo(() => {
    const isAlive = (process: ProcessView) => process.endedAtMs === undefined
    return {
      alive: processTree(processes.filter(isAlive)),
      ended: processes.filter((process) => !isAlive(process)).reverse(),
    }
  }, [processes])
  return (
    <Panel title="Processes" aside={`${alive.length} alive of ${processes.length + hidden}`}>
      {processes.length === 0 && (
        <p className="text-sm text-muted">
          No process seen: nothing holds this session, or it has not started one yet.
        </p>
      )}
      {alive.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        <ul className="max-h-72 overflow-y-auto" tabIndex={0} aria-label="Processes that are alive, as a tree">
          {alive.map(({ process, depth }) => (
            <ProcessLine key={`${process.pid} ${process.startTicks}`} process={process} depth={depth} />
          ))}
        </ul>
      )}
      {ended.length > 0 && (
        <details>
          <summary className="cursor-pointer py-1 text-sm text-muted hover:text-ink">
            {plural(ended.length, 'process', 'processes')} that ended, newest first
          </summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
          <ul className="max-h-72 overflow-y-auto" tabIndex={0} aria-label="Processes that ended">
            {ended.map((process) => (
              <ProcessLine key={`${process.pid} ${process.startTicks}`} process={process} depth={0} />
            ))}
          </ul>
        </details>
      )}
      {hidden > 0 && (
        <p className="pt-1 text-sm text-muted">{plural(hidden, 'more process', 'more processes')} not shown here.</p>
      )}
    </Panel>
  )
}

function ProcessLine({ process, depth }: { process: ProcessView; depth: number }) {
  return (
    <li
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
  )
}
