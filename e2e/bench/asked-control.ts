// Asking for a control over the API, and what it came to, with the host's own times: shared by every figure that stops an agent.
import type { Product } from '../product.ts'

export type AskedAction = 'pause' | 'resume' | 'contain' | 'release' | 'end'

/** As the API tells it. Times are by the host's clock, which is this machine's, in whole milliseconds. */
export type Control = {
  id: string
  action: string
  state: string
  steps: { name: string; at: number; detail?: string; ok?: boolean }[]
  receipt: { observed: string } | null
}

/** Asks and waits for the end. Throws unless it was enforced. */
export async function ask(product: Product, session: string, action: AskedAction): Promise<Control> {
  const answer = await product.api(`/api/sessions/${session}/controls`, post({ action }))
  if (answer.status !== 202) throw new Error(`${action} answered ${answer.status}: ${await answer.text()}`)
  const { id } = (await answer.json()) as { id: string }
  return enforced(await product.json<Control>(`/api/controls/${id}?waitMs=10000`))
}

/** The newest control of a session, when it has ended. Throws unless it was enforced. */
export async function newestControl(product: Product, session: string): Promise<Control> {
  const { controls } = await product.json<{ controls: { control: string }[] }>(`/api/sessions/${session}`)
  const newest = controls[0]
  if (!newest) throw new Error(`nothing was asked of ${session}`)
  return enforced(await product.json<Control>(`/api/controls/${newest.control}?waitMs=10000`))
}

export function post(body: object): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

function enforced(control: Control): Control {
  if (control.state === 'enforced') return control
  throw new Error(`${control.action} ended ${control.state}: ${JSON.stringify(control)}`)
}

/** When the host had read that all of it is in force. Throws when the control does not say. */
export function enforcedAtMs(control: Control): number {
  const end = control.steps.findLast((step) => step.name === 'enforced')
  if (!end) throw new Error(`a control without proof: ${JSON.stringify(control)}`)
  return end.at
}

/** `requested +1, delivered +3, …, enforced +12 ms`, in the order of time. */
export function stepsSince(control: Control, askedMs: number): string {
  const steps = [...control.steps].sort((a, b) => a.at - b.at)
  return `${steps.map((step) => `${step.name} +${Math.round(step.at - askedMs)}`).join(', ')} ms`
}
