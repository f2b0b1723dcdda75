// Request bodies, bounded twice: as they arrive and after decompression, so that a small bomb cannot become a large buffer.
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { ProblemError } from './problem.ts'

export type BodyLimits = {
  /** Bytes accepted as they arrive. */
  wireBytes: number
  /** Bytes accepted after decompression. */
  decodedBytes: number
}

/** What a source with a key may send at once. */
export const sourceBody: BodyLimits = { wireBytes: 16 * 1024 * 1024, decodedBytes: 64 * 1024 * 1024 }
/** What an agent may send with its session's token: it has one session to tell of. */
export const agentBody: BodyLimits = { wireBytes: 4 * 1024 * 1024, decodedBytes: 8 * 1024 * 1024 }
/** Forms and small JSON. */
export const smallBody: BodyLimits = { wireBytes: 64 * 1024, decodedBytes: 64 * 1024 }

/** A text of rules: half a million characters, whatever they are. */
export const ruleBody: BodyLimits = { wireBytes: 2 * 1024 * 1024, decodedBytes: 2 * 1024 * 1024 }

/** Reads the whole body, undoing gzip. Throws ProblemError 400, 413 or 415. */
export async function readBody(incoming: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  const encoding = (incoming.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new ProblemError(
      415,
      'Unsupported encoding',
      `content-encoding ${JSON.stringify(encoding.slice(0, 40))}: send gzip or none`,
    )
  }
  const raw = await collect(incoming, limits.wireBytes)
  if (encoding === 'identity') return raw
  try {
    return await promisify(gunzip)(raw, { maxOutputLength: limits.decodedBytes })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new ProblemError(
        413,
        'Body too large',
        `it decompresses to more than ${limits.decodedBytes} bytes: send smaller batches`,
      )
    }
    throw new ProblemError(400, 'Body is not gzip', 'content-encoding says gzip, but the body does not decompress')
  }
}

async function collect(incoming: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const declared = Number(incoming.headers['content-length'] ?? 0)
  if (declared > bytesMax) throw tooLarge(bytesMax)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bytesMax) throw tooLarge(bytesMax)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

function tooLarge(bytesMax: number): ProblemError {
  return new ProblemError(413, 'Body too large', `at most ${bytesMax} bytes a request: send smaller batches`)
}
