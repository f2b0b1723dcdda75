'use client'
// What a snapshot found, as tables: read by the host, except the last actions, which are the agent's own words and say so.
import { Download } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { EventView } from '../../server/protocol/browser-messages.ts'
import { EvidenceItems, type EvidenceProcess } from '../../server/protocol/evidence.ts'
import { bytesText, endpointText, plural } from '../ui/format-quantity.ts'
import { clockText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { AgentMark } from '../ui/trust-badge.tsx'

const shownAtFirst = 100

export function EvidenceTable({ event }: { event: EventView }) {
  const parsed = EvidenceItems.safeParse(event.data.evidence)
  return (
    <div className="border-t bg-panel px-4 py-2.5">
      <div className="flex flex-wrap items-center justify-between gap-2 pb-1.5 text-sm text-muted">
        <p>
          {parsed.success
            ? sourceOf(parsed.data)
            : 'This console cannot lay out this evidence; it is in the log whole.'}
        </p>
        {event.session && <EvidenceLink session={event.session} />}
      </div>
      {parsed.success && <Items evidence={parsed.data} />}
    </div>
  )
}

/** Everything that was taken as evidence of a session, as the log has it. */
export function EvidenceLink({ session }: { session: string }) {
  return (
    <a
      href={`/api/sessions/${encodeURIComponent(session)}/events?kinds=evidence.recorded&limit=5000`}
      download={`evidence-${session.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 80)}.json`}
      className="inline-flex items-center gap-1 text-info hover:underline max-md:min-h-11"
    >
      <Download aria-hidden className="size-3.5" /> All evidence of this session (JSON)
    </a>
  )
}

function sourceOf(evidence: EvidenceItems): string {
  if (evidence.part === 'actions') return 'Written by the agent, not verified: what it said that it did last.'
  if (evidence.part === 'gpu') return 'Read by the host from the GPU driver.'
  return 'Read by the host, outside the sandbox. Names and arguments are the processes’ own.'
}

function Items({ evidence }: { evidence: EvidenceItems }) {
  switch (evidence.part) {
    case 'processes':
      return <Rows items={evidence.items} heads={processHeads} cells={processCells} />
    case 'sockets':
      return (
        <Rows
          items={evidence.items}
          heads={['Remote', 'Local', 'State', 'Process', 'Out', 'In']}
          cells={(each) => [
            <Mono key="remote" text={endpointText(each.remote)} />,
            <Mono key="local" text={endpointText(each.local)} />,
            <Mono key="state" text={`${each.protocol} ${each.state}`} />,
            <Mono
              key="process"
              text={each.pid === undefined ? (each.comm ?? '') : `${each.comm ?? ''}[${each.pid}]`}
            />,
            each.bytesOut === undefined ? '—' : bytesText(each.bytesOut),
            each.bytesIn === undefined ? '—' : bytesText(each.bytesIn),
          ]}
        />
      )
    case 'files':
      return (
        <Rows
          items={evidence.items}
          heads={['PID', 'Descriptor', 'Opened']}
          cells={(each) => [each.pid, each.fd, <Mono key="target" text={each.target} />]}
        />
      )
    case 'gpu':
      return (
        <Rows
          items={evidence.items}
          heads={['GPU', 'Process', 'Memory']}
          cells={(each) => [
            <Mono key="gpu" text={each.gpu} />,
            <Mono key="process" text={`${each.comm}[${each.pid}]`} />,
            each.memoryUsedBytes === undefined ? '—' : bytesText(each.memoryUsedBytes),
          ]}
        />
      )
    case 'actions':
      return <Rows items={evidence.items} heads={['Started', 'Tool', 'Said']} cells={actionCells} />
  }
}

const processHeads = ['PID', 'Parent', 'State', 'Program', 'SHA-256 of the file that runs', 'Command', 'Folder']
function processCells(each: EvidenceProcess): ReactNode[] {
  return [
    each.pid,
    each.ppid,
    each.state,
    <span key="exe">
      <Mono text={each.exe ?? each.comm} />
      {each.exeDeleted && <strong className="font-medium text-critical"> deleted</strong>}
      {each.escaped && <strong className="font-medium text-critical"> outside its cgroup</strong>}
    </span>,
    each.exeSha256 === undefined ? '—' : <Hash key="hash" text={each.exeSha256} />,
    <Mono key="argv" text={each.argv.join(' ')} />,
    each.cwd === undefined ? '—' : <Mono key="cwd" text={each.cwd} />,
  ]
}

function actionCells(each: Extract<EvidenceItems, { part: 'actions' }>['items'][number]): ReactNode[] {
  return [
    clockText(each.startedAtMs),
    <Mono key="tool" text={each.tool} />,
    <span key="text" className="flex items-start gap-1">
      <AgentMark />
      <Mono text={each.text} />
      {each.running && <span className="shrink-0 text-warn">still running</span>}
    </span>,
  ]
}

function Mono({ text }: { text: string }) {
  return <HostileText text={text} max={500} className="break-all font-mono text-xs" />
}

/** The first digits tell two files apart at a glance; all of them are there to be copied. */
function Hash({ text }: { text: string }) {
  return (
    <code title={text} className="block w-28 select-all truncate font-mono text-xs">
      <HostileText text={text} max={64} />
    </code>
  )
}

type RowsProps<T> = { items: readonly T[]; heads: readonly string[]; cells: (item: T) => ReactNode[] }

function Rows<T>({ items, heads, cells }: RowsProps<T>) {
  const [all, setAll] = useState(false)
  if (items.length === 0) return <p className="text-sm text-muted">None was found.</p>
  const shown = all ? items : items.slice(0, shownAtFirst)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <div className="max-h-96 overflow-auto" tabIndex={0}>
      <table className="w-full border-collapse text-left text-sm">
        <thead className="sticky top-0 bg-panel text-xs text-muted">
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col" className="whitespace-nowrap border-b py-1 pr-3 font-normal">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((item, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: evidence does not change; its place is its identity
            <tr key={index} className="border-b align-top last:border-b-0">
              {cells(item).map((cell, column) => (
                <td key={heads[column]} className="py-1 pr-3">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length < items.length && (
        <button type="button" onClick={() => setAll(true)} className="py-2 text-info text-sm hover:underline">
          Show {plural(items.length - shown.length, 'more item')}
        </button>
      )}
    </div>
  )
}
