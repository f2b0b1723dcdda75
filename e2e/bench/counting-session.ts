// A real agent under `vigil run`: a shell loop that counts into a file, so that "frozen" can be checked against what it does.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type Product, until } from '../product.ts'
import type { Cleanup } from './cleanup.ts'
import { ask } from './click-figure.ts'

export type CountingSession = { session: string; count(): number }

export async function countingSession(cleanup: Cleanup, product: Product, session: string): Promise<CountingSession> {
  await until('the local probe is connected', async () =>
    /^vigil_probes_connected 1$/m.test(await (await product.api('/metrics')).text()),
  )
  const file = path.join(product.dataDir, `${session}.count`)
  const loop = 'echo $$ >"$0.pid"; i=0; while :; do i=$((i+1)); echo $i >"$0"; sleep 0.005; done'
  const child = product.vigil('run', '--name', session, '--session', session, '--', 'sh', '-c', loop, file)
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8')
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8')
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  cleanup.later('the counting session', async () => {
    // A frozen one would hear nothing. Should the API not thaw it, SIGKILL reaches even the frozen.
    await ask(product, session, 'resume').catch(() => undefined)
    child.kill('SIGTERM')
    const force = setTimeout(() => {
      child.kill('SIGKILL')
      kill(Number(readFileSync(`${file}.pid`, 'utf8')))
    }, 3_000)
    await exited
    clearTimeout(force)
  })
  const count = () => {
    try {
      return Number(readFileSync(file, 'utf8')) || 0
    } catch {
      return 0 // it has not counted yet
    }
  }
  await until('the session counts', () => child.exitCode !== null || count() > 0).catch(() => undefined)
  if (count() === 0) throw new Error(`the session does not count: vigil run said ${output.trim() || 'nothing'}`)
  return { session, count }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended already
  }
}
