'use client'
// What the host of this session can see, and what it cannot: silence about a connection means little where connections are not seen.
import { CircleAlert, CircleSlash } from 'lucide-react'
import type { HostRow } from '../../server/protocol/browser-messages.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { Panel } from './panel.tsx'

const words = { processes: 'Processes', tcp: 'TCP', udp: 'UDP', cpu: 'CPU', memory: 'Memory', gpu: 'GPU' } as const

export function ObserverPanel({ host }: { host: HostRow | undefined }) {
  if (!host) return null
  const whole = host.observers.filter((observer) => observer.can === 'yes').map((observer) => words[observer.name])
  const lacking = host.observers.filter((observer) => observer.can !== 'yes')
  return (
    <Panel title="What the host sees" aside={whole.join(', ') || 'nothing without limits'}>
      <ul>
        {lacking.map((observer) => {
          const partly = observer.can === 'partly'
          const Icon = partly ? CircleAlert : CircleSlash
          return (
            <li key={observer.name} className="flex gap-2.5 border-t py-1.5 first:border-t-0">
              <Icon aria-hidden className="mt-0.5 size-3.5 shrink-0 text-muted" />
              <div className="min-w-0">
                <p>
                  <span className="font-medium">{words[observer.name]}</span>{' '}
                  <span className="text-muted">{partly ? 'in part' : 'not seen'}</span>
                </p>
                <HostileText text={observer.detail} max={240} className="block text-sm text-muted" />
              </div>
            </li>
          )
        })}
      </ul>
    </Panel>
  )
}
