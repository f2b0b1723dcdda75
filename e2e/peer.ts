// The far end of an agent's connection: a listener on loopback that counts what arrives.
import { createServer, type Socket } from 'node:net'

export type Peer = {
  port: number
  /** Bytes received so far. */
  received(): number
  close(): void
}

export async function listenOnLoopback(): Promise<Peer> {
  let received = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('data', (chunk) => {
      received += chunk.length
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
  return {
    port,
    received: () => received,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
