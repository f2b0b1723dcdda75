// Hands many events to the writer in portions, so that a click that comes meanwhile waits for a portion and not for all of them,
// and so that one request never has more waiting than the queue holds.
import { setImmediate as turn } from 'node:timers/promises'
import type { Sender } from '../control/admit-event.ts'
import type { EventInput } from '../protocol/event.ts'
import type { Trust } from '../protocol/trust.ts'
import type { PipelinePort } from './ports.ts'

const portionEvents = 500
const portionsWaitingMax = 20

export type InTurns = {
  add(event: EventInput): void
  /** Call now and then while parsing; resolves when more may be added. */
  breathe(): Promise<void>
  /** Of the events that are durable by now, those that were in the log before. */
  duplicates(): number
  /** Sends the rest. What is durable is known when these resolve, each to its number of accepted events. */
  finish(): Promise<number>[]
}

/** `onRejected` hears the index, over all added events, of each that the writer refused. */
export function submitInTurns(
  pipeline: PipelinePort,
  sender: Sender,
  onRejected: (index: number, reason: string) => void,
  { trust, source }: { trust?: Trust; source?: string } = {},
): InTurns {
  const pending: Promise<number>[] = []
  let portion: EventInput[] = []
  let sent = 0
  let duplicates = 0
  /** There was no room for a portion: those after it are not tried, for all of it is to be sent again. */
  let refusal: Error | undefined

  const send = () => {
    const [events, first] = [portion, sent]
    portion = []
    sent += events.length
    if (refusal) return
    const submitted = pipeline
      .submit({ sender, events, ...(trust && { trust }), ...(source && { source }) })
      .then((result) => {
        duplicates += result.duplicates
        for (const { index, reason } of result.rejected) onRejected(first + index, reason)
        return result.accepted
      })
    // It is waited for, and its failure told, at the end.
    submitted.catch((error: unknown) => {
      if (error instanceof Error && error.name === 'OverloadedError') refusal = error
    })
    pending.push(submitted)
  }

  return {
    add(event) {
      portion.push(event)
      if (portion.length >= portionEvents) send()
    },
    async breathe() {
      await turn()
      // A failed portion is told at the end; here it only means that there is room again.
      const oldest = pending.at(-portionsWaitingMax)
      if (oldest && !refusal) await oldest.catch(() => undefined)
    },
    duplicates: () => duplicates,
    finish() {
      if (portion.length > 0) send()
      return pending
    },
  }
}
