// Who vouches for a fact, in one word. Agent-written text carries a quotation mark: it proves nothing.
import { Quote } from 'lucide-react'
import type { Trust } from '../../server/protocol/trust.ts'
import { classNames } from './class-names.ts'

export const trustSentence: Readonly<Record<Trust, string>> = {
  vigil: 'recorded by Vigil itself',
  operator: 'done by a person in this console',
  firewall: 'seen by the firewall, outside the sandbox',
  kernel: 'read from the kernel, outside the sandbox',
  host: 'read by the probe on the host',
  gpu: 'read from the GPU driver',
  trainer: 'said by the trainer',
  agent: 'written by the agent, not verified',
}

export function TrustBadge({ trust, className }: { trust: Trust; className?: string }) {
  return (
    <span
      title={trustSentence[trust]}
      className={classNames('inline-flex items-center gap-1 text-xs text-muted', className)}
    >
      {trust === 'agent' && <Quote aria-hidden className="size-3" />}
      {trust}
      <span className="sr-only">, {trustSentence[trust]}</span>
    </span>
  )
}

/** The smallest form, for dense rows: a quotation mark with its sentence. */
export function AgentMark() {
  return (
    <span title={trustSentence.agent} className="inline-flex shrink-0 text-faint">
      <Quote aria-hidden className="size-3" />
      <span className="sr-only">written by the agent: </span>
    </span>
  )
}
