'use client'
// Whether the session's tool calls really pass the gate: what was observed of it, and what its doors claim to be.
import type { GateHealthView } from '../../server/protocol/gate-health.ts'
import { useNow } from '../live/use-now.ts'
import { classNames } from '../ui/class-names.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { GateIcon } from './gate-mark.tsx'
import { doorWords, gateWords } from './gate-words.ts'
import { Panel } from './panel.tsx'

export function GatePanel({ gate, stale }: { gate: GateHealthView | undefined; stale: boolean }) {
  const now = useNow(gate === undefined ? undefined : 1_000)
  const { tone, title, detail } = gateWords(gate, now, !stale)
  return (
    <Panel title="Gate" aside={gate === undefined ? undefined : 'what was observed of it'}>
      <div className="flex gap-2.5">
        <GateIcon tone={tone} className="mt-0.5 size-4" />
        <div className="min-w-0" role={tone === 'critical' ? 'alert' : undefined}>
          <p className={classNames('font-medium', tone === 'critical' ? 'text-critical' : 'text-ink')}>{title}</p>
          <p className="text-sm text-muted">{detail}</p>
          {gate?.bypassed && (
            <p className="text-sm text-muted">
              <HostileText text={gate.bypassed.tool} max={80} /> · call{' '}
              <HostileText text={gate.bypassed.call} max={80} className="font-mono text-xs break-all" />
            </p>
          )}
        </div>
      </div>
      {gate && gate.doors.length > 0 && (
        <ul className="mt-2">
          {gate.doors.map((door) => (
            <li key={door.name} className="border-t py-1.5 last:pb-0">
              <p title="A name and a version that the caller gives itself">
                <HostileText text={door.name} max={48} className="font-mono text-xs" />
                {door.version !== undefined && (
                  <HostileText text={` ${door.version}`} max={24} className="font-mono text-xs text-muted" />
                )}
              </p>
              <p className="text-sm text-muted">{doorWords(door, now)}</p>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
