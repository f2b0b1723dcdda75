// Which sessions "Contain all…" means: every given field must match exactly; no field at all means every session.
import { z } from 'zod'
import { HostId, SessionId } from './ids.ts'
import { ShortText } from './text.ts'

export const Selector = z.strictObject({
  sessions: z.array(SessionId).min(1).max(1_000).optional(),
  host: HostId.optional(),
  agent: ShortText.optional(),
  /** Label `model`, or a model that the session was seen to call. */
  model: ShortText.optional(),
  task: ShortText.optional(),
  /** Label `task_set`. */
  taskSet: ShortText.optional(),
  /** Label `run`: a training run. */
  run: ShortText.optional(),
})
export type Selector = z.infer<typeof Selector>

/** Labels with a meaning; everything else in a session's labels is the user's own. */
export const labelName = { model: 'model', taskSet: 'task_set', run: 'run', group: 'group' } as const

/** What a selector looks at in a session. */
export type Selectable = {
  session: string
  host?: string | undefined
  agent?: string | undefined
  task?: string | undefined
  labels: Readonly<Record<string, string>>
  models: readonly string[]
}

export function isSelected(selector: Selector, session: Selectable): boolean {
  const { labels } = session
  const agrees = (wanted: string | undefined, found: string | undefined) => wanted === undefined || wanted === found
  return (
    (selector.sessions === undefined || selector.sessions.some((id) => id === session.session)) &&
    agrees(selector.host, session.host) &&
    agrees(selector.agent, session.agent) &&
    agrees(selector.task, session.task) &&
    agrees(selector.taskSet, labels[labelName.taskSet]) &&
    agrees(selector.run, labels[labelName.run]) &&
    (selector.model === undefined ||
      labels[labelName.model] === selector.model ||
      session.models.includes(selector.model))
  )
}
