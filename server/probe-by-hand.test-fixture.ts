// A probe played by hand: a socket whose every move is the test's. For tests only.
import { io, type Socket } from 'socket.io-client'
import { probeNamespace } from './protocol/probe-messages.ts'
import { wireVersion } from './protocol/wire-version.ts'

export type WantedSeen = {
  session: string
  restrict: string[]
  pending: { control: string; action: string; capability?: string }[]
}

/** `url` of the server, the key it lets in, the host it speaks for. */
export async function connectProbe(url: string, host: string, key: string) {
  const socket: Socket = io(url + probeNamespace, {
    auth: { key, host, wireVersion },
    forceNew: true,
    reconnection: false,
    transports: ['websocket'],
  })
  const wanted: WantedSeen[] = []
  socket.on('wanted', (message: { wanted: WantedSeen[] }, ack?: (answer: object) => void) => {
    wanted.push(...message.wanted)
    ack?.({ ok: true })
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  return {
    wanted,
    hello: (stream: string, sessions: { session: string; paused: boolean }[] = [], lastN = 0) =>
      socket.emitWithAck('hello', { stream, bootId: 'boot', lastN, sessions }) as Promise<{
        ackedN: number
        wanted: WantedSeen[]
      }>,
    send: (stream: string, fromN: number, events: object[]) =>
      socket.emitWithAck('events', {
        stream,
        fromN,
        events: events.map((event) => ({ v: 1, atMs: Date.now(), host, ...event })),
      }) as Promise<{ ackedN?: number; retry?: boolean; rejected?: object[] }>,
    close: () => socket.disconnect(),
  }
}
