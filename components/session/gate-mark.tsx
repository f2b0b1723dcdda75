'use client'
// The gate of a session in two lines: whether it is proven, and the door that was asked last.
import { ShieldAlert, ShieldCheck, ShieldQuestionMark } from 'lucide-react'
import type { GateHealthView } from '../../server/protocol/gate-health.ts'
import { useNow } from '../live/use-now.ts'
import { classNames } from '../ui/class-names.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { doorWords, type GateTone, gateWords } from './gate-words.ts'

const icons = { ok: ShieldCheck, muted: ShieldQuestionMark, warn: ShieldAlert, critical: ShieldAlert } as const
const colours: Readonly<Record<GateTone, string>> = {
  ok: 'text-ok',
  muted: 'text-muted',
  warn: 'text-warn',
  critical: 'text-critical',
}

export function GateIcon({ tone, className }: { tone: GateTone; className?: string }) {
  const Icon = icons[tone]
  return <Icon aria-hidden className={classNames('shrink-0', colours[tone], className)} />
}

/** `heard`: the server tells what is so now. */
export function GateMark({ gate, heard }: { gate: GateHealthView | undefined; heard: boolean }) {
  const now = useNow(1_000)
  const { tone, title, detail } = gateWords(gate, now, heard)
  const [door] = gate?.doors ?? []
  return (
    <>
      <span className={classNames('flex items-center gap-1.5', tone !== 'muted' && colours[tone])} title={detail}>
        <GateIcon tone={tone} className="size-3.5" /> {title}
        <span className="sr-only">. {detail}</span>
      </span>
      {door && heard && (
        <span className="mt-0.5 block text-sm text-muted" title="A name and a version that the caller gives itself">
          <HostileText text={door.name} max={48} className="font-mono text-xs" /> · {doorWords(door, now)}
        </span>
      )}
    </>
  )
}
