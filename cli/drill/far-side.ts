// Where a drill's far ends live: a network namespace of its own behind a pair of virtual devices, or loopback where that cannot be made.
// Addresses are those kept for documentation (far away, as detection sees them) and for benchmarks (inside); neither is ever routed anywhere.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createServer, type Server } from 'node:net'
import { createInterface } from 'node:readline'
import type { DrillId } from '../../server/protocol/drill.ts'
import { withoutSecrets } from '../command-environment.ts'
import { type PeerConnection, PeerSays } from './far-peer.ts'
import { markerOf } from './marker.ts'
import { ownProgram } from './own-program.ts'

const placesMax = 8
const readyWithinMs = 15_000

export type FarSide = {
  /** Absent: loopback. */
  namespace?: string
  /** Address of the far ends, and the first three numbers of addresses that nobody has. */
  address: string
  inside: string
  /** From which address this machine reaches both. */
  near: string
  /** Why it is loopback. */
  why?: string
  /** Starts far ends: answers the port of each role, and tells every connection. */
  play(specs: readonly string[], onConnection: (connection: PeerConnection) => void): Promise<Record<string, number>>
  /** An address that the far side has besides, in its own namespace alone. False on loopback. */
  own(address: string): boolean
  /** `command`, as it has to be written to run on the far side. */
  there(command: string): string
  /** A program on the far side. */
  start(command: readonly string[], stderr: (text: string) => void): ChildProcess
  /** Everything that was made here is gone afterwards; what is not is answered. */
  close(): Promise<string[]>
}

/** What stands against an own namespace, or undefined. */
export function whyNoNamespace(): string | undefined {
  if (process.platform !== 'linux') return 'this is not Linux'
  if (process.getuid?.() !== 0) return 'not root'
  if (spawnSync('ip', ['netns', 'list'], { stdio: 'ignore' }).status !== 0)
    return '"ip netns" of iproute2 cannot be used'
  return undefined
}

export async function openFarSide(id: DrillId): Promise<FarSide> {
  const why = whyNoNamespace()
  if (why !== undefined)
    return sideOn(id, { address: '127.0.0.1', inside: '127.88.0', near: '127.0.0.1', why }, async () => [])
  const claimed = await claimPlace()
  if (!claimed)
    return sideOn(
      id,
      { address: '127.0.0.1', inside: '127.88.0', near: '127.0.0.1', why: 'all places are in use' },
      async () => [],
    )
  const { place, claim } = claimed
  const namespace = `vigil-drill-${place}`
  const device = `vgdrill${place}`
  try {
    // Left behind by a drill that was killed: the place is ours now.
    await removeNamespace(namespace)
    must('ip', 'netns', 'add', namespace)
    must('ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', 'far0', 'netns', namespace)
    must('ip', 'addr', 'add', `198.51.100.${16 * place + 1}/28`, 'dev', device)
    must('ip', 'link', 'set', device, 'up')
    must('ip', '-n', namespace, 'addr', 'add', `198.51.100.${16 * place + 2}/28`, 'dev', 'far0')
    must('ip', '-n', namespace, 'link', 'set', 'far0', 'up')
    must('ip', '-n', namespace, 'link', 'set', 'lo', 'up')
    // Nobody is there, and nothing is said back: as in a network that drops what it does not know.
    must('ip', 'route', 'add', `198.18.${place}.0/24`, 'via', `198.51.100.${16 * place + 2}`)
    must('ip', '-n', namespace, 'route', 'add', 'blackhole', `198.18.${place}.0/24`)
  } catch (error) {
    await removeNamespace(namespace)
    claim.close()
    return sideOn(
      id,
      { address: '127.0.0.1', inside: '127.88.0', near: '127.0.0.1', why: messageOf(error) },
      async () => [],
    )
  }
  const ends = {
    namespace,
    address: `198.51.100.${16 * place + 2}`,
    inside: `198.18.${place}`,
    near: `198.51.100.${16 * place + 1}`,
  }
  return sideOn(id, ends, async () => {
    const left = await removeNamespace(namespace)
    claim.close()
    return left
  })
}

