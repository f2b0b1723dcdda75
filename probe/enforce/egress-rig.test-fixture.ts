// Real sessions with real traffic for the tests of the egress cut: cgroups, a far end in a network namespace of its own, and senders.
// Addresses are those kept for documentation; everything is made and removed by name. Tests only.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { createInterface } from 'node:readline'
import { SessionId } from '../../server/protocol/ids.ts'
import { type CgroupHome, makeSessionCgroup, removeSessionCgroup } from '../cgroup-mount.ts'
import { newSession, type Session } from '../session.ts'

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export async function until(what: string, check: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const endMs = Date.now() + withinMs
  while (!(await check())) {
    if (Date.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await sleep(10)
  }
}

export function must(...command: string[]): string {
  const [file = '', ...args] = command
  const done = spawnSync(file, args, { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`${command.join(' ')}: ${done.stderr}`)
  return done.stdout
}

/** Counts what arrives, by protocol and port; answers every line on stdin with its counts. */
const listenerProgram = `
const net = require('node:net'), dgram = require('node:dgram')
const counts = {}
const add = (key, field, n) => { (counts[key] ??= { bytes: 0, connections: 0 })[field] += n }
const [address, ...ports] = process.argv.slice(1)
let waiting = ports.length * 2
const ready = () => { if (--waiting === 0) console.log('ready') }
for (const port of ports.map(Number)) {
  net.createServer((socket) => {
    add('tcp' + port, 'connections', 1)
    socket.on('data', (data) => add('tcp' + port, 'bytes', data.length)).on('error', () => socket.destroy())
  }).listen(port, address, ready)
  const udp = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4')
  udp.on('message', (data) => add('udp' + port, 'bytes', data.length)).bind(port, address, ready)
}
process.stdin.on('data', () => console.log(JSON.stringify(counts))).on('end', () => process.exit())
`

/** Sends 100 bytes every 10 ms; a TCP connection that was lost is tried again once `again` says so. */
const senderProgram = `
const net = require('node:net'), dgram = require('node:dgram')
const [protocol, address, port, again] = process.argv.slice(1)
const data = Buffer.alloc(100, 120)
if (protocol === 'tcp') {
  const open = () => {
    const socket = net.connect(Number(port), address)
    const timer = setInterval(() => socket.write(data), 10)
    socket.on('error', () => {}).on('close', () => {
      clearInterval(timer)
      if (again === 'again') setTimeout(open, 50)
    })
  }
  open()
  setInterval(() => {}, 1000)
} else {
  const socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4').on('error', () => {})
  const send = () => socket.send(data, (error) => {})
  if (again === 'unconnected') setInterval(() => socket.send(data, Number(port), address, () => {}), 10)
  else socket.connect(Number(port), address, () => setInterval(() => { try { send() } catch {} }, 10))
}
`

export type Counts = { bytes: number; connections: number }

export class Listener {
  private answers: string[] = []
  private constructor(private readonly child: ChildProcess) {
    if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => this.answers.push(line))
  }

  static async start(netns: string | undefined, address: string, ...ports: number[]): Promise<Listener> {
    const program = [process.execPath, '-e', listenerProgram, address, ...ports.map(String)]
    const [file = '', ...args] = netns === undefined ? program : ['ip', 'netns', 'exec', netns, ...program]
    const listener = new Listener(spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] }))
    await until('the listener is ready', () => listener.answers.shift() === 'ready')
    return listener
  }

  async count(key: string): Promise<Counts> {
    this.answers = []
    this.child.stdin?.write('?\n')
    await until('the listener answers', () => this.answers.length > 0)
    return JSON.parse(this.answers[0] ?? '{}')[key] ?? { bytes: 0, connections: 0 }
  }

  async bytes(key: string): Promise<number> {
    return (await this.count(key)).bytes
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await ended
  }
}

let serial = 0

export class EgressRig {
  readonly sessions: Session[] = []
  private readonly namespaces: string[] = []
  private readonly listeners = new Map<string, Listener>()

  constructor(readonly home: CgroupHome) {}

