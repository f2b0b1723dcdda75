'use client'
// Evidence that the session lives: per signal when it was last seen, and whether that is longer ago than usual.
import { CircleCheck, CircleDashed, Clock } from 'lucide-react'
import type { HostRow, SessionDetail, SessionRow } from '../../server/protocol/browser-messages.ts'
import { useSamples, useView } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { classNames } from '../ui/class-names.ts'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { type LifeSignal, lifeSignals, type SignalName } from './life-signals.ts'
import { Panel } from './panel.tsx'

const words: Readonly<Record<SignalName, string>> = {
  process: 'Processes',
  actions: 'Actions',
  output: 'Output',
  network: 'Network',
  gpu: 'GPU',
  gate: 'Gate',
}

const marks = {
  fresh: { Icon: CircleCheck, word: 'fresh', tone: 'text-ok' },
  stale: { Icon: Clock, word: 'stale', tone: 'text-warn' },
  never: { Icon: CircleDashed, word: '', tone: 'text-muted' },
} as const

type Props = { row: SessionRow; detail: SessionDetail; host: HostRow | undefined; stale: boolean }

export function LifePanel({ row, detail, host, stale }: Props) {
  const nowMs = useNow(1_000)
  const points = useSamples(row.session)
  const events = useView((view) => view.events)
  const hasOlder = useView((view) => view.olderEvents || view.skipped > 0)
  const { gate, processes, connections } = detail
  const signals = lifeSignals({ row, gate, processes, connections, host, points, events, hasOlder, nowMs })
  return (
    <Panel
      title="Signs of life"
      aside={stale ? 'the server is not heard: as it was' : 'last seen, by the server’s clock'}
    >
      <ul>
        {signals.map((signal) => (
          <Signal key={signal.name} signal={signal} stale={stale} />
        ))}
      </ul>
    </Panel>
  )
}

function Signal({ signal: { name, verdict, age, why, lastAtMs }, stale }: { signal: LifeSignal; stale: boolean }) {
  // Nothing is fresh on a screen that may be old itself.
  const { Icon, word, tone } = marks[stale && verdict === 'fresh' ? 'stale' : verdict]
  return (
    <li className="flex gap-2.5 border-t py-1.5 first:border-t-0">
      <Icon aria-hidden className={classNames('mt-0.5 size-3.5 shrink-0', tone)} />
      <div className="min-w-0 flex-1">
        <p className="flex items-baseline gap-2">
          <span className="min-w-0 flex-1 font-medium">{words[name]}</span>
          <span className="font-mono text-sm" title={lastAtMs === undefined ? undefined : dateTimeText(lastAtMs)}>
            {age}
          </span>
          {word !== '' && <span className={classNames('w-9 text-right text-sm', tone)}>{word}</span>}
        </p>
        <HostileText text={why} max={200} className="block text-sm text-muted" />
      </div>
    </li>
  )
}
