// Some hundred sessions that cost little: each a bash loop with one loopback connection, opened at the probe's own socket as `vigil run`
// opens them, without a Node process each. Born inside their cgroups; ended by cgroup, never by name.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Product, until } from '../product.ts'
import type { Cleanup } from './cleanup.ts'

export type ManySession = {
  session: string
  cgroup: string
  count(): number
  /** Read from the host. */
  isFrozen(): boolean
}

export type ManySessions = {
  list: readonly ManySession[]
  /** Ends them all; throws when one of their cgroups stays. */
  end(): Promise<void>
}

/** Says its number once a second, into a file and to the far end; opens its connection again when it was cut. */
const loop = `trap '' PIPE
i=0
while :; do
  i=$((i+1)); echo $i >"$0"
  { echo $i >&3; } 2>/dev/null || exec 3<>/dev/tcp/127.0.0.1/$1
  sleep 1
done`
/** As in cli/run.ts: enters the cgroup, then becomes the command. */
const shim = 'echo $$ >"$1/cgroup.procs" || exit 125; shift; exec "$@"'
const atOnce = 8

type Opened = { session: ManySession; child: ChildProcess; exited: Promise<void>; socket: Socket }

export async function manySessions(
  cleanup: Cleanup,
  product: Product,
  options: { count: number; run: string; farPort: number },
): Promise<ManySessions> {
  const folder = path.join(product.dataDir, 'many')
  mkdirSync(folder)
  const opened: Opened[] = []
  const end = cleanup.later('the many sessions', () => endAll(opened))
  let next = 0
  const worker = async () => {
    for (let index = next++; index < options.count; index = next++) {
      opened.push(await openOne(product, folder, `many-${process.pid}-${index}`, options))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  const list = opened.map(({ session }) => session)
  await until(`${options.count} sessions count`, () => list.every((each) => each.count() > 0), 60_000)
  await until(
    `${options.count} sessions are known to the server`,
    async () => (await runningCount(product, options.run)) === options.count,
    60_000,
  )
  return { list, end }
}

async function runningCount(product: Product, run: string): Promise<number> {
  const { sessions } = await product.json<{ sessions: { session: string; name?: string }[] }>(
    '/api/sessions?state=running&limit=1000',
  )
  return sessions.filter(({ name }) => name === run).length
}

async function openOne(
  product: Product,
  folder: string,
  id: string,
  { run, farPort }: { run: string; farPort: number },
): Promise<Opened> {
  const socket = connect(path.join(product.dataDir, 'run/probe.sock'))
  const replies = createInterface({ input: socket })[Symbol.asyncIterator]()
  socket.on('error', () => undefined) // the reply that does not come says it
  const tell = (message: object) => socket.write(`${JSON.stringify(message)}\n`)
  const file = path.join(folder, id)
  const argv = ['bash', '-c', loop, file, String(farPort)]
  tell({ type: 'open', session: id, name: run, agent: 'bench-agent', labels: { run }, argv, cwd: folder })
  const reply = JSON.parse(String((await replies.next()).value ?? '{}')) as { cgroup?: string | null; reason?: string }
  if (!reply.cgroup) throw new Error(`no cgroup for ${id}: ${reply.reason ?? 'the probe holds it otherwise'}`)
  const { cgroup } = reply
  const child = spawn('/bin/sh', ['-c', shim, 'bench', cgroup, ...argv], { stdio: 'ignore' })
  const exited = new Promise<void>((resolve) => {
    child.once('error', () => resolve())
    child.once('exit', (code, signal) => {
      tell({ type: 'exited', ...(code !== null && { code }), ...(signal !== null && { signal }) })
      resolve()
    })
  })
  if (child.pid === undefined) throw new Error(`${id} did not start`)
  tell({ type: 'started', pid: child.pid, startTicks: startTicksOf(child.pid) })
  const session: ManySession = {
    session: id,
    cgroup,
    count: () => (existsSync(file) ? Number(readFileSync(file, 'utf8')) || 0 : 0),
    isFrozen: () => /^frozen 1$/m.test(readFileSync(path.join(cgroup, 'cgroup.events'), 'utf8')),
  }
  return { session, child, exited, socket }
}

async function endAll(opened: readonly Opened[]): Promise<void> {
  for (const { session } of opened) {
    const kill = path.join(session.cgroup, 'cgroup.kill')
    if (existsSync(kill)) writeFileSync(kill, '1') // reaches the frozen too
  }
  await Promise.all(opened.map(({ exited }) => exited))
  const left = () => opened.filter(({ session }) => existsSync(session.cgroup))
  const deadlineMs = Date.now() + 20_000
  while (left().length > 0 && Date.now() < deadlineMs) await sleep(50)
  for (const { socket } of opened) socket.destroy()
  const stayed = left()
  // The probe takes them away; where it could not, nothing of ours may stay.
  for (const { session } of stayed) rmdirSync(session.cgroup)
  if (stayed.length > 0) throw new Error(`the probe left ${stayed.length} cgroups of ended sessions behind`)
}

/** Field 22 of /proc/PID/stat, counted from the last parenthesis. */
function startTicksOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19])
}
