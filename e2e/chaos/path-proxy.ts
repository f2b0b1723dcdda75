// The path to the server as TCP that this run holds in its hand: open, slow, silent (it stands and nothing gets through) or cut.
import { connect, createServer, type Server, type Socket } from 'node:net'

export type PathState = { is: 'open' } | { is: 'slow'; delayMs: number } | { is: 'silent' } | { is: 'cut' }

export type PathProxy = {
  readonly port: number
  set(state: PathState): void
  close(): Promise<void>
}

/** Listens on loopback for ever; whoever connects speaks to `port` there. */
export async function pathProxy(port: number): Promise<PathProxy> {
  let state: PathState = { is: 'open' }
  const pairs = new Set<Pair>()
  const server = createServer({ allowHalfOpen: true }, (near) => {
    if (state.is === 'cut') {
      near.resetAndDestroy()
      return
    }
    const pair = new Pair(near, port, () => state)
    pairs.add(pair)
    pair.onGone = () => pairs.delete(pair)
  })
  await listening(server)
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('the path has no port')
  return {
    port: address.port,
    set(next) {
      state = next
      for (const pair of [...pairs]) pair.changed()
    },
    async close() {
      for (const pair of [...pairs]) pair.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: 0, host: '127.0.0.1', backlog: 511 }, () => resolve())
  })
}

/** One connection and its other half. What was read is never reordered, whatever the delay was meanwhile. */
class Pair {
  onGone = () => {}
  private readonly far: Socket
  private readonly timers = new Set<NodeJS.Timeout>()
  private readonly dueMs = new Map<Socket, number>()

  constructor(
    private readonly near: Socket,
    port: number,
    private readonly state: () => PathState,
  ) {
    this.far = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.join(near, this.far)
    this.join(this.far, near)
    this.changed()
  }

  changed(): void {
    const { is } = this.state()
    if (is === 'cut') this.destroy()
    // What is not read waits in the kernel, as it would where packets are dropped, and comes once the path is open again.
    else for (const socket of [this.near, this.far]) is === 'silent' ? socket.pause() : socket.resume()
  }

  destroy(): void {
    for (const timer of this.timers) clearTimeout(timer)
    this.timers.clear()
    for (const socket of [this.near, this.far]) socket.destroyed || socket.resetAndDestroy()
    this.onGone()
  }

  private join(from: Socket, to: Socket): void {
    from.setNoDelay(true)
    from.on('data', (piece: Buffer) => this.later(from, () => to.write(piece)))
    from.on('end', () => this.later(from, () => to.end()))
    from.on('error', () => this.destroy())
    from.on('close', () => {
      if (this.near.destroyed && this.far.destroyed) this.onGone()
    })
  }

  private later(from: Socket, work: () => void): void {
    const state = this.state()
    const nowMs = performance.now()
    const dueMs = Math.max(this.dueMs.get(from) ?? 0, nowMs + (state.is === 'slow' ? state.delayMs : 0))
    if (dueMs <= nowMs) return work()
    this.dueMs.set(from, dueMs)
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      work()
    }, dueMs - nowMs)
    this.timers.add(timer)
  }
}
