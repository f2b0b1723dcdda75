// Every block behind the manifest against its mark, from the signed level downwards: the marks first, then what they are of.
import { blockBytes, changedByte, type MarkOf, markBytes } from './block-mark.ts'
import { type BundleBytes, bytesOfHex, isEqual } from './bytes.ts'
import { levelLengths } from './hash-tree.ts'
import type { Layout } from './layout.ts'
import type { BundleManifest } from './manifest.ts'

/** A block that is another one than was signed; with `is` and `was` the one byte of it that was changed, at `at`. */
export type BadBlock = { at: number; until: number; is?: number; was?: number }

export type BlockFindings = {
  /** In the order of the file; those that were looked into. */
  bad: BadBlock[]
  /** Further ones, and blocks whose mark is lost. */
  more: number
}

const badKept = 16
const chunkBlocks = 1_024

/** What is not there any more is not a bad block: the caller compares lengths. */
export function checkBlocks(file: BundleBytes, manifest: BundleManifest, layout: Layout, mark: MarkOf): BlockFindings {
  const bad: BadBlock[] = []
  let more = 0

  let marks: (Uint8Array | undefined)[] = splitMarks(bytesOfHex(manifest.blocksTop) ?? new Uint8Array())
  let at = layout.blocksAt
  for (const length of levelLengths(manifest.contentBytes)) {
    const next: (Uint8Array | undefined)[] = []
    checkLevel(at, length, marks, (block) => next.push(...splitMarks(block.bytes, block.length)))
    marks = next
    at += length
  }
  checkLevel(layout.contentAt, manifest.contentBytes, marks)
  return { bad, more }

  /** `take` gets each block as it was signed; without bytes where that cannot be told. */
  function checkLevel(
    from: number,
    length: number,
    wantedMarks: readonly (Uint8Array | undefined)[],
    take?: (block: { bytes: Uint8Array | undefined; length: number }) => void,
  ): void {
    const end = from + length
    for (let start = from; start < end; start += chunkBlocks * blockBytes) {
      const chunk = file.read(start, Math.min(chunkBlocks * blockBytes, end - start))
      for (let offset = 0; start + offset < Math.min(end, start + chunkBlocks * blockBytes); offset += blockBytes) {
        const blockAt = start + offset
        const wantedLength = Math.min(blockBytes, end - blockAt)
        const bytes = chunk.subarray(offset, offset + wantedLength)
        const wanted = wantedMarks[(blockAt - from) / blockBytes]
        const signed = checkBlock(blockAt, bytes, wantedLength, wanted)
        take?.({ bytes: signed, length: wantedLength })
        if (take === undefined && bytes.length < wantedLength) return
      }
    }
  }

  function checkBlock(
    blockAt: number,
    bytes: Uint8Array,
    wantedLength: number,
    wanted: Uint8Array | undefined,
  ): Uint8Array | undefined {
    if (bytes.length < wantedLength) return undefined
    if (wanted === undefined) {
      more += 1
      return undefined
    }
    if (isEqual(mark(bytes), wanted)) return bytes
    if (bad.length >= badKept) {
      more += 1
      return undefined
    }
    const change = changedByte(bytes, wanted, mark)
    if (change === undefined) {
      bad.push({ at: blockAt, until: blockAt + wantedLength })
      return undefined
    }
    bad.push({ at: blockAt + change.at, until: blockAt + change.at + 1, is: change.is, was: change.was })
    const mended = bytes.slice()
    mended[change.at] = change.was
    return mended
  }
}

function splitMarks(bytes: Uint8Array | undefined, length = bytes?.length ?? 0): (Uint8Array | undefined)[] {
  return Array.from({ length: Math.ceil(length / markBytes) }, (_, index) =>
    bytes?.subarray(index * markBytes, (index + 1) * markBytes),
  )
}
