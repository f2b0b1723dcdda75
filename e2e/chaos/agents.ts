// Agents under `vigil run`: shell loops that count into a file and hold a connection open. Some live as long as the run, some come and go.
// Ended by their own cgroups, never by name.
import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { key } from '../product.ts'
import { randomOf } from './random.ts'

/** Counts ten times a second, until it reaches its number where it has one; opens its connection again when it was cut. */
const loop = `trap '' PIPE
i=0
while [ $2 -eq 0 ] || [ $i -lt $2 ]; do
  i=$((i+1)); echo $i >"$0"
  { echo $i >&3; } 2>/dev/null || exec 3<>/dev/tcp/127.0.0.1/$1
  sleep 0.1
done`

export type Agent = {
  session: string
  /** It counted at least once: its command ran. */
  hasRun(): boolean
  /** `vigil run` of it is over. */
  exited: boolean
}

export type Agents = {
  /** Every session that was ever begun. */
  all: readonly Agent[]
  /** Sessions that run, by the runner's own knowledge. */
  running(): Agent[]
  /** Begins no new ones. */
  settle(): void
  end(): Promise<void>
}

export type AgentsOptions = {
  root: string
  /** Where counts and what they say go. */
  folder: string
  probeData: string
  /** Folder of this host in which sessions have their cgroups; undefined: they are held as process groups. */
  cgroups: () => string | undefined
  prefix: string
  run: string
  seed: number
  farPort: number
  count: number
}

export function startAgents(options: AgentsOptions): Agents {
  const all: (Agent & { child: ChildProcess })[] = []
  let stopping = false

  /** Resolves when it is over. */
  function begin(slot: number, generation: number, limit: number): Promise<void> {
    const session = `${options.prefix}-${slot}-${generation}`
    const file = path.join(options.folder, `${session}.count`)
    const labels = ['--label', `run=${options.run}`]
    const command = ['run', '--session', session, '--name', session, ...labels, '--', 'bash', '-c', loop]
    const child = spawn(
      process.execPath,
      [path.join(options.root, 'dist/cli.mjs'), ...command, file, String(options.farPort), String(limit)],
      {
        cwd: options.folder,
        env: { ...process.env, VIGIL_DATA: options.probeData, VIGIL_KEY: key },
        stdio: ['ignore', 'ignore', 'pipe'],
        detached: true,
      },
    )
    child.stderr?.on('data', (chunk: Buffer) => appendFileSync(`${file}.said`, chunk))
    const agent = { session, child, exited: false, hasRun: () => existsSync(file) && readFileSync(file, 'utf8') !== '' }
    all.push(agent)
    return new Promise((resolve) => {
      const over = () => {
        agent.exited = true
        resolve()
      }
      child.once('error', over)
      child.once('exit', over)
    })
  }

  /** Two thirds come and go. */
  async function keep(slot: number): Promise<void> {
    const random = randomOf(options.seed * 1_000 + slot)
    for (let generation = 1; !stopping; generation += 1) {
      await begin(slot, generation, slot % 3 === 0 ? 0 : random.between(80, 400))
      // Where no probe answers, `vigil run` says so and ends: whoever starts agents tries again.
      await sleep(1_000)
    }
  }
  for (let slot = 0; slot < options.count; slot += 1) void keep(slot)

  return {
    all,
    running: () => all.filter((agent) => !agent.exited && agent.hasRun()),
    settle() {
      stopping = true
    },
    async end() {
      stopping = true
      const living = () => all.filter(({ exited }) => !exited)
      for (const { session } of all) killCgroup(options.cgroups(), session)
      // Held as process groups they have nothing that ends all of them at once, stopped ones included.
      if (options.cgroups() === undefined) for (const { child } of living()) killTree(child.pid)
      const deadlineMs = Date.now() + 10_000
      while (living().length > 0 && Date.now() < deadlineMs) await sleep(50)
      for (const { child } of living()) child.kill('SIGKILL')
    },
  }
}

/** SIGKILL to what a process started, and what that started, then to itself. */
function killTree(pid: number | undefined): void {
  if (pid === undefined) return
  for (const name of readdirSync('/proc')) if (/^\d+$/.test(name) && parentOf(name) === pid) killTree(Number(name))
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended meanwhile
  }
}

function parentOf(pid: string): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined // it has ended meanwhile
  }
}

function cgroupOf(home: string | undefined, session: string): string | undefined {
  const folder = home && path.join(home, session)
  return folder && existsSync(folder) ? folder : undefined
}

/** Reaches the frozen, too. */
function killCgroup(home: string | undefined, session: string): void {
  const folder = cgroupOf(home, session)
  if (folder) writeFileSync(path.join(folder, 'cgroup.kill'), '1')
}

/** What no probe took away; answers their names. */
export async function removeCgroups(home: string | undefined, sessions: readonly string[]): Promise<string[]> {
  const left = sessions.filter((session) => cgroupOf(home, session) !== undefined)
  for (const session of left) {
    killCgroup(home, session)
    const folder = cgroupOf(home, session)
    for (let attempt = 0; folder && attempt < 40; attempt += 1) {
      try {
        rmdirSync(folder)
        break
      } catch {
        await sleep(50) // a process of it is still going
      }
    }
  }
  return left
}
