// What is kept of each block: a hash that tells that it was changed, and two check symbols of a Reed-Solomon code that tell which of its bytes was,
// when it was one. The symbols only point; the hash then confirms, so that a mark can never name a byte wrongly.
import { type BundleCrypto, isEqual } from './bytes.ts'

export const blockBytes = 256
const hashLength = 14
/** 112 bits of a SHA-256 (the forger has one text given: a second preimage), and the two symbols. */
export const markBytes = hashLength + 2

export type MarkOf = (block: Uint8Array) => Uint8Array

// The field of 256 elements, by the polynomial x^8 + x^4 + x^3 + x^2 + 1; its generator is 2.
const powers = new Uint8Array(255)
const logs = new Uint8Array(256)
for (let power = 0, element = 1; power < 255; power += 1) {
  powers[power] = element
  logs[element] = power
  element = element < 128 ? element * 2 : ((element * 2) ^ 0x11d) & 255
}

/** Sum of all bytes, and of all bytes times the generator to the power of their place. */
function symbolsOf(block: Uint8Array): [number, number] {
  let sum = 0
  let weighed = 0
  for (let at = 0; at < block.length; at += 1) {
    const byte = block[at] as number
    if (byte === 0) continue
    sum ^= byte
    weighed ^= powers[((logs[byte] as number) + at) % 255] as number
  }
  return [sum, weighed]
}

/** At most `blockBytes` bytes. */
export const markOf =
  ({ sha256 }: BundleCrypto): MarkOf =>
  (block) => {
    const mark = new Uint8Array(markBytes)
    mark.set(sha256(block).subarray(0, hashLength))
    mark.set(symbolsOf(block), hashLength)
    return mark
  }

/** One mark for each block; the last one may be shorter. */
export function markBlocks(bytes: Uint8Array, mark: MarkOf): Uint8Array {
  const marks = new Uint8Array(Math.ceil(bytes.length / blockBytes) * markBytes)
  for (let block = 0; block * blockBytes < bytes.length; block += 1)
    marks.set(mark(bytes.subarray(block * blockBytes, (block + 1) * blockBytes)), block * markBytes)
  return marks
}

/** The one byte that must be put back; undefined when no single byte does it. */
export function changedByte(
  block: Uint8Array,
  wanted: Uint8Array,
  mark: MarkOf,
): { at: number; is: number; was: number } | undefined {
  const [sum, weighed] = symbolsOf(block)
  const error = sum ^ (wanted[hashLength] as number)
  const shifted = weighed ^ (wanted[hashLength + 1] as number)
  if (error === 0 || shifted === 0) return undefined
  const place = ((logs[shifted] as number) - (logs[error] as number) + 255) % 255
  // The powers repeat after 255 places: the first and the last byte of a whole block have the same.
  for (const at of [place, place + 255]) {
    if (at >= block.length) continue
    const mended = block.slice()
    const is = block[at] as number
    const was = is ^ error
    mended[at] = was
    if (isEqual(mark(mended), wanted)) return { at, is, was }
  }
  return undefined
}

/** Where a byte was taken out, and which: `rest` is the block without it. */
export function missingByte(
  rest: Uint8Array,
  wanted: Uint8Array,
  mark: MarkOf,
): { at: number; was: number } | undefined {
  const was = symbolsOf(rest)[0] ^ (wanted[hashLength] as number)
  const block = new Uint8Array(rest.length + 1)
  block.set(rest, 1)
  for (let at = 0; at <= rest.length; at += 1) {
    block[at] = was
    if (isEqual(mark(block), wanted)) return { at, was }
    block[at] = rest[at] ?? 0
  }
  return undefined
}
