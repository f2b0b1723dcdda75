// One WebSocket: the handshake goes to the owner as it came, and then bytes go both ways until either side hangs up.
import { type IncomingMessage, request as requestOf } from 'node:http'
import type { Duplex } from 'node:stream'
import { headersBack, headersOnward, noOwner, type OwnerSeen, ownerAway, pairsOf, targetOf } from './owner-seen.ts'

export function forwardUpgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer, owner: OwnerSeen): void {
  const headers = [...headersOnward(incoming, owner), 'connection', 'Upgrade', 'upgrade', 'websocket']
  // No agent: this connection is one conversation's own.
  const onward = requestOf({ ...targetOf(incoming, owner), agent: false, method: 'GET', headers })
  socket.on('error', () => onward.destroy())
  socket.on('close', () => onward.destroy())
  onward.on('error', () => refuseUpgrade(socket, ownerAway))
  onward.on('upgrade', (answer, far, farHead) => {
    socket.write(headOf(answer, answer.rawHeaders))
    if (farHead.length > 0) socket.write(farHead)
    if (head.length > 0) far.write(head)
    far.on('error', () => socket.destroy())
    far.on('close', () => socket.destroy())
    socket.on('close', () => far.destroy())
    far.pipe(socket)
    socket.pipe(far)
  })
  // The owner says no: in its own words, and that is all.
  onward.on('response', (answer) => {
    socket.write(headOf(answer, [...headersBack(answer.rawHeaders), 'connection', 'close']))
    answer.pipe(socket)
    answer.on('error', () => socket.destroy())
  })
  onward.end()
}

export function refuseUpgrade(socket: Duplex, why = noOwner): void {
  if (!socket.writable) return
  socket.end(
    `HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: ${why.length}\r\n\r\n${why}`,
  )
}

function headOf(answer: IncomingMessage, rawHeaders: readonly string[]): string {
  const lines = pairsOf(rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${lines.join('')}\r\n`
}
