// Marks of all blocks, and marks of those, up to a level so small that it stands in the signed manifest: so a change in the marks is located as
// exactly as one in what they are of.
import { blockBytes, type MarkOf, markBlocks, markBytes } from './block-mark.ts'
import { join } from './bytes.ts'

/**
 * From the marks of the content's blocks: the level that the manifest keeps, and the file `blocks.marks`, in which the smaller levels stand
 * first, so that each is checked before what follows from it.
 */
export function treeOf(leaves: Uint8Array, mark: MarkOf): { top: Uint8Array; file: Uint8Array } {
  const levels: Uint8Array[] = []
  let top = leaves
  while (top.length > blockBytes) {
    levels.unshift(top)
    top = markBlocks(top, mark)
  }
  return { top, file: join(levels) }
}

/** Lengths of the levels in the file, smallest first; none where the manifest's own level is that of the content. */
export function levelLengths(contentBytes: number): number[] {
  const lengths: number[] = []
  let length = Math.ceil(contentBytes / blockBytes) * markBytes
  while (length > blockBytes) {
    lengths.unshift(length)
    length = Math.ceil(length / blockBytes) * markBytes
  }
  return lengths
}
