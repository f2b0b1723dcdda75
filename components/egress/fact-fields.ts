// A fact's own fields as name and value, in the order in which the log has them. Pure; names and values are hostile text.
import type { EventView } from '../../server/protocol/browser-messages.ts'
import { AtMs } from '../../server/protocol/ids.ts'
import { dateTimeText } from '../ui/format-time.ts'

export type Field = {
  name: string
  value: string
  /** A number of milliseconds as people read it. */
  time?: string
}

/** Nobody reads more; the whole is in the copy. */
export const fieldsMax = 300
const depthMax = 6

/** `traffic.source.address`, `10.0.4.17`. Lists of plain values are one field. */
export function fieldsOf(event: EventView): { fields: Field[]; more: number } {
  const { data, ...about } = event
  const all = [...flatten(data, '', 0), ...flatten(about, '', 0)]
  return { fields: all.slice(0, fieldsMax), more: Math.max(0, all.length - fieldsMax) }
}

function flatten(value: unknown, name: string, depth: number): Field[] {
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null) return [fieldOf(name, value)]
  const isList = Array.isArray(value)
  if (depth >= depthMax || (isList && value.every((each) => typeof each !== 'object' || each === null)))
    return [{ name, value: isList ? value.map(String).join(', ') : JSON.stringify(value) }]
  const entries = Object.entries(value)
  if (entries.length === 0 && name !== '') return [{ name, value: isList ? 'none' : 'empty' }]
  return entries.flatMap(([key, each]) => flatten(each, name === '' ? key : `${name}.${key}`, depth + 1))
}

function fieldOf(name: string, value: unknown): Field {
  const field = { name, value: String(value) }
  if (!/atms$/i.test(name)) return field
  const time = AtMs.safeParse(value)
  return time.success ? { ...field, time: dateTimeText(time.data) } : field
}