type Ends = Pick<FarSide, 'namespace' | 'address' | 'inside' | 'near' | 'why'>

function sideOn(id: DrillId, ends: Ends, remove: () => Promise<string[]>): FarSide {
  const children: ChildProcess[] = []
  const env = { ...(withoutSecrets(process.env) as NodeJS.ProcessEnv), ...markerOf(id) }

  function begin(command: readonly string[], stdin: 'pipe' | 'ignore'): ChildProcess {
    const within = ends.namespace === undefined ? command : ['ip', 'netns', 'exec', ends.namespace, ...command]
    const [file = '', ...args] = within
    const child = spawn(file, args, { stdio: [stdin, 'pipe', 'pipe'], env })
    child.on('error', () => undefined)
    children.push(child)
    return child
  }

  return {
    ...ends,
    async play(specs, onConnection) {
      const child = begin([...ownProgram(), 'drill-far-end', ...specs], 'pipe')
      let trouble = ''
      child.stderr?.on('data', (chunk: Buffer) => {
        trouble = (trouble + chunk.toString('utf8')).slice(-2_000)
      })
      return await new Promise((resolve, reject) => {
        const fail = () => reject(new Error(`the far end did not start: ${trouble.trim() || 'no answer'}`))
        const timer = setTimeout(fail, readyWithinMs)
        child.once('exit', fail)
        if (!child.stdout) return fail()
        createInterface({ input: child.stdout }).on('line', (line) => {
          const said = PeerSays.safeParse(jsonOf(line))
          if (!said.success) return
          if (said.data.says === 'connection') return onConnection(said.data)
          clearTimeout(timer)
          resolve(said.data.ports)
        })
      })
    },
    own(address) {
      if (ends.namespace === undefined) return false
      must('ip', '-n', ends.namespace, 'addr', 'add', `${address}/32`, 'dev', 'lo')
      return true
    },
    there: (command) => (ends.namespace === undefined ? command : `ip netns exec ${ends.namespace} ${command}`),
    start(command, stderr) {
      const child = begin(command, 'ignore')
      child.stderr?.on('data', (chunk: Buffer) => stderr(chunk.toString('utf8')))
      child.stdout?.resume()
      return child
    },
    async close() {
      for (const child of children) child.kill('SIGKILL')
      return await remove()
    },
  }
}

/** Ends what runs in it, then removes it: the devices and routes go with it. */
async function removeNamespace(namespace: string): Promise<string[]> {
  const exists = () =>
    run('ip', 'netns', 'list')
      .split('\n')
      .some((line) => line.split(' ')[0] === namespace)
  if (!exists()) return []
  for (const endMs = Date.now() + 5_000; Date.now() < endMs; await new Promise((done) => setTimeout(done, 50))) {
    const pids = run('ip', 'netns', 'pids', namespace).split('\n').filter(Boolean).map(Number)
    if (pids.length === 0) break
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended by itself.
      }
    }
  }
  run('ip', 'netns', 'del', namespace)
  return exists() ? [`network namespace ${namespace}`] : []
}

/** An abstract socket: the kernel lets it go with this process, whatever becomes of it. */
async function claimPlace(): Promise<{ place: number; claim: Server } | undefined> {
  for (let place = 0; place < placesMax; place += 1) {
    const claim = createServer()
    const isOurs = await new Promise<boolean>((resolve) => {
      claim.once('error', () => resolve(false))
      claim.listen(`\0vigil-drill-${place}`, () => resolve(true))
    })
    if (isOurs) return { place, claim }
  }
  return undefined
}

function must(...command: string[]): void {
  const [file = '', ...args] = command
  const done = spawnSync(file, args, { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`${command.join(' ')}: ${done.stderr?.trim() || done.error?.message}`)
}

function run(...command: string[]): string {
  const [file = '', ...args] = command
  return spawnSync(file, args, { encoding: 'utf8' }).stdout ?? ''
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
