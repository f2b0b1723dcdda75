// The one shape every source format has: a chunk and its context in, events out. Parsing is pure: time and session come in as arguments.
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'

export type SourceContext = {
  /** This server's clock, only for facts that carry no time of their own. */
  nowMs: number
  /** The session that the key is bound to: it wins over what the data says. */
  session?: SessionId | undefined
}

/** Understood well enough to know that it is no event of ours. `example` was written by the agent. */
export type Skipped = { reason: string; count: number; example: string }

/** Meant as an event and refused. The reason goes back to the sender; whatever it quotes is cut and printable. */
export type Rejected = { reason: string; count: number }

export type Parsed = { events: EventInput[]; skipped: Skipped[]; rejected: Rejected[] }

export type Source<Chunk> = { format: string; parse: (chunk: Chunk, context: SourceContext) => Parsed }
