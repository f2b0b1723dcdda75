// The outside of a session's connections: a listener on loopback that counts what arrives, and answers nothing.
import { createServer, type Socket } from 'node:net'
import type { Cleanup } from './cleanup.ts'

export type FarEnd = {
  port: number
  /** Bytes that have arrived, over all connections. */
  bytes(): number
  /** Connections ever opened. */
  connections(): number
  close(): Promise<void>
}

export async function farEnd(cleanup: Cleanup): Promise<FarEnd> {
  const open = new Set<Socket>()
  let bytes = 0
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    open.add(socket)
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: 0, host: '127.0.0.1', backlog: 511 }, () => resolve())
  })
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('the far end has no port')
  const close = cleanup.later('the far end', async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of open) socket.destroy()
    await closed
  })
  return { port: address.port, bytes: () => bytes, connections: () => connections, close }
}
