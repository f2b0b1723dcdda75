// Finds the manifest as it was signed. Manifest and signature may each have a changed byte, in the very places that would tell: so what is tried is
// believed only when the signature fits it.
import { blockBytes, markOf } from './block-mark.ts'
import { type BundleBytes, type BundleCrypto, bytesOfHex, isEqual } from './bytes.ts'
import { manifestAt, manifestName, signatureAt } from './layout.ts'
import { type BundleManifest, manifestBytesMax, manifestOf } from './manifest.ts'
import {
  manifestMarksIn,
  mendBlocks,
  mendSignatureFile,
  signatureFile,
  signatureFileBytes,
  signatureIn,
  signedMessage,
} from './signature-file.ts'
import { sizeInHeader, tarBlock, tarHeader } from './tar.ts'

export type Recovered = { manifest: BundleManifest; manifestBytes: Uint8Array; signatureBytes: Uint8Array }

/** Not recovered: `at` to `until` is as near as can be told; `cut`: the file ends there. */
export type Lost = { at: number; until: number; cut: boolean; why: string }

export function recoverPrefix(file: BundleBytes, algorithms: BundleCrypto): Recovered | Lost {
  const lengths = manifestLengths(file)
  let lost: Lost | undefined
  for (const length of lengths) {
    const found = recoverOf(file, length, algorithms)
    if ('manifest' in found) return found
    lost ??= found
  }
  return (
    lost ?? { at: 0, until: Math.min(file.length, tarBlock), cut: false, why: 'this is no evidence bundle of Vigil' }
  )
}

/** Where the manifest may end: as its header says when that is a header of ours, and before the first empty byte. */
function manifestLengths(file: BundleBytes): number[] {
  const header = file.read(0, tarBlock)
  const size = header.length === tarBlock ? sizeInHeader(header) : undefined
  const lengths: number[] = []
  if (size !== undefined && size > 0 && size <= manifestBytesMax && isEqual(header, tarHeader(manifestName, size)))
    lengths.push(size)
  const end = file.read(manifestAt, manifestBytesMax + 1).indexOf(0)
  // A manifest is an object of JSON: what begins otherwise, in a file without our header, is another file.
  if (end > 0 && !lengths.includes(end) && (lengths.length > 0 || file.read(manifestAt + 1, 9).includes(0x22)))
    lengths.push(end)
  return lengths
}

function recoverOf(file: BundleBytes, length: number, algorithms: BundleCrypto): Recovered | Lost {
  const at = signatureAt(length)
  const end = at + signatureFileBytes(length)
  if (file.length < end)
    return { at: file.length, until: file.length, cut: true, why: 'it ends before the signature of its manifest does' }
  const mark = markOf(algorithms)
  const manifest = file.read(manifestAt, length)
  const asIs = file.read(at, end - at)
  const mended = mendSignatureFile(asIs, length, mark)
  const candidate = mendBlocks(manifest, manifestMarksIn(mended, length), mark)
  for (const bytes of [manifest, candidate.bytes])
    for (const signature of [asIs, mended]) {
      const found = signedBy(bytes, signatureIn(signature), algorithms)
      if (found) return found
    }
  if (candidate.first !== undefined) {
    const from = manifestAt + candidate.first
    const until = Math.min(from + blockBytes, manifestAt + length)
    return { at: from, until, cut: false, why: 'the manifest was changed here, in more than one byte' }
  }
  const why = 'the signature is not one of this manifest: one of the two was written anew'
  return { at: manifestAt, until: end, cut: false, why }
}

function signedBy(
  bytes: Uint8Array,
  signature: Uint8Array | undefined,
  algorithms: BundleCrypto,
): Recovered | undefined {
  const manifest = manifestOf(bytes)
  const key = manifest && bytesOfHex(manifest.key)
  if (!manifest || !key || signature?.length !== 64) return undefined
  if (!algorithms.verify(signedMessage(bytes), signature, key)) return undefined
  return { manifest, manifestBytes: bytes, signatureBytes: signatureFile(bytes, signature, markOf(algorithms)) }
}
