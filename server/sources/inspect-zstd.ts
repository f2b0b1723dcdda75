// Zstandard, for ZIP entries of newer Inspect logs (method 93): Node 20 has none of its own. The decoder is pure JavaScript and trusts its
// input in two ways that we must not: how much it allocates, and how long one block may take. Both are bounded here.
// Source: RFC 8878, sections 3.1.1 (frames and blocks) and 3.1.2 (skippable frames).
import { createContext, Script } from 'node:vm'
import { decompress } from 'fzstd'

/**
 * For all entries of one archive together. A block's sequences may claim far more copying than the 128 KiB that a block may hold, so that
 * kilobytes could take minutes; an honest 64 MiB take about a second.
 */
const archiveWorkMs = 10_000

type Frame = { endBytes: number; skippable: boolean; contentBytes: number | undefined }

const skippableMagic = 0x184d2a50
const frameMagic = 0xfd2fb528

/** Extent and stated size of the frame at `at`; undefined when it is cut off, unknown or needs a dictionary. */
function frameAt(data: DataView, at: number): Frame | undefined {
  const has = (end: number) => end <= data.byteLength
  if (!has(at + 8)) return undefined
  const magic = data.getUint32(at, true)
  if ((magic & 0xfffffff0) >>> 0 === skippableMagic) {
    const endBytes = at + 8 + data.getUint32(at + 4, true)
    return has(endBytes) ? { endBytes, skippable: true, contentBytes: undefined } : undefined
  }
  const descriptor = data.getUint8(at + 4)
  if (magic !== frameMagic || (descriptor & 0b1011) !== 0) return undefined
  const singleSegment = (descriptor & 0x20) !== 0
  const sizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0
  const sizeAt = at + 5 + (singleSegment ? 0 : 1)
  let next = sizeAt + sizeBytes
  if (!has(next)) return undefined
  const contentBytes = statedSize(data, sizeAt, sizeBytes)
  for (let last = false; !last; ) {
    if (!has(next + 3)) return undefined
    const header = data.getUint16(next, true) | (data.getUint8(next + 2) << 16)
    last = (header & 1) === 1
    const type = (header >> 1) & 3
    if (type === 3) return undefined
    next += 3 + (type === 1 ? 1 : header >> 3)
  }
  const endBytes = next + ((descriptor & 4) === 0 ? 0 : 4)
  return has(endBytes) ? { endBytes, skippable: false, contentBytes } : undefined
}

function statedSize(data: DataView, at: number, sizeBytes: number): number | undefined {
  switch (sizeBytes) {
    case 1:
      return data.getUint8(at)
    case 2:
      return data.getUint16(at, true) + 256
    case 4:
      return data.getUint32(at, true)
    case 8:
      return Number(data.getBigUint64(at, true))
    default:
      return undefined
  }
}

/**
 * One for each archive: its entries share the time. `expectedBytes` is what the archive says will come out, and all that is allocated.
 * Undefined when the data are no whole Zstandard frames of that size, or take too long. The caller compares the checksum: a damaged block
 * may come out as other bytes.
 */
export function createZstdInflater(
  workMs = archiveWorkMs,
): (compressed: Uint8Array, expectedBytes: number) => Uint8Array | undefined {
  let leftMs = workMs

  /** Runs to its end, or is ended: a timeout of `vm` also ends functions from outside that its script calls. */
  function inTime(run: () => unknown): boolean {
    if (leftMs < 1) return false
    // The clock only guards here; no fact depends on it.
    const startedMs = performance.now()
    try {
      guarded.runInContext(createContext({ run }), { timeout: Math.ceil(leftMs) })
      return true
    } catch {
      return false
    } finally {
      leftMs -= performance.now() - startedMs
    }
  }

  return (compressed, expectedBytes) => {
    const data = new DataView(compressed.buffer, compressed.byteOffset, compressed.byteLength)
    const out = new Uint8Array(expectedBytes)
    let outAt = 0
    for (let at = 0; at < compressed.length; ) {
      const frame = frameAt(data, at)
      if (frame === undefined) return undefined
      if (!frame.skippable) {
        // Only the last frame may leave its size unsaid: it gets the rest.
        const takes = frame.contentBytes ?? expectedBytes - outAt
        if (takes > expectedBytes - outAt) return undefined
        const body = compressed.subarray(at, frame.endBytes)
        if (takes > 0 && !inTime(() => decompress(body, out.subarray(outAt, outAt + takes)))) return undefined
        outAt += takes
      }
      at = frame.endBytes
    }
    return outAt === expectedBytes ? out : undefined
  }
}

const guarded = new Script('run()')
