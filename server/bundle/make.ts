// The way out: hashes and manifest of files that are written already, and what stands before them in the bundle. What is large is never held here:
// the shell reads it twice, block by block.
import type { Actor } from '../protocol/actor.ts'
import { blockBytes, type MarkOf, markBytes } from './block-mark.ts'
import { type BundleCrypto, hexOf, join } from './bytes.ts'
import { treeOf } from './hash-tree.ts'
import { prefixOf } from './layout.ts'
import { BundleManifest, type BundleSubject, bundleFormat, type ContentFile, manifestBytes } from './manifest.ts'
import { signatureFile, signedMessage } from './signature-file.ts'
import { padded, tarEnd, tarHeader } from './tar.ts'

export type WrittenFile = { name: ContentFile; bytes: number; lines: number; sha256: string }

/** The content as pieces, in order: bytes to put, or a file to copy. */
export function contentPieces(files: readonly WrittenFile[]): (Uint8Array | { file: ContentFile })[] {
  return [
    ...files.flatMap(({ name, bytes }) => [
      tarHeader(name, bytes),
      { file: name },
      new Uint8Array(padded(bytes) - bytes),
    ]),
    new Uint8Array(tarEnd),
  ]
}

/** Takes the content in chunks of any length and keeps its blocks' marks, in one piece of memory that doubles. */
export function blockMarker(mark: MarkOf) {
  let leaves: Uint8Array = new Uint8Array(64 * 1024)
  let used = 0
  let rest: Uint8Array = new Uint8Array()
  let bytes = 0
  const add = (block: Uint8Array) => {
    if (used + markBytes > leaves.length) {
      const larger = new Uint8Array(leaves.length * 2)
      larger.set(leaves)
      leaves = larger
    }
    leaves.set(mark(block), used)
    used += markBytes
  }
  return {
    take(chunk: Uint8Array): void {
      bytes += chunk.length
      const whole = rest.length === 0 ? chunk : join([rest, chunk])
      let at = 0
      for (; at + blockBytes <= whole.length; at += blockBytes) add(whole.subarray(at, at + blockBytes))
      rest = whole.slice(at)
    },
    end(): { leaves: Uint8Array; bytes: number } {
      if (rest.length > 0) add(rest)
      return { leaves: leaves.subarray(0, used), bytes }
    },
  }
}

/** Everything before the content. `sign` makes an Ed25519 signature with the key whose public half `key` is, in hex. */
export function bundleHead(
  about: {
    madeAtMs: number
    madeBy: Actor
    of: BundleSubject
    files: readonly WrittenFile[]
    leaves: Uint8Array
    contentBytes: number
    key: string
  },
  algorithms: BundleCrypto,
  mark: MarkOf,
  sign: (message: Uint8Array) => Uint8Array,
): { head: Uint8Array; manifest: BundleManifest } {
  const { top, file } = treeOf(about.leaves, mark)
  // What a check would not read as a manifest is never signed: such a bundle would look forged. Throws.
  const manifest = BundleManifest.parse({
    format: bundleFormat,
    madeAtMs: about.madeAtMs,
    madeBy: about.madeBy,
    of: about.of,
    masked: false,
    files: [...about.files],
    contentBytes: about.contentBytes,
    blocksTop: hexOf(top),
    blocksSha256: hexOf(algorithms.sha256(file)),
    key: about.key,
  } satisfies BundleManifest)
  const bytes = manifestBytes(manifest)
  const signature = signatureFile(bytes, sign(signedMessage(bytes)), mark)
  const head = [prefixOf(bytes, signature, file.length), file, new Uint8Array(padded(file.length) - file.length)]
  return { head: join(head), manifest }
}
