'use client'
// Where the session talks to, newest first as the server sends them: remote, process, bytes, and since when.
import { Scissors } from 'lucide-react'
import type { ConnectionView } from '../../server/protocol/browser-messages.ts'
import { classNames } from '../ui/class-names.ts'
import { bytesText, endpointText, plural } from '../ui/format-quantity.ts'
import { clockText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { Panel } from './panel.tsx'

type Props = {
  connections: readonly ConnectionView[]
  hidden: number
  /** Its network is to be cut: how many are left is the question. */
  isRevoked: boolean
}

export function ConnectionPanel({ connections, hidden, isRevoked }: Props) {
  const open = connections.filter((each) => each.closedAtMs === undefined && !each.attempt).length
  const cut = connections.filter((each) => each.cut).length
  return (
    <Panel
      title="Connections"
      aside={
        <>
          {open} open of {connections.length + hidden}
          {cut > 0 && <span className="text-frozen"> · {cut} cut</span>}
        </>
      }
    >
      {isRevoked && (
        <p role="status" className={classNames('pb-1 text-sm', open === 0 ? 'text-frozen' : 'font-medium text-warn')}>
          {open === 0 ? '0 live flows' : `${plural(open, 'live flow')} left`}
        </p>
      )}
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
      <span className="min-w-16 shrink-0 text-right">
        <span
          className={classNames(
            'flex items-center justify-end gap-1 text-sm',
            each.cut || each.attempt ? 'text-frozen' : !closed && 'text-ok',
          )}
          title={
            each.attempt
              ? 'tried while its network was revoked: its packets are dropped'
              : each.cut
                ? 'ended while its network was revoked: cut, not closed by its owner'
                : each.state
          }
        >
          {each.cut && <Scissors aria-hidden className="size-3" />}
          {each.attempt ? 'dropped' : each.cut ? 'cut' : closed ? 'closed' : 'open'}
        </span>
        <span className={classNames('block font-mono text-xs', each.cut ? 'text-frozen' : 'text-muted')}>
          {clockText(each.closedAtMs ?? each.openedAtMs)}
        </span>
      </span>
    </li>
  )
}
