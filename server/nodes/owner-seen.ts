// The owner as a standby knows it, and what both ways of forwarding share.
import type { IncomingMessage } from 'node:http'
import { forwardedHeader, writeMark } from './forwarded-mark.ts'

export type OwnerSeen = { url: string; epoch: number; secret: string }

/** Why there is no answer: for people, and for sources, which come again. */
export const noOwner = 'no node owns the log at this moment: another takes over in a few seconds, send again'
export const ownerAway =
  'the node that owns the log does not answer: it may or may not have taken this, send it again under the same id'
export const notOwnerAnyMore = 'this node does not own the log: send again'

/** About the connection, not the message: each hop has its own (RFC 9110, 7.6.1). `expect` was answered by this hop. */
const ofHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
])

/** Where to, never by the request's own words: a target such as `//elsewhere/` is a path here, and no host. */
export function targetOf(request: Pick<IncomingMessage, 'url'>, owner: OwnerSeen) {
  const { hostname, port } = new URL(owner.url)
  return { hostname: hostname.replace(/^\[|\]$/g, ''), port: port || 80, path: request.url ?? '/' }
}

/**
 * The client's own headers, in their order and as often as they came, without those of the hop, and with our mark in place of any of theirs.
 * `host` and `origin` stay: what may come from which page is judged by them.
 */
export function headersOnward(request: IncomingMessage, owner: OwnerSeen): string[] {
  const named = new Set((request.headers.connection ?? '').split(',').map((each) => each.trim().toLowerCase()))
  const headers = pairsOf(request.rawHeaders).flatMap(([name, value]) => {
    const low = name.toLowerCase()
    return ofHop.has(low) || named.has(low) || low === forwardedHeader ? [] : [name, value]
  })
  const mark = writeMark(owner.secret, {
    epoch: owner.epoch,
    remote: request.socket.remoteAddress ?? 'unknown',
    method: request.method ?? '',
    url: request.url ?? '',
  })
  return [...headers, forwardedHeader, mark]
}

/** The way back. */
export function headersBack(rawHeaders: readonly string[]): string[] {
  return pairsOf(rawHeaders).flatMap(([name, value]) => (ofHop.has(name.toLowerCase()) ? [] : [name, value]))
}

export function pairsOf(rawHeaders: readonly string[]): [name: string, value: string][] {
  const pairs: [string, string][] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) pairs.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? ''])
  return pairs
}
