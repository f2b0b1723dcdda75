// COPY in both directions over an ordinary connection of `pg`, which has the messages for it and no way to use them. Rows are text as PostgreSQL
// writes it and go through unread; what is in the way waits, so that a large table never stands in memory whole.
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import type pg from 'pg'

/** What `pg` hands to a query of one's own; its types leave the last three out. */
type CopyConnection = {
  stream: Duplex
  query(text: string): void
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
  sendCopyFail(reason: string): void
}

export type CopyPiece = {
  text: Buffer
  /** Whole ones: a piece ends where a row ends. */
  rows: number
}

/**
 * Runs `COPY … TO STDOUT` and answers the rows in pieces: each ends with the row that brings it to `pieceBytes`, so that the same rows always make the
 * same pieces. Throws what PostgreSQL says, also when it sent fewer rows than it counted.
 */
export async function* copyOut(client: pg.ClientBase, sql: string, pieceBytes: number): AsyncGenerator<CopyPiece> {
  const ready: CopyPiece[] = []
  let chunks: Buffer[] = []
  let bytes = 0
  let rowsSent = 0
  let rowsCounted: number | undefined
  let ended: { error?: unknown } | undefined
  let stream: Duplex | undefined
  let wake: () => void = () => undefined
  const finishPiece = () => {
    if (chunks.length > 0) ready.push({ text: Buffer.concat(chunks, bytes), rows: chunks.length })
    chunks = []
    bytes = 0
  }
  client.query({
    submit(connection: CopyConnection) {
      stream = connection.stream
      connection.query(sql)
    },
    // One message is one row. Its bytes are a view of the parser's own buffer, which the next ones overwrite.
    handleCopyData({ chunk }: { chunk: Buffer }) {
      chunks.push(Buffer.from(chunk))
      bytes += chunk.length
      if (bytes < pieceBytes) return
      finishPiece()
      stream?.pause()
      wake()
    },
    handleCommandComplete({ text }: { text: string }) {
      rowsCounted = rowsOfTag(text)
    },
    handleReadyForQuery() {
      finishPiece()
      ended ??= {}
      wake()
    },
    handleError(error: unknown) {
      ended = { error }
      stream?.resume()
      wake()
    },
  } as unknown as pg.Submittable)
  try {
    for (;;) {
      if (ended?.error !== undefined) throw ended.error
      const piece = ready.shift()
      if (piece) {
        rowsSent += piece.rows
        yield piece
      } else if (ended) break
      else {
        const more = new Promise<void>((resolve) => {
          wake = resolve
        })
        stream?.resume()
        await more
      }
    }
    if (rowsCounted !== rowsSent) throw new Error(`PostgreSQL sent ${rowsSent} rows and counted ${rowsCounted}`)
  } finally {
    stream?.resume() // whoever stopped reading ends the connection next, which needs it to flow
  }
}

/** Runs `COPY … FROM STDIN` with these pieces. Answers how many rows PostgreSQL took. Throws what it says, or what the pieces throw. */
export async function copyIn(client: pg.ClientBase, sql: string, pieces: AsyncIterable<Buffer>): Promise<number> {
  return await new Promise<number>((resolve, reject) => {
    let rows = 0
    let failed: { error: unknown } | undefined
    const refused = new AbortController()
    client.query({
      submit: (connection: CopyConnection) => connection.query(sql),
      handleCopyInResponse(connection: CopyConnection) {
        send(connection, pieces, refused.signal).catch((error: unknown) => {
          if (refused.signal.aborted) return
          failed = { error }
          connection.sendCopyFail('what is to be written cannot be read')
        })
      },
      handleCommandComplete({ text }: { text: string }) {
        rows = rowsOfTag(text) ?? 0
      },
      handleReadyForQuery() {
        resolve(rows)
      },
      handleError(error: unknown) {
        refused.abort()
        reject(failed ? failed.error : error)
      },
    } as unknown as pg.Submittable)
  })
}

async function send(connection: CopyConnection, pieces: AsyncIterable<Buffer>, refused: AbortSignal): Promise<void> {
  for await (const piece of pieces) {
    if (refused.aborted) return
    connection.sendCopyFromChunk(piece)
    if (connection.stream.writableNeedDrain) await once(connection.stream, 'drain', { signal: refused })
  }
  if (!refused.aborted) connection.endCopyFrom()
}

/** `COPY 12` */
function rowsOfTag(tag: string): number | undefined {
  const digits = /^COPY (\d+)$/.exec(tag)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
