'use client'
// Where the session talks to, newest first as the server sends them: remote, process, bytes, and since when.
import type { ConnectionView } from '../../server/protocol/browser-messages.ts'
import { classNames } from '../ui/class-names.ts'
import { bytesText, endpointText, plural } from '../ui/format-quantity.ts'
import { clockText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { Panel } from './panel.tsx'

export function ConnectionPanel({ connections, hidden }: { connections: readonly ConnectionView[]; hidden: number }) {
  const open = connections.filter((each) => each.closedAtMs === undefined).length
  return (
    <Panel title="Connections" aside={`${open} open of ${connections.length + hidden}`}>
      {connections.length === 0 && <p className="text-sm text-muted">No connection seen.</p>}
      {connections.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        <ul className="max-h-80 overflow-y-auto" tabIndex={0} aria-label="Connections">
          {connections.map((each) => (
            <ConnectionLine key={each.connection} connection={each} />
          ))}
        </ul>
      )}
      {hidden > 0 && <p className="pt-1 text-sm text-muted">{plural(hidden, 'more connection')} not shown here.</p>}
    </Panel>
  )
}

function ConnectionLine({ connection: each }: { connection: ConnectionView }) {
  const closed = each.closedAtMs !== undefined
  return (
    <li
      className={classNames(
        'flex h-[38px] items-center gap-3 border-t leading-[15px] first:border-t-0',
        closed && 'text-muted',
      )}
    >
      <span className="min-w-0 flex-1" title={`${each.direction}, from ${endpointText(each.local)}`}>
        <span className="block truncate font-mono text-sm">{endpointText(each.remote)}</span>
        <span className="block truncate text-xs text-muted">
          {each.protocol}
          {each.comm !== undefined && (
            <>
              {' by '}
              <HostileText
                text={each.pid === undefined ? each.comm : `${each.comm}[${each.pid}]`}
                max={40}
                className="font-mono"
              />
            </>
          )}
        </span>
      </span>
      <span className="shrink-0 text-right font-mono text-xs text-muted">
        <span className="block">{each.bytesOut === undefined ? 'not counted' : `${bytesText(each.bytesOut)} out`}</span>
        <span className="block">{each.bytesIn === undefined ? '' : `${bytesText(each.bytesIn)} in`}</span>
      </span>
      <span className="w-16 shrink-0 text-right">
        <span className={classNames('block text-sm', !closed && 'text-ok')} title={each.state}>
          {closed ? 'closed' : 'open'}
        </span>
        <span className="block font-mono text-xs text-muted">{clockText(each.closedAtMs ?? each.openedAtMs)}</span>
      </span>
    </li>
  )
}
