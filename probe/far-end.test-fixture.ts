// The other side of a session's connections: a network namespace behind a veth pair with counters of what arrives. Every record of
// traffic carries the moment at which it was sent, so that it can be said of each whether it was sent before or after a cut, however
// late it is read. Addresses are those kept for documentation; everything is ended by PID and removed by name. Tests only.
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import { createServer, type Server } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { EgressRig, must } from './enforce/egress-rig.test-fixture.ts'
import { until } from './fake-server.test-fixture.ts'
import { finding } from './probe-rig.test-fixture.ts'

/** `newestStampMs`: when the newest record that arrived was sent; 0 before the first. */
export type Arrived = { bytes: number; connections: number; newestStampMs: number }
const nothing: Arrived = { bytes: 0, connections: 0, newestStampMs: 0 }

/** Arguments: `listen,ADDRESS,PORT` (TCP and UDP) or `pull,ADDRESS,PORT` (TCP, tried until it is open). Answers a line with counts. */
const counterProgram = `
const net = require('node:net'), dgram = require('node:dgram')
const counts = {}
const of = (key) => (counts[key] ??= { bytes: 0, connections: 0, newestStampMs: 0 })
const take = (key, data) => {
  const count = of(key)
  count.bytes += data.length
  for (let at = 0; at + 16 <= data.length; at += 16)
    count.newestStampMs = Math.max(count.newestStampMs, Number(data.toString('latin1', at, at + 16)) || 0)
}
const stream = (key, socket) => {
  of(key).connections += 1
  let rest = Buffer.alloc(0)
  socket.on('error', () => socket.destroy()).on('data', (data) => {
    const all = Buffer.concat([rest, data])
    const whole = all.length - (all.length % 16)
    rest = all.subarray(whole)
    take(key, all.subarray(0, whole))
  })
}
let waiting = 0
const ready = () => { if (--waiting === 0) console.log('ready') }
for (const [mode, address, port] of process.argv.slice(1).map((text) => text.split(','))) {
  waiting += mode === 'listen' ? 2 : 1
  if (mode === 'listen') {
    net.createServer((socket) => stream('tcp' + port, socket)).listen(Number(port), address, ready)
    const udp = dgram.createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 4_000_000 })
    udp.on('message', (data) => take('udp' + port, data)).bind(Number(port), address, ready)
  } else {
    const pull = () => {
      const socket = net.connect(Number(port), address, () => { stream('pull' + port, socket); ready() })
      socket.once('error', () => setTimeout(pull, 50))
    }
    pull()
  }
}
process.stdin.on('data', () => console.log(JSON.stringify(counts))).on('end', () => process.exit())
`

export class Counter {
  private answers: string[] = []

  private constructor(readonly child: ChildProcess) {
    if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => this.answers.push(line))
  }

  static async start(netns: string | undefined, ...specs: string[]): Promise<Counter> {
    const program = [process.execPath, '-e', counterProgram, ...specs]
    const [file = '', ...args] = netns === undefined ? program : ['ip', 'netns', 'exec', netns, ...program]
    const counter = new Counter(spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] }))
    await until(`the counter of ${specs} is ready`, () => counter.answers.shift() === 'ready', 20_000)
    return counter
  }

  async count(key: string): Promise<Arrived> {
    this.answers = []
    this.child.stdin?.write('?\n')
    await until('the counter answers', () => this.answers.length > 0, 20_000)
    return JSON.parse(this.answers[0] ?? '{}')[key] ?? nothing
  }

  /** Waits until records arrive that were sent after this call. */
  async flows(key: string): Promise<void> {
    const startMs = Date.now()
    let newestStampMs = 0
    while (newestStampMs <= startMs) {
      newestStampMs = (await this.count(key)).newestStampMs
      if (Date.now() - startMs > 20_000) throw new Error(`nothing new arrives at ${key}`)
    }
  }
}

