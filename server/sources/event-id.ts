// Ids that a retry repeats: the log keeps an id once, so an exporter that sends again leaves nothing twice.
import { createHash } from 'node:crypto'
import type { EventId } from '../protocol/ids.ts'

/**
 * A UUID (version 5 layout, SHA-1) of the parts. The first part should be the session that the key is bound to, so that one
 * session's key cannot take another's ids. Parts are length-prefixed: no choice of text makes two lists equal.
 */
export function eventIdOf(...parts: readonly string[]): EventId {
  let text = 'vigil'
  for (const part of parts) text += `|${part.length}:${part}`
  const hash = createHash('sha1').update(text).digest('hex')
  const variant = '89ab'[Number.parseInt(hash.charAt(16), 16) & 3]
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}` as EventId
}
