// Reads events from before the first one on screen, over HTTP: the socket carries only what is new.
import { z } from 'zod'
import { EventView } from '../../server/protocol/browser-messages.ts'

const Page = z.object({ events: z.array(EventView), nextBefore: z.number().nullish() })

/** `more`: there are still older ones. Ascending by `seq`, whatever order the server chose. */
export async function fetchOlderEvents(
  session: string,
  before: number,
): Promise<{ events: EventView[]; more: boolean }> {
  const response = await fetch(`/api/sessions/${encodeURIComponent(session)}/events?before=${before}&limit=200`, {
    headers: { accept: 'application/json' },
  })
  if (!response.ok) throw new Error(`the server answered ${response.status}`)
  const page = Page.parse(await response.json())
  return { events: page.events.sort((a, b) => a.seq - b.seq), more: page.nextBefore != null }
}
