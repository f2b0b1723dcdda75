// What browsers cost the server without what they cost this machine: their sockets, which say what is on their screen, take
// every frame and say that it is painted.
import { io, type Socket } from 'socket.io-client'
import { operatorNamespace } from '../../server/protocol/browser-messages.ts'
import { wireVersion } from '../../server/protocol/wire-version.ts'
import type { Cleanup } from './cleanup.ts'

type Row = { session: string; startedAtMs: number }
/** As many as the Live page of 1600 × 1000 draws. */
const rowsOfScreen = 26

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
    // What a screen shows: the newest rows. Which they are, each browser finds for itself, as the page does.
    const startedAtMs = new Map<string, number>()
    let looked = ''
    const look = (rows: readonly Row[]) => {
      if (rows.every((row) => startedAtMs.has(row.session))) return
      for (const row of rows) startedAtMs.set(row.session, row.startedAtMs)
      const newest = [...startedAtMs].sort((a, b) => b[1] - a[1]).slice(0, rowsOfScreen)
      const sessions = newest.map(([session]) => session)
      if (sessions.join() === looked) return
      looked = sessions.join()
      socket.emit('looking', { sessions })
    }
    socket.on('frame', (frame: { n: number; rows: Row[] }) => {
      look(frame.rows)
      socket.emit('painted', { n: frame.n })
    })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('connect_error', reject)
    })
    const snapshot = (await socket.timeout(10_000).emitWithAck('watch', { view: 'live' })) as { rows: Row[] }
    look(snapshot.rows)
  }
  return close
}
