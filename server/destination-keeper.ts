// Keeps the book of destinations: what the table has, then the log from where the table ends, then every commit. Written now and then with
// its place in the log, so that a crash costs a moment of reading and no fact.
import { setTimeout as sleep } from 'node:timers/promises'
import { aboutSession } from './about-session.ts'
import { createDestinationBook, type Destination } from './destination-book.ts'
import type { Pipeline } from './pipeline.ts'
import type { StoredEvent } from './protocol/event.ts'
import type { DestinationChange, DestinationRow } from './store/destinations.ts'

const writeMs = 2_000
const againMs = 1_000
const pageEvents = 5_000
/** A log that was written before there was a table is not read whole. */
const readBackMax = 500_000

export type DestinationKeeperOptions = {
  pipeline: Pipeline
  kept: { rows: readonly DestinationRow[]; position: number }
  headSeq: number
  readLog(afterSeq: number, limit: number): Promise<StoredEvent[]>
  write(change: DestinationChange): Promise<void>
  onError: (context: string, error: unknown) => void
}

export function keepDestinations(options: DestinationKeeperOptions) {
  const { pipeline, kept, headSeq, onError } = options
  const book = createDestinationBook((session) => aboutSession(pipeline.state, session))
  for (const { detail } of kept.rows) book.put(detail as Destination)
  for (const session of pipeline.state.sessions.values())
    for (const each of [...session.connections.values(), ...session.closedConnections])
      book.follow(session.session, each.connection, each.protocol, each.remote)
  let position = Math.max(Math.min(kept.position, headSeq), headSeq - readBackMax)
  let written = kept.position
  let head = headSeq
  /** Commits are counted as they come; before that the log is read up to them. */
  let isLive = false
  let closed = false
  let writing: Promise<void> | undefined

  function take(event: StoredEvent): void {
    if (event.seq <= position) return
    try {
      book.take(event)
    } catch (error) {
      onError('count a destination', error)
    }
    position = event.seq
  }

  pipeline.onCommit(({ events }) => {
    head = events.at(-1)?.seq ?? head
    if (isLive) for (const event of events) take(event)
  })

  async function catchUp(): Promise<void> {
    while (!closed && position < head) {
      try {
        const upTo = Math.min(position + pageEvents, head)
        const events = await options.readLog(position, upTo - position)
        for (const event of events) take(event)
        if (events.length === 0) position = upTo // numbers that were never used
        await sleep(0)
      } catch (error) {
        onError('read the log for destinations', error)
        await sleep(againMs)
      }
    }
    isLive = !closed
  }
  const reading = catchUp()

  /** Rows as they are at this moment, with the place that they are at: no event comes in between. */
  async function write(): Promise<void> {
    if (position === written) return
    const changes = book.takeChanges()
    const upTo = position
    try {
      const rows = changes.rows.map((row) => ({ key: row.key, detailJson: JSON.stringify(row) }))
      await options.write({ ...changes, rows, position: upTo })
      written = upTo
    } catch (error) {
      book.giveBack(changes)
      onError('write destinations', error)
    }
  }

  const timer = setInterval(() => {
    writing ??= write().finally(() => {
      writing = undefined
    })
  }, writeMs)

  return {
    book,
    isReading: () => !isLive,
    async close() {
      closed = true
      clearInterval(timer)
      await reading
      await writing
      await write()
    },
  }
}
