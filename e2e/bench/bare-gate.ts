// The baseline of the gate's figures: a process of its own that answers the same request with the same library, and decides nothing.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { Cleanup } from './cleanup.ts'

export const bareGateWord = 'bare-gate-process'

export function runBareGate(): void {
  process.on('disconnect', () => process.exit())
  const app = new Hono()
  app.post('/api/gate', async (c) => {
    const { callId } = (await c.req.json()) as { callId: string }
    return c.json({ decision: 'allow', reason: `nothing was asked about ${callId}` })
  })
  serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => process.send?.(port))
}

/** Its address. It ends with the clean-up, or when this process is gone. */
export async function startBareGate(cleanup: Cleanup): Promise<{ url: string; stop(): Promise<void> }> {
  const child: ChildProcess = fork(process.argv[1] ?? '', [bareGateWord], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  const stop = cleanup.later('the bare gate', async () => {
    child.kill('SIGKILL')
    await exited
  })
  const [port] = (await once(child, 'message')) as [number]
  return { url: `http://127.0.0.1:${port}`, stop }
}
