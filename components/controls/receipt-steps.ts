// The receipt of a control: only the steps that happened, each on its own clock. Pure.
import type { ControlView, SessionRow } from '../../server/protocol/browser-messages.ts'
import { isControlOpen } from '../../server/protocol/control.ts'
import { plural } from '../ui/format-quantity.ts'
import { failureWord } from './control-trouble.ts'

export type ReceiptStep = {
  label: string
  atMs: number
  /** Milliseconds after the request; host steps are compared across two clocks, which is said. */
  afterMs: number
  clock: 'server' | 'host'
  detail: string
  /** The step that says it did not happen. */
  bad: boolean
}

const serverSteps: ReadonlySet<string> = new Set(['requested', 'delivered', 'expired', 'superseded', 'cancelled'])
const badSteps: ReadonlySet<string> = new Set(['failed', 'partial', 'expired'])
const labels: Readonly<Record<string, string>> = {
  requested: 'Requested',
  delivered: 'Delivered to host',
  enforced: 'Confirmed',
  partial: 'Only in part',
}

export function receiptSteps(control: ControlView): ReceiptStep[] {
  const told = control.steps.some((step) => step.name === 'requested')
    ? control.steps
    : [{ name: 'requested', atMs: control.requestedAtMs, detail: '' }, ...control.steps]
  return told.map((step) => ({
    label: labels[step.name] ?? sentenceCase(step.name),
    atMs: step.atMs,
    afterMs: step.atMs - control.requestedAtMs,
    clock: serverSteps.has(step.name) ? 'server' : 'host',
    detail: step.detail,
    bad: badSteps.has(step.name),
  }))
}

/** Why the row's newest control did not do what was asked; a control that worked in part says what is left. */
export function failureSentence({ control, escapedCount }: SessionRow): string | undefined {
  const word = control && failureWord(control)
  if (!control || word === undefined) return undefined
  if (control.state !== 'partial') return control.detail ? `${word}: ${control.detail}` : word
  const outside = escapedCount > 0 ? `${plural(escapedCount, 'process', 'processes')} outside its cgroup` : undefined
  return `${word}. Left: ${control.detail || outside || 'not said by the host'}`
}

/** Where the proof was read, in words; undefined while there is none. */
export function proofOf(control: ControlView): { text: string; from: string } | undefined {
  if (isControlOpen(control.state) || control.observed === undefined) return undefined
  return { text: control.observed, from: control.observedFrom ?? '' }
}

function sentenceCase(name: string): string {
  const spaced = name.replace(/[._-]+/g, ' ')
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}
