// What browsers cost the server without what they cost this machine: their sockets, which take every frame and say that it is painted.
import { io, type Socket } from 'socket.io-client'
import { operatorNamespace } from '../../server/protocol/browser-messages.ts'
import { wireVersion } from '../../server/protocol/wire-version.ts'
import type { Cleanup } from './cleanup.ts'

/** Resolves when all of them watch the Live page; returns what closes them. */
export async function otherBrowsers(
  cleanup: Cleanup,
  url: string,
  cookie: string,
  count: number,
): Promise<() => Promise<void>> {
  const sockets: Socket[] = []
  const close = cleanup.later('the other browsers', () => {
    for (const socket of sockets) socket.disconnect()
    return Promise.resolve()
  })
  for (let n = 0; n < count; n += 1) {
    const socket = io(url + operatorNamespace, {
      auth: { wireVersion },
      extraHeaders: { cookie, origin: url },
      forceNew: true,
      transports: ['websocket'],
    })
    sockets.push(socket)
    socket.on('frame', (frame: { n: number }) => socket.emit('painted', { n: frame.n }))
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('connect_error', reject)
    })
    await socket.timeout(10_000).emitWithAck('watch', { view: 'live' })
  }
  return close
}