export class FarEnd {
  readonly name: string
  readonly device: string
  /** This host's addresses on the pair, and those at the far end. */
  readonly here: string
  readonly there: string
  readonly there6: string
  private readonly made: EgressRig
  private readonly children: ChildProcess[] = []

  private constructor(
    net: number,
    private readonly claim: Server,
  ) {
    if (!finding.ok) throw new Error('left out')
    this.made = new EgressRig(finding.home)
    const { name, device, here, there, there6 } = this.made.namespace(net)
    this.name = name
    this.device = device
    this.here = here
    this.there = there
    this.there6 = there6
  }

  /** On a pair of addresses that nobody else on this machine uses: test files, and whole runs of them, go side by side. */
  static async open(): Promise<FarEnd> {
    for (const endMs = Date.now() + 30_000; Date.now() < endMs; await new Promise((done) => setTimeout(done, 200))) {
      for (let net = 8; net < 16; net += 1) {
        const claim = await claimNet(net)
        // Left behind by a run that was killed: its addresses would lead astray.
        const isFree = !must('ip', '-o', 'addr').includes(` 203.0.113.${16 * net + 1}/`)
        if (claim && isFree) return new FarEnd(net, claim)
        claim?.close()
      }
    }
    throw new Error('all far ends of this machine are in use')
  }

  async counter(...specs: string[]): Promise<Counter> {
    const counter = await Counter.start(this.name, ...specs)
    this.children.push(counter.child)
    return counter
  }

  /** Inside the far end. */
  must(...command: string[]): string {
    return must('ip', 'netns', 'exec', this.name, ...command)
  }

  /** An sshd that lets `key` in as root, for forwarding only. It listens on `port`. */
  async sshd(folder: string, port: number, key: { publicKey: string; hostKey: string }): Promise<void> {
    const config = path.join(folder, 'sshd_config')
    const authorized = path.join(folder, 'authorized_keys')
    fs.writeFileSync(authorized, `restrict,port-forwarding ${key.publicKey}`, { mode: 0o600 })
    fs.mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
    const lines = [
      `ListenAddress ${this.there}:${port}`,
      `HostKey ${key.hostKey}`,
      `AuthorizedKeysFile ${authorized}`,
      'PidFile none',
      'UsePAM no',
      'StrictModes no',
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      'AllowTcpForwarding remote',
    ]
    fs.writeFileSync(config, `${lines.join('\n')}\n`)
    const log = path.join(folder, 'sshd.log')
    const child = spawn('ip', ['netns', 'exec', this.name, '/usr/sbin/sshd', '-D', '-E', log, '-f', config])
    this.children.push(child)
    const listens = () => child.exitCode === null && this.must('ss', '-Hltn', `sport = ${port}`) !== ''
    await until('sshd listens', () => listens() || child.exitCode !== null, 20_000)
    if (!listens()) throw new Error(`sshd ended: ${fs.readFileSync(log, 'utf8')}`)
  }

  /** TCP payload that the kernel at the far end has taken in on connections to `port` from this host. */
  received(port: number): number {
    const text = this.must('ss', '-HOtin', `sport = ${port}`)
    return [...text.matchAll(/ bytes_received:(\d+)/g)].reduce((sum, [, bytes]) => sum + Number(bytes), 0)
  }

  async stop(): Promise<void> {
    for (const child of this.children) child.kill('SIGKILL')
    // Children of sshd and whatever else is still in there: all of it was started here.
    for (const pid of must('ip', 'netns', 'pids', this.name).split('\n').filter(Boolean)) {
      try {
        process.kill(Number(pid), 'SIGKILL')
      } catch {
        // It ended by itself.
      }
    }
    await this.made.stop()
    this.claim.close()
  }
}

/** An abstract socket: the kernel lets it go with this process, whatever becomes of it. */
function claimNet(net: number): Promise<Server | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen(`\0vigil-far-end-${net}`, () => resolve(server))
  })
}
