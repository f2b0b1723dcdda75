// How many bytes of request bodies may be in memory at once, over all connections: beyond it a source is told to come back, before
// its body is read. Small compressed bodies are counted as what they may become.
import type { IncomingMessage } from 'node:http'
import { ProblemError } from './problem.ts'
import { type BodyLimits, readBody } from './request-body.ts'

/** Compressed telemetry shrinks some twenty-fold; what claims to shrink more is not telemetry. */
const expansionMax = 50

export type BodyBudget = {
  /** Reads a body within `limits` and hands it to `use`; its bytes are given back when `use` is done. */
  withBody<R>(incoming: IncomingMessage, limits: BodyLimits, use: (body: Buffer) => Promise<R>): Promise<R>
}

export function createBodyBudget(bytesMax: number): BodyBudget {
  let inUse = 0
  return {
    async withBody(incoming, limits, use) {
      const declared = Number(incoming.headers['content-length'] ?? limits.wireBytes)
      const wire = Math.min(Number.isFinite(declared) ? declared : limits.wireBytes, limits.wireBytes)
      const compressed = (incoming.headers['content-encoding'] ?? 'identity') !== 'identity'
      const decodedBytes = Math.min(limits.decodedBytes, Math.max(64 * 1024, wire * expansionMax))
      const reserved = compressed ? wire + decodedBytes : wire
      if (inUse + reserved > bytesMax) {
        throw new ProblemError(
          503,
          'Server is busy',
          'too many large requests are being read: send again in a moment, or smaller ones',
        )
      }
      inUse += reserved
      try {
        return await use(await readBody(incoming, { wireBytes: limits.wireBytes, decodedBytes }))
      } finally {
        inUse -= reserved
      }
    },
  }
}
