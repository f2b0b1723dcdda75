// `manifest.sig`: the signature of the manifest, marks that locate a change in the manifest, and marks that locate one in this file. Its length follows
// from the manifest's, and its text from manifest and signature.
import { blockBytes, changedByte, type MarkOf, markBlocks, markBytes } from './block-mark.ts'
import { bytesOf, bytesOfHex, hexOf, isEqual, join, textOf } from './bytes.ts'
import { bundleFormat } from './manifest.ts'

const head = 'vigil-bundle-signature-1\ned25519 '
const signatureHex = 128
const markLine = markBytes * 2 + 1

/** What is signed: no signature of anything else can be passed off as one of a bundle. */
export const signedMessage = (manifest: Uint8Array): Uint8Array => join([bytesOf(`${bundleFormat}\n`), manifest])

/** Text of `manifest.sig`. `signature` has 64 bytes. */
export function signatureFile(manifest: Uint8Array, signature: Uint8Array, mark: MarkOf): Uint8Array {
  const body = bytesOf(`${head}${hexOf(signature)}\n${markLines(markBlocks(manifest, mark))}`)
  return join([body, bytesOf(markLines(markBlocks(body, mark)))])
}

function markLines(marks: Uint8Array): string {
  let lines = ''
  for (let at = 0; at < marks.length; at += markBytes) lines += `${hexOf(marks.subarray(at, at + markBytes))}\n`
  return lines
}

function bodyBytes(manifestLength: number): number {
  return head.length + signatureHex + 1 + Math.ceil(manifestLength / blockBytes) * markLine
}

export function signatureFileBytes(manifestLength: number): number {
  const body = bodyBytes(manifestLength)
  return body + Math.ceil(body / blockBytes) * markLine
}

/** The signature where it must stand; undefined when that is no hex. */
export function signatureIn(file: Uint8Array): Uint8Array | undefined {
  return bytesOfHex(textOf(file.subarray(head.length, head.length + signatureHex)))
}

/** Marks of the manifest's blocks; an entry is undefined where it is no hex. */
export function manifestMarksIn(file: Uint8Array, manifestLength: number): (Uint8Array | undefined)[] {
  return marksIn(file.subarray(head.length + signatureHex + 1, bodyBytes(manifestLength)))
}

function marksIn(lines: Uint8Array): (Uint8Array | undefined)[] {
  return Array.from({ length: Math.floor(lines.length / markLine) }, (_, index) =>
    bytesOfHex(textOf(lines.subarray(index * markLine, (index + 1) * markLine - 1))),
  )
}

/** With one byte put back in each block that its own marks say was changed: a guess, which only the signature can confirm. */
export function mendSignatureFile(file: Uint8Array, manifestLength: number, mark: MarkOf): Uint8Array {
  const body = bodyBytes(manifestLength)
  return join([mendBlocks(file.subarray(0, body), marksIn(file.subarray(body)), mark).bytes, file.subarray(body)])
}

/** Block by block with one byte put back where that helps; `first` is the place of the first one in which it does not. */
export function mendBlocks(
  bytes: Uint8Array,
  marks: readonly (Uint8Array | undefined)[],
  mark: MarkOf,
): { bytes: Uint8Array; first?: number } {
  const mended = bytes.slice()
  let first: number | undefined
  for (let at = 0; at < mended.length; at += blockBytes) {
    const block = mended.subarray(at, at + blockBytes)
    const wanted = marks[at / blockBytes]
    if (wanted === undefined || isEqual(mark(block), wanted)) continue
    const change = changedByte(block, wanted, mark)
    if (change === undefined) first ??= at
    else block[change.at] = change.was
  }
  return { bytes: mended, ...(first !== undefined && { first }) }
}
