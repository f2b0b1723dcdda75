// A value as a key: folded, and short however long it is. Long values that begin alike stay apart by a hash of the whole.
import { fold } from './fold.ts'

const keyMaxChars = 120
const headChars = 80

export function shortValue(value: string): string {
  // The separator of keys must not stand in one.
  const text = fold(value).replaceAll('\u0000', ' ')
  return text.length <= keyMaxChars ? text : `${text.slice(0, headChars)}…${hash53(text).toString(36)}`
}

/** 53 bits, not for secrets: whoever makes two values collide only makes his own count lower. */
function hash53(text: string): number {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return 4294967296 * (2097151 & b) + (a >>> 0)
}
