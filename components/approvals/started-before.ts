// The actions that started before one was held, oldest first, as lines. Pure.
import type { ApprovalView } from '../../server/protocol/approval.ts'
import type { EventView } from '../../server/protocol/browser-messages.ts'
import { oneLine } from '../session/event-words.ts'
import { actionLine } from './exact-action.ts'

export type StartedLine = { id: string; atMs: number; tool: string; text: string }

/** Without the held call itself: some agents report a call before they ask for it. */
export function startedBefore(events: readonly EventView[], { call, askedAtMs }: ApprovalView): StartedLine[] {
  return events
    .filter(({ data, atMs }) => data.call !== call && atMs <= askedAtMs)
    .sort((a, b) => a.seq - b.seq)
    .map(({ id, atMs, data }) => {
      const text = (name: string) => (typeof data[name] === 'string' ? (data[name] as string) : '')
      const summary = oneLine(text('summary').slice(0, 400))
      return { id, atMs, tool: text('tool'), text: summary === '' ? actionLine('', text('input')) : summary }
    })
}
