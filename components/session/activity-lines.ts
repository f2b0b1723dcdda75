// Events to lines of the activity stream: the start and the end of one action are one line. Pure.
import type { EventView } from '../../server/protocol/browser-messages.ts'
import { isQuiet, tieOf } from './attribution-words.ts'
import type { Tab } from './event-kind.ts'
import { kindOf } from './event-sentence.ts'
import { processText, remoteText } from './event-words.ts'

export type ActivityLine = {
  /** `seq` of the first event: the line's identity and its URL. */
  seq: number
  event: EventView
  /** The end of the action that `event` started. */
  ended: EventView | undefined
  /** What an earlier event called the thing that this one only numbers: `ssh[48211]`, `203.0.113.40:22`. Hostile text. */
  subject: string
  /** The conclusion about a process or connection: which call it belongs to. */
  cause: EventView | undefined
}

export const tabs = ['all', 'actions', 'processes', 'network', 'operators'] as const
export type TabName = (typeof tabs)[number]

export function activityLines(events: readonly EventView[]): ActivityLine[] {
  const lines: ActivityLine[] = []
  const open = new Map<string, number>()
  const names = new Map<string, string>()
  const placeOf = new Map<string, number>()
  for (const event of events) {
    if (event.kind === 'attribution.made' && isQuiet(tieOf(event.data))) {
      for (const { event: id } of tieOf(event.data).subjects) {
        const at = placeOf.get(id)
        const line = at === undefined ? undefined : lines[at]
        if (at !== undefined && line) lines[at] = { ...line, cause: event }
      }
      continue
    }
    const call = typeof event.data.call === 'string' ? event.data.call : undefined
    if (event.kind === 'action.ended' && call !== undefined) {
      const at = open.get(call)
      const line = at === undefined ? undefined : lines[at]
      if (at !== undefined && line) {
        lines[at] = { ...line, ended: event }
        open.delete(call)
        continue
      }
    }
    if (event.kind === 'action.started' && call !== undefined) open.set(call, lines.length)
    const key = keyOf(event)
    const name = key === undefined ? undefined : nameOf(event)
    if (key !== undefined && name !== undefined) names.set(key, name)
    const subject = name === undefined && key !== undefined ? (names.get(key) ?? '') : ''
    placeOf.set(event.id, lines.length)
    lines.push({ seq: event.seq, event, ended: undefined, subject, cause: undefined })
  }
  return lines
}

/** What a process or connection event is about: the same for its beginning and its end. */
function keyOf({ kind, data }: EventView): string | undefined {
  const { pid, startTicks, connection } = data
  // Other sensors' reports carry neither: they name their process themselves.
  if (kind.startsWith('process.'))
    return typeof pid === 'number' && typeof startTicks === 'number' ? `process ${pid} ${startTicks}` : undefined
  return kind.startsWith('connection.') && typeof connection === 'string' ? `connection ${connection}` : undefined
}

function nameOf({ kind, data }: EventView): string | undefined {
  if (kind === 'process.started' || kind === 'process.executed') return processText(data)
  return kind === 'connection.opened' || kind === 'connection.translated' ? remoteText(data) : undefined
}

export function tabOf(line: ActivityLine): Tab {
  const { tab } = kindOf(line.event.kind)
  return typeof tab === 'function' ? tab(line.event.data) : tab
}

export function countByTab(lines: readonly ActivityLine[]): Record<TabName, number> {
  const counts = { all: lines.length, actions: 0, processes: 0, network: 0, operators: 0 }
  for (const line of lines) counts[tabOf(line)] += 1
  return counts
}
