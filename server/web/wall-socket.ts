// The wallboards' namespace: a link's token, or a signed-in operator, gets figures once a second. It listens to no message at all, so a link
// that somebody photographed can ask for nothing; to every other namespace and to the HTTP API its token is nobody.
import type { Namespace, Socket } from 'socket.io'
import type { WallFigures } from '../protocol/wall-messages.ts'
import { isSameOrigin } from './api-app.ts'
import type { Identify } from './identity.ts'
import type { Clock } from './ports.ts'

const beatMs = 1_000
/** Browsers of one link at once; a link that is everywhere is a leak. */
const openMax = 20
/** "Last used" is worth a write a minute, not one a second. */
const usedEveryMs = 60_000

export type WallLinks = {
  byToken(token: string): { id: string } | undefined
  used(id: string, atMs: number): Promise<void>
}

export type WallSocketOptions = {
  namespace: Namespace
  links: WallLinks
  identify: Identify
  figures: (beat: number) => WallFigures
  clock: Clock
  onError: (context: string, error: unknown) => void
}

export type WallSocket = { openOf(link: string): number; drop(link: string): void; close(): void }

export function serveWall(options: WallSocketOptions): WallSocket {
  const { namespace, links, clock, onError } = options
  const byLink = new Map<string, Set<Socket>>()
  const usedAtMs = new Map<string, number>()
  let beat = 0

  const openOf = (link: string) => byLink.get(link)?.size ?? 0

  async function linkOf(socket: Socket): Promise<string | undefined> {
    const { token } = socket.handshake.auth
    if (typeof token === 'string' && token !== '') {
      const link = links.byToken(token)
      if (!link) throw new Error('unauthorized')
      if (openOf(link.id) >= openMax) throw new Error('too many')
      return link.id
    }
    const { origin, host, cookie } = socket.handshake.headers
    if (origin !== undefined && !isSameOrigin(origin, host)) throw new Error('unauthorized')
    const caller = await options.identify(new Headers(cookie === undefined ? {} : { cookie }))
    if (caller?.type !== 'operator') throw new Error('unauthorized')
    return undefined
  }

  function noteUse(link: string): void {
    const nowMs = clock.nowMs()
    if (nowMs - (usedAtMs.get(link) ?? 0) < usedEveryMs) return
    usedAtMs.set(link, nowMs)
    links.used(link, nowMs).catch((error: unknown) => onError('note the use of a wallboard link', error))
  }

  namespace.use((socket, next) => {
    linkOf(socket).then(
      (link) => {
        socket.data.link = link
        next()
      },
      (error: unknown) => next(error instanceof Error ? error : new Error('unauthorized')),
    )
  })
  namespace.on('connection', (socket) => {
    const link: string | undefined = socket.data.link
    if (link !== undefined) {
      // It may have been revoked between the handshake's check and now.
      if (!links.byToken(String(socket.handshake.auth.token))) return void socket.disconnect(true)
      byLink.set(link, (byLink.get(link) ?? new Set()).add(socket))
      noteUse(link)
    }
    socket.emit('figures', options.figures(beat))
    socket.on('disconnect', () => {
      if (link === undefined) return
      const sockets = byLink.get(link)
      sockets?.delete(socket)
      if (sockets?.size === 0) byLink.delete(link)
    })
  })

  const timer = setInterval(() => {
    beat += 1
    if (namespace.sockets.size === 0) return
    namespace.emit('figures', options.figures(beat))
    for (const link of byLink.keys()) noteUse(link)
  }, beatMs)

  return {
    openOf,
    /** A revoked link's screens go dark at once. */
    drop(link) {
      for (const socket of [...(byLink.get(link) ?? [])]) socket.disconnect(true)
    },
    close() {
      clearInterval(timer)
      namespace.disconnectSockets(true)
    },
  }
}
