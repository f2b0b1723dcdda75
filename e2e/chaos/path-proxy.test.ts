// The path that a run holds in its hand: what comes through it comes whole and in order, late where it is slow, not at all while it is silent,
// and never again once it was cut.
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PathProxy, pathProxy } from './path-proxy.ts'

let echo: Server
let path: PathProxy
beforeAll(async () => {
  echo = createServer((socket) => void socket.on('error', () => {}).pipe(socket))
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  const address = echo.address()
  path = await pathProxy(typeof address === 'object' && address ? address.port : 0)
})
afterAll(async () => {
  await path.close()
  await new Promise<void>((resolve) => echo.close(() => resolve()))
})

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function open(): Promise<{
  socket: Socket
  said(): string
  hears(text: string): Promise<void>
  closed: Promise<void>
}> {
  const socket = connect(path.port, '127.0.0.1')
  let said = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  const hears = async (text: string) => {
    for (let waitedMs = 0; !said.includes(text) && waitedMs < 5_000; waitedMs += 5) await sleep(5)
    expect(said).toContain(text)
  }
  return { socket, said: () => said, hears, closed }
}

describe('a path', () => {
  test('is whole and in order, also when it was slow for a while in the middle', async () => {
    const line = await open()
    line.socket.write('a')
    await line.hears('a')
    path.set({ is: 'slow', delayMs: 80 })
    const startMs = performance.now()
    line.socket.write('b')
    await sleep(10)
    path.set({ is: 'open' })
    line.socket.write('c')
    await line.hears('abc')
    expect(line.said()).toBe('abc')
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(79)
    line.socket.destroy()
  })

  test('that is silent keeps its connections and lets nothing through; what was sent comes afterwards', async () => {
    const line = await open()
    line.socket.write('a')
    await line.hears('a')
    path.set({ is: 'silent' })
    line.socket.write('b')
    await sleep(60)
    expect([line.said(), line.socket.destroyed]).toEqual(['a', false])
    path.set({ is: 'open' })
    await line.hears('ab')
    line.socket.destroy()
  })

  test('that is cut breaks what is open, takes nobody, and works again for who comes anew', async () => {
    const line = await open()
    path.set({ is: 'cut' })
    await line.closed
    const refused = connect(path.port, '127.0.0.1').on('error', () => {})
    await new Promise<void>((resolve) => refused.once('close', () => resolve()))
    path.set({ is: 'open' })
    const again = await open()
    again.socket.write('a')
    await again.hears('a')
    again.socket.destroy()
  })
})
