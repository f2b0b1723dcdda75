// The receipt of a control: what happened, each step on its own clock, and what should have and was not observed. Pure.
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { isControlOpen, isLift, stepName } from '../../server/protocol/control.ts'
import type { ControlView } from '../../server/protocol/control-views.ts'
import { plural } from '../ui/format-quantity.ts'
import { failureWord } from './control-trouble.ts'
import {
  awaitsVerificationSince,
  overdueAfterMs,
  slowAfterMs,
  slowToVerifyAfterMs,
  type Tone,
  unverifiedAfterMs,
} from './control-wording.ts'

export type ReceiptStep = { label: string; detail: string } & (
  | {
      /** `bad`: it says that something did not happen as it should. */
      state: 'done' | 'bad'
      atMs: number
      /** Milliseconds after the request; host steps are compared across two clocks, which is said. */
      afterMs: number
      clock: 'server' | 'host'
      observedFrom: string | undefined
    }
  | {
      /** Not observed yet; `sinceMs` is absent while its turn has not come. */
      state: 'awaited'
      tone: Tone
      sinceMs: number | undefined
    }
)

const serverSteps: ReadonlySet<string> = new Set([
  stepName.requested,
  stepName.delivered,
  stepName.actionsHeld,
  'expired',
  'superseded',
  'cancelled',
  'lifted',
  'extended',
  'no gate',
])
const labels: Readonly<Record<string, string>> = {
  [stepName.requested]: 'Requested',
  [stepName.delivered]: 'Delivered to host',
  [stepName.actionsHeld]: 'Tool calls held',
  [stepName.gpuEnded]: 'GPU processes ended',
  [stepName.expired]: 'Time was up',
  [stepName.reverted]: 'Reverted, read without it',
  partial: 'Only in part',
  lifted: 'Lifted, still held',
}

/**
 * The steps that happened, in their order, and between them the planned ones that nobody has observed: awaited while the
 * control is open or its hold stands, and louder the longer. Nothing is awaited of what was lifted, superseded or cancelled.
 */
export function receiptSteps(control: ControlView, nowMs: number, isStanding: boolean): ReceiptStep[] {
  const told = control.steps.some((step) => step.name === stepName.requested)
    ? control.steps
    : [{ name: stepName.requested, atMs: control.requestedAtMs, detail: '', ok: true }, ...control.steps]
  const isOpen = isControlOpen(control.state)
  const missing = isOpen || isStanding ? control.plan.filter((name) => !isTold(told, name)) : []
  const steps: ReceiptStep[] = []
  for (const step of told) {
    // What should have come before this step, and did not, stands where it is missed.
    for (const name of missing.filter((each) => comesBefore(control, each, step.name)))
      steps.push(awaitedStep(control, missing.splice(missing.indexOf(name), 1)[0] ?? name, nowMs, isStanding))
    steps.push(toldStep(control, step))
  }
  for (const name of missing) steps.push(awaitedStep(control, name, nowMs, isStanding))
  return steps
}

function isTold(told: readonly { name: string }[], name: string): boolean {
  // "Not verified" is the answer to the same question.
  const answers = name === stepName.verified ? [stepName.verified, stepName.notVerified] : [name]
  return told.some((step) => answers.some((answer) => answer === step.name))
}

function comesBefore({ plan, state }: ControlView, name: string, other: string): boolean {
  if (other === stepName.reverted) return true
  if (other === state && !isControlOpen(state)) return name !== stepName.verified
  const at = plan.indexOf(other)
  return at >= 0 && plan.indexOf(name) < at
}

function toldStep(control: ControlView, step: ControlView['steps'][number]): ReceiptStep {
  const { name, atMs, detail, ok, observedFrom } = step
  // The outcome "expired" and the step of a hold whose time was up share a name: only one of them is bad.
  const isReverted = name === 'enforced' && isLift(control.action)
  const label =
    name === 'expired' && !ok
      ? 'Expired unconfirmed'
      : (labels[isReverted ? stepName.reverted : name] ?? sentenceCase(name))
  const clock = serverSteps.has(name) ? 'server' : 'host'
  return {
    state: ok ? 'done' : 'bad',
    label,
    detail,
    atMs,
    afterMs: atMs - control.requestedAtMs,
    clock,
    observedFrom,
  }
}

function awaitedStep(control: ControlView, name: string, nowMs: number, isStanding: boolean): ReceiptStep {
  const label = labels[name] ?? sentenceCase(name)
  if (name === stepName.verified) {
    const sinceMs = awaitsVerificationSince(control, isStanding)
    const detail = sinceMs === undefined ? 'comes after the end' : 'watched for 3 s'
    const tone = toneAt(sinceMs, nowMs, slowToVerifyAfterMs, unverifiedAfterMs)
    return { state: 'awaited', label: sinceMs === undefined ? label : verifyingLabel[tone], detail, sinceMs, tone }
  }
  const sinceMs = control.requestedAtMs
  const tone = isControlOpen(control.state) ? toneAt(sinceMs, nowMs, slowAfterMs, overdueAfterMs) : 'critical'
  return { state: 'awaited', label, detail: 'not observed', sinceMs, tone }
}

const verifyingLabel: Readonly<Record<Tone, string>> = {
  quiet: 'Verifying: watched for 3 s',
  warn: 'Verifying',
  critical: 'Verified',
  frozen: 'Verifying',
}

function toneAt(sinceMs: number | undefined, nowMs: number, slowMs: number, lateMs: number): Tone {
  const ageMs = sinceMs === undefined ? 0 : nowMs - sinceMs
  return ageMs >= lateMs ? 'critical' : ageMs >= slowMs ? 'warn' : 'quiet'
}

/** The loudest step decides how the whole receipt looks. */
export function receiptTone(steps: readonly ReceiptStep[], control: ControlView): Tone {
  if (failureWord(control) !== undefined || steps.some((step) => step.state === 'bad')) return 'critical'
  const tones = steps.map((step) => (step.state === 'awaited' ? step.tone : 'quiet'))
  if (tones.includes('critical')) return 'critical'
  if (tones.includes('warn')) return 'warn'
  return isControlOpen(control.state) ? 'quiet' : 'frozen'
}

/** Whether something in it still has a growing age. */
export function isAwaiting(steps: readonly ReceiptStep[], control: ControlView): boolean {
  return isControlOpen(control.state) || steps.some((step) => step.state === 'awaited')
}

/** Why a control did not do what was asked; one that worked in part says what is left. */
export function failureSentence(control: ControlView, escapedCount: SessionRow['escapedCount']): string | undefined {
  const word = failureWord(control)
  if (word === undefined) return undefined
  const { detail = '', left = [], state } = control
  // The bad step itself says why.
  if (state === 'enforced') return undefined
  const outside = escapedCount > 0 ? `${plural(escapedCount, 'process', 'processes')} outside its cgroup` : ''
  const remains =
    left.length > 0 ? left.join(', ') : state === 'partial' ? detail || outside || 'not said by the host' : ''
  const why = left.length > 0 || state !== 'partial' ? detail : ''
  return [why === '' ? word : `${word}: ${why}`, remains && `Left: ${remains}`].filter(Boolean).join('. ')
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
