'use client'
// What the agent may use: wanted and enforced told apart, by whom, and before the click whether this host can do it at all.
import { Cpu, FolderPen, Globe, KeyRound, type LucideIcon, SquareTerminal } from 'lucide-react'
import type { SessionDetail, SessionRow } from '../../server/protocol/browser-messages.ts'
import type { Capability } from '../../server/protocol/control.ts'
import type { CapabilityView } from '../../server/protocol/control-views.ts'
import { capabilityName } from '../controls/control-trouble.ts'
import { useAsked } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { classNames } from '../ui/class-names.ts'
import { clockText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { CapabilityButton } from './capability-button.tsx'
import { type CapabilityStatus, type CapabilityTone, capabilityStatus, stopwatchText } from './capability-words.ts'
import { Panel } from './panel.tsx'

type Props = { row: SessionRow; capabilities: SessionDetail['capabilities']; controls: SessionDetail['controls'] }

export function CapabilityPanel({ row, capabilities, controls }: Props) {
  if (row.state === 'ended') {
    return (
      <Panel title="Capabilities" aside="wanted · enforced">
        <p className="text-sm text-muted">The session has ended: nothing is left to take away.</p>
      </Panel>
    )
  }
  return (
    <Panel title="Capabilities" aside="wanted · enforced">
      <ul>
        {capabilities.map((view) => (
          <CapabilityLine key={view.capability} view={view} row={row} controls={controls} />
        ))}
      </ul>
      <WholeMeans row={row} />
    </Panel>
  )
}

const icons: Readonly<Record<Capability, LucideIcon>> = {
  network: Globe,
  shell: SquareTerminal,
  gpu: Cpu,
  files: FolderPen,
  credentials: KeyRound,
}
const textOf: Readonly<Record<CapabilityTone, string>> = {
  plain: 'text-ink',
  revoked: 'text-frozen',
  warn: 'text-warn',
  critical: 'font-medium text-critical',
}

function CapabilityLine({ view, row, controls }: { view: CapabilityView } & Omit<Props, 'capabilities'>) {
  const asked = useAsked(row.session)
  const ticking = capabilityStatus(view, controls, asked, 0).sinceMs !== undefined
  const now = useNow(ticking ? 250 : undefined)
  const status = capabilityStatus(view, controls, asked, now, row.state === 'silent')
  const Icon = icons[view.capability]
  const restricted = status.wanted === 'Revoked'
  return (
    <li
      data-capability={view.capability}
      className={classNames(
        '-mx-4 grid grid-cols-[16px_minmax(0,1fr)_auto] items-center gap-x-3 gap-y-0.5 border-t px-4 py-2 first:border-t-0',
        status.tone === 'critical' && 'bg-critical/10 shadow-[inset_3px_0_0_var(--critical)]',
      )}
    >
      <Icon
        aria-hidden
        className={classNames(
          'size-4',
          status.tone === 'critical' ? 'text-critical' : restricted ? 'text-revoked' : 'text-muted',
        )}
      />
      <p role={restricted ? 'status' : undefined} className="flex min-w-0 flex-wrap items-baseline gap-x-2">
        <span className="w-[76px] shrink-0 font-medium first-letter:uppercase">{capabilityName[view.capability]}</span>
        <span className="min-w-0">
          <span className={classNames(restricted && status.tone !== 'critical' && 'text-revoked')}>
            {status.wanted}
          </span>
          {status.read !== '' && <span className="text-muted"> · </span>}
          <span className={textOf[status.tone]}>
            {status.read}
            {status.sinceMs !== undefined && (
              <span className="font-mono text-sm"> {stopwatchText(now - status.sinceMs)}</span>
            )}
          </span>
          {view.can === 'best-effort' && (
            <span className="ml-1.5 rounded-xs bg-warn/15 px-1 text-2xs text-warn">best effort</span>
          )}
        </span>
      </p>
      <CapabilityButton row={row} view={view} status={status} />
      <div className="col-span-2 col-start-2 min-w-0">
        <Under view={view} status={status} />
      </div>
    </li>
  )
}

/** Whose hands, and what was read; before the click, how it would be done. */
function Under({ view, status }: { view: CapabilityView; status: CapabilityStatus }) {
  const read = view.wanted || status.read !== '' ? view.observed : undefined
  return (
    <>
      <p
        className={classNames('text-sm text-muted', read === undefined && 'line-clamp-2')}
        title={
          read === undefined
            ? visibleText(view.detail, { max: 500 })
            : view.observedFrom && `read from ${visibleText(view.observedFrom)}`
        }
      >
        {view.enforcer !== '' && <HostileText text={view.enforcer} max={60} className="font-mono text-xs" />}
        {view.enforcer !== '' && (read ?? view.detail) !== '' && ' · '}
        {read === undefined ? (
          <>
            {view.can === 'no' && 'Not possible here. '}
            <HostileText text={view.detail} max={240} />
          </>
        ) : (
          <>
            <HostileText text={read} max={160} className="text-ink" />
            {view.readAtMs !== undefined && `, unchanged since ${clockText(view.readAtMs)}`}
          </>
        )}
      </p>
      {view.left.length > 0 && (
        <p className="text-sm text-critical">
          Left: <HostileText text={view.left.join(', ')} max={400} className="break-words" />
        </p>
      )}
    </>
  )
}

/** Pause and end are of the whole session: who would do it, said before the click. */
function WholeMeans({ row }: { row: SessionRow }) {
  const whole = row.abilities.filter((each) => each.name === 'pause' || each.name === 'end')
  if (whole.length === 0 && row.abilities.length > 0) return null
  return (
    <details className="-mx-4 border-t px-4 pt-2 text-sm text-muted">
      <summary className="cursor-pointer hover:text-ink max-md:min-h-11">
        <span className="font-medium text-ink">Before you click</span>
        {whole.length === 0 && ' · the host has not said what it can do to this session'}
        {whole.map((ability) => (
          <span key={ability.name}>
            {ability.name === 'pause' ? ' · pause ' : ' · end '}
            <span className={ability.can === 'proven' ? 'text-ok' : ability.can === 'no' ? 'text-ink' : 'text-warn'}>
              {ability.can === 'proven' ? 'proven' : ability.can === 'no' ? 'not possible' : 'best effort'}
            </span>
          </span>
        ))}
      </summary>
      {whole.map((ability) => (
        <p key={ability.name} className="pt-1">
          {ability.name === 'pause' ? 'Pause and contain' : 'End'}
          {ability.enforcer !== '' && (
            <>
              {' by '}
              <HostileText text={ability.enforcer} max={60} className="font-mono text-xs" />
            </>
          )}
          {ability.detail !== '' && (
            <>
              {': '}
              <HostileText text={ability.detail} max={240} />
            </>
          )}
        </p>
      ))}
    </details>
  )
}
