// The receipt of a control: only the steps that happened, each on its own clock. Pure.
import type { ControlView } from '../../server/protocol/browser-messages.ts'
import { isControlOpen } from '../../server/protocol/control.ts'

export type ReceiptStep = {
  label: string
  atMs: number
  /** Milliseconds after the request; host steps are compared across two clocks, which is said. */
  afterMs: number
  clock: 'server' | 'host'
  detail: string
}

const serverSteps: ReadonlySet<string> = new Set(['requested', 'delivered', 'expired', 'superseded', 'cancelled'])
const labels: Readonly<Record<string, string>> = {
  requested: 'Requested',
  delivered: 'Delivered to host',
  enforced: 'Confirmed',
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
  }))
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
