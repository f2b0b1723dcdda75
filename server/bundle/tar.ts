// The container: an uncompressed ustar archive, which every tool opens. Its headers say nothing of the machine and follow from name and size
// alone, so that a check can write them anew and compare. They are written here and not by a library: a version of it that wrote another header
// would make every bundle of old look changed.
import { bytesOf } from './bytes.ts'

export const tarBlock = 512
/** Two empty blocks end an archive. */
export const tarEnd = 2 * tarBlock

/** Of a file's bytes, up to the next header. */
export const padded = (bytes: number): number => Math.ceil(bytes / tarBlock) * tarBlock

/** POSIX.1-1988 (ustar): mode 0644, nobody's, of the beginning of time. `name` is ASCII of at most 100 bytes; `size` is below 8 GiB. */
export function tarHeader(name: string, size: number): Uint8Array {
  const header = new Uint8Array(tarBlock)
  const put = (at: number, text: string) => header.set(bytesOf(text), at)
  put(0, name)
  put(100, '0000644\0')
  put(108, '0000000\0')
  put(116, '0000000\0')
  put(124, `${size.toString(8).padStart(11, '0')}\0`)
  put(136, '00000000000\0')
  put(148, ' '.repeat(8)) // what the sum is made over
  put(156, '0')
  put(257, 'ustar\x0000')
  const sum = header.reduce((total, byte) => total + byte, 0)
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `)
  return header
}

/** What a header says of its file's size; undefined where that is no octal number. */
export function sizeInHeader(header: Uint8Array): number | undefined {
  const digits = String.fromCharCode(...header.subarray(124, 135))
  return /^[0-7]{11}$/.test(digits) ? Number.parseInt(digits, 8) : undefined
}
