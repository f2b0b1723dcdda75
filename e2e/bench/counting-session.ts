// A real agent under `vigil run`: a shell loop that counts into a file, so that "frozen" can be checked against what it does; and, where
// it is given a far end, a program beside it that streams there and comes back whenever its connection is cut.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type Product, until } from '../product.ts'
import { ask } from './asked-control.ts'
import type { Cleanup } from './cleanup.ts'

export type CountingSession = { session: string; count(): number }

const counting = 'i=0; while :; do i=$((i+1)); echo $i >"$0"; sleep 0.005; done'

/** Writes every 10 ms; a cut connection is opened anew. */
const streaming = `
const net = require('node:net')
const open = () => {
  const socket = net.connect(Number(process.argv[1]), '127.0.0.1')
  const timer = setInterval(() => socket.write('tick\\n'), 10)
  socket.on('error', () => undefined)
  socket.on('close', () => { clearInterval(timer); setTimeout(open, 10) })
}
open()`

/** `farPort`: where it streams to. */
export async function countingSession(
  cleanup: Cleanup,
  product: Product,
  session: string,
  farPort?: number,
): Promise<CountingSession> {
  await until('the local probe is connected', async () =>
    /^vigil_probes_connected 1$/m.test(await (await product.api('/metrics')).text()),
  )
  const file = path.join(product.dataDir, `${session}.count`)
  const run = (...command: string[]) =>
    product.vigil('run', '--name', session, '--session', session, '--', 'sh', '-c', ...command)
  const child =
    farPort === undefined
      ? run(counting, file)
      : run(`"$1" -e "$2" "$3" & ${counting}`, file, process.execPath, streaming, String(farPort))
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8')
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8')
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  cleanup.later('the counting session', async () => {
    // Reaches all of it, frozen or not. Without an answer the signal is for `vigil run`, and the product ends the rest as it stops.
    await ask(product, session, 'end').catch(() => child.kill('SIGTERM'))
    const force = setTimeout(() => child.kill('SIGKILL'), 5_000)
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
