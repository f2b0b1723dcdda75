// A selector in words. What it names may have been written by an agent: whoever shows the words must use HostileText. Pure.
import type { Selector } from '../../server/protocol/selector.ts'
import { plural } from '../ui/format-quantity.ts'

/** Fields of a selector that a person fills in, in the order in which they are asked for. */
export const scopeFields = ['host', 'agent', 'task', 'model', 'taskSet', 'run'] as const
export type ScopeField = (typeof scopeFields)[number]

export const fieldName: Readonly<Record<ScopeField, string>> = {
  host: 'Host',
  agent: 'Agent',
  task: 'Task',
  model: 'Model',
  taskSet: 'Task set',
  run: 'Training run',
}

/** `every session`, `host gpu-node-17`, `agent rome-30b, task set swe-gym`, `3 sessions: ep-1, ep-2, ep-3`. */
export function selectorWords(selector: Selector, named = 3): string {
  const parts = scopeFields.flatMap((field) => {
    const value = selector[field]
    return value === undefined ? [] : [`${fieldName[field].toLowerCase()} ${value}`]
  })
  const { sessions } = selector
  if (sessions !== undefined) {
    const names = sessions.slice(0, named).join(', ')
    const more = sessions.length > named ? ` and ${sessions.length - named} more` : ''
    parts.unshift(sessions.length === 1 ? `session ${names}` : `${plural(sessions.length, 'session')}: ${names}${more}`)
  }
  return parts.length === 0 ? 'every session' : parts.join(', ')
}

/** As the end of a button: `every session, 12 now`, `3 sessions of host gpu-node-17`, `session ep-1`. `count` undefined: not known here. */
export function targetWords(selector: Selector, count: number | undefined): string {
  const words = selectorWords(selector, 1)
  if (selector.sessions !== undefined)
    return selector.sessions.length === 1 ? words : plural(selector.sessions.length, 'session')
  if (Object.keys(selector).length === 0) {
    if (count === 0) return 'every session that starts'
    return count === undefined ? words : `${words}, ${count} now`
  }
  if (count === undefined) return `every session of ${words}`
  return count === 0 ? `later sessions of ${words}` : `${plural(count, 'session')} of ${words}`
}

/** Without the empty fields: an empty one means any. Values stay exactly as they are: a selector matches exactly. */
export function selectorOf(fields: Partial<Record<ScopeField, string>>): Record<string, string> {
  return Object.fromEntries(
    scopeFields.flatMap((field) => {
      const value = fields[field]
      return value ? [[field, value]] : []
    }),
  )
}
