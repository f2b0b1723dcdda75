// A probe whose containments are looked at from outside: by its own nftables tables, by what the far end gets, by the order of what
// it told. It leaves no process, cgroup or table behind, or says so. Tests only.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type { EventInput } from '../server/protocol/event.ts'
import { must } from './enforce/egress-rig.test-fixture.ts'
import { until } from './fake-server.test-fixture.ts'
import { frozenLine, Rig } from './probe-rig.test-fixture.ts'

type Told<K extends EventInput['kind']> = Extract<EventInput, { kind: K }>

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Arguments: a heartbeat file, which grows every 10 ms, then `udp,ADDRESS,PORT`, `free,ADDRESS,PORT` (UDP on an unconnected socket),
 * `tcp,ADDRESS,PORT`, or `serve,ADDRESS,PORT` (TCP, to whoever connects). Each sends its stamp of 16 characters every 10 ms. A TCP
 * connection that was lost is opened again once FILE.again is there.
 */
const trafficProgram = `
const fs = require('node:fs'), net = require('node:net'), dgram = require('node:dgram')
const [file, ...specs] = process.argv.slice(2)
const stamp = () => String(Date.now()).padStart(16, '0')
const every = (work) => setInterval(() => { try { work() } catch {} }, 10)
every(() => fs.appendFileSync(file, 'x'))
const send = (socket) => {
  const timer = every(() => socket.write(stamp()))
  socket.on('error', () => {}).on('close', () => clearInterval(timer))
}
for (const [mode, address, port] of specs.map((text) => text.split(','))) {
  if (mode === 'serve') net.createServer(send).listen(Number(port), address)
  else if (mode === 'tcp') {
    const open = () => {
      const socket = net.connect(Number(port), address, () => send(socket))
      socket.on('error', () => {}).on('close', again)
    }
    const again = () => (fs.existsSync(file + '.again') ? setTimeout(open, 50) : setTimeout(again, 50))
    open()
  } else {
    const socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4').on('error', () => {})
    if (mode === 'udp') socket.connect(Number(port), address, () => every(() => socket.send(stamp(), () => {})))
    else every(() => socket.send(stamp(), Number(port), address, () => {}))
  }
}
`

export const sizeOf = (file: string): number => (fs.existsSync(file) ? fs.statSync(file).size : 0)

export class ContainmentRig extends Rig {
  /** As the probe names its table of the cut. */
  get cutTable(): string {
    return `vigil_cut_${createHash('sha256').update(this.data).digest('hex').slice(0, 10)}`
  }

  /** Where the traffic program of this session leaves its heartbeat. */
  heartbeatOf(id: string): string {
    return path.join(this.data, `${id}.heartbeat`)
  }

  /** Command line of the traffic program. */
  traffic(id: string, ...specs: string[]): string {
    const program = path.join(this.data, 'traffic.cjs')
    fs.writeFileSync(program, trafficProgram)
    return [process.execPath, program, this.heartbeatOf(id), ...specs].join(' ')
  }

  async runs(id: string, script: string): Promise<ReturnType<Rig['run']>> {
    const run = this.run(id, script)
    await until(`${id} runs`, () => this.server.of('session.started', id).length > 0, 20_000)
    return run
  }

  steps(id: string, control: string): Told<'control.step'>[] {
    return this.server.of('control.step', id).filter(({ data }) => data.control === control)
  }

  endsOf(id: string, control: string): Told<'control.ended'>['data'][] {
    return this.server.of('control.ended', id).flatMap(({ data }) => (data.control === control ? [data] : []))
  }

  /** Controls of this session that have more or less than one end. */
  notOnce(id: string, controls: readonly string[]): string[] {
    return controls.filter((control) => this.endsOf(id, control).length !== 1)
  }

  async ends(id: string, ...controls: string[]): Promise<void> {
    const open = () => controls.filter((control) => this.endsOf(id, control).length === 0)
    await until(`${controls} ended`, () => open().length === 0, 20_000)
  }

  async step(id: string, control: string, name: string): Promise<Told<'control.step'>> {
    const find = () => this.steps(id, control).find(({ data }) => data.name === name)
    await until(`${control}: ${name}`, () => find() !== undefined, 20_000)
    const found = find()
    if (!found) throw new Error('unreachable')
    return found
  }

  /** What was said of the network of this session, in order. */
  saidOfNetwork(id: string): boolean[] {
    return this.server
      .of('restriction.observed', id)
      .flatMap(({ data }) => (data.restriction === 'network' ? [data.restricted] : []))
  }

  /** When the network of this session was first read as taken away. What was sent later must never arrive. */
  cutAtMs(id: string): number {
    const told = this.server.of('restriction.observed', id)
    const first = told.find(({ data }) => data.restriction === 'network' && data.restricted)
    if (!first) throw new Error(`the network of ${id} was never read as taken away`)
    return first.atMs
  }

  /** Text of the set in which sessions stand that are cut. */
  elements(): string {
    return this.hasTable() ? must('nft', 'list', 'set', 'inet', this.cutTable, 'cut') : ''
  }

  isCut(id: string): boolean {
    return this.elements().includes(`/${id}"`)
  }

  isFrozen(id: string): boolean {
    return frozenLine(this.cgroupOf(id)).includes('frozen 1')
  }

  isGone(id: string): boolean {
    return !fs.existsSync(this.cgroupOf(id)) && !this.isCut(id)
  }

  /** Ends a session from outside, as a crash would, and waits until it is told. */
  async finish(...ids: string[]): Promise<void> {
    for (const id of ids) {
      if (fs.existsSync(this.cgroupOf(id))) fs.writeFileSync(path.join(this.cgroupOf(id), 'cgroup.kill'), '1')
    }
    const over = (id: string) => this.server.of('session.ended', id).length > 0
    for (const id of ids) await until(`${id} is over and nothing is left`, () => over(id) && this.isGone(id), 20_000)
  }

  hasTable(): boolean {
    return must('nft', 'list', 'tables').includes(` ${this.cutTable}`)
  }

  /** Everything that is still held ends first, so that nothing is left of it in any table. */
  override async stop(): Promise<void> {
    const held = new Set(this.server.of('session.started').flatMap(({ session }) => session ?? []))
    for (const { session } of this.server.of('session.ended')) if (session) held.delete(session)
    const alive = this.probe?.exitCode === null && this.probe.signalCode === null
    try {
      if (alive) await this.finish(...held)
    } finally {
      await super.stop()
      if (this.hasTable()) {
        for (const family of ['inet', 'netdev']) must('nft', `add table ${family} ${this.cutTable}`)
        for (const family of ['inet', 'netdev']) must('nft', `delete table ${family} ${this.cutTable}`)
        if (alive) this.server.problems.push(`the probe left table ${this.cutTable} behind`)
      }
    }
    if (this.server.problems.length > 0) throw new Error(this.server.problems.join('\n'))
  }
}