  session(text: string): Session {
    const id = SessionId.parse(`eg-${text}-${process.pid}-${++serial}`)
    const { folder, path } = makeSessionCgroup(this.home, id)
    const session = newSession({
      id,
      held: 'cgroup',
      cgroupFolder: folder,
      cgroupPath: path,
      bootId: 'boot',
      openedAtMs: Date.now(),
    })
    this.sessions.push(session)
    return session
  }

  /** Starts a program inside the session's cgroup, or in `below`, one inside it. */
  run(session: Session, command: readonly string[], below = ''): ChildProcess {
    const folder = `${session.cgroupFolder}${below}`
    fs.mkdirSync(folder, { recursive: true })
    const enter = 'echo $$ >"$0/cgroup.procs" && exec "$@"'
    return spawn('sh', ['-c', enter, folder, ...command], { stdio: ['pipe', 'pipe', 'inherit'] })
  }

  sender(
    session: Session,
    to: { protocol: 'tcp' | 'udp'; address: string; port: number; how?: string; netns?: string; below?: string },
  ): ChildProcess {
    const { protocol, address, port, how = 'once', netns, below } = to
    const program = [process.execPath, '-e', senderProgram, protocol, address, String(port), how]
    return this.run(session, netns === undefined ? program : ['ip', 'netns', 'exec', netns, ...program], below)
  }

  async listen(netns: string | undefined, address: string, ...ports: number[]): Promise<Listener> {
    const place = [netns, address, ...ports].join(' ')
    // Of a try of the same test before this one.
    await this.listeners.get(place)?.stop()
    const listener = await Listener.start(netns, address, ...ports)
    this.listeners.set(place, listener)
    return listener
  }

  /** A namespace joined to this host by a veth pair; `net` n: 203.0.113.(16n+1) here and (16n+2) there, IPv6 alike. */
  namespace(net: number): { name: string; device: string; here: string; there: string; here6: string; there6: string } {
    const name = `vigil-eg-${process.pid}-${net}`
    const device = `veg${process.pid % 100_000}n${net}`
    const [here, there] = [`203.0.113.${16 * net + 1}`, `203.0.113.${16 * net + 2}`]
    const [here6, there6] = [`2001:db8:${net}::1`, `2001:db8:${net}::2`]
    must('ip', 'netns', 'add', name)
    this.namespaces.push(name)
    must('ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
    must('ip', 'addr', 'add', `${here}/28`, 'dev', device)
    must('ip', 'addr', 'add', `${here6}/64`, 'dev', device, 'nodad')
    must('ip', 'link', 'set', device, 'up')
    must('ip', '-n', name, 'addr', 'add', `${there}/28`, 'dev', 'eth0')
    must('ip', '-n', name, 'addr', 'add', `${there6}/64`, 'dev', 'eth0', 'nodad')
    must('ip', '-n', name, 'link', 'set', 'eth0', 'up')
    must('ip', '-n', name, 'link', 'set', 'lo', 'up')
    return { name, device, here, there, here6, there6 }
  }

  /** Ends the processes of a session and waits until its cgroup is empty. */
  async end(session: Session): Promise<void> {
    const folder = session.cgroupFolder ?? ''
    if (!fs.existsSync(folder)) return
    fs.writeFileSync(`${folder}/cgroup.kill`, '1')
    await until('the session is empty', () => /populated 0/.test(fs.readFileSync(`${folder}/cgroup.events`, 'utf8')))
  }

  remove(session: Session): void {
    if (session.cgroupFolder !== undefined) removeSessionCgroup(this.home, session.cgroupFolder)
  }

  async stop(): Promise<void> {
    for (const session of this.sessions) await this.end(session)
    for (const listener of this.listeners.values()) await listener.stop()
    for (const session of this.sessions) this.remove(session)
    for (const name of this.namespaces) must('ip', 'netns', 'del', name)
  }
}

/** Waits until more and more arrives. */
export async function flows(listener: Listener, key: string): Promise<void> {
  const before = await listener.bytes(key)
  await until(`${key} flows`, async () => (await listener.bytes(key)) > before + 300)
}

/** Bytes that arrive during one second. */
export async function arriving(listener: Listener, key: string): Promise<number> {
  const before = await listener.bytes(key)
  await sleep(1_000)
  return (await listener.bytes(key)) - before
}
