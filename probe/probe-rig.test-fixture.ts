// A whole probe as a program with a stand-in server, for tests: started, killed and started again, as root or as an ordinary
// user. It ends what it started and removes the cgroups of its own sessions by name. Tests only.
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { build } from 'esbuild'
import {
  type Capability,
  type ControlAction,
  HostRestriction,
  isLift,
  type Restriction,
  restrictionsOf,
} from '../server/protocol/control.ts'
import type { EventOf } from '../server/protocol/event.ts'
import { ControlId, SessionId } from '../server/protocol/ids.ts'
import type { Wanted } from '../server/protocol/probe-messages.ts'
import { builtProgram } from './built-program.test-fixture.ts'
import { findCgroupHome } from './cgroup-mount.ts'
import { FakeServer, until } from './fake-server.test-fixture.ts'

export const isRoot = process.getuid?.() === 0
export const finding = isRoot ? findCgroupHome() : { ok: false as const, reason: 'not root' }

/** The reason to leave out tests that need real cgroups: said loudly, and an error under CI. */
export function leaveOut(what: string): string | undefined {
  if (finding.ok) return undefined
  const skip = `needs root and cgroup v2: ${finding.reason}`
  if (process.env.CI === 'true') throw new Error(`under CI these tests must run, but: ${skip}`)
  console.warn(`LEFT OUT: ${what} (${skip})`)
  return skip
}

export const probeKey = 'test-probe-key-0123456789abcdef'
const root = path.resolve(import.meta.dirname, '..')
const nobody = 65_534

export type Asked = { action: ControlAction; control: string; capability?: Capability }

export type RigOptions = {
  /** Run probe and commands without root. */
  ordinaryUser?: boolean
  /** Folders in which programs are looked for, instead of this process's own. */
  path?: string
  /** Put before the probe's own command line, for example a shell that closes descriptors. */
  probePrefix?: string[]
  /** More settings for the probe. */
  env?: { [name: string]: string }
}

export class Rig {
  readonly data = fs.mkdtempSync(path.join(os.tmpdir(), 'vigil-probe-'))
  readonly server = new FakeServer(probeKey)
  readonly children: ChildProcess[] = []
  probe: ChildProcess | undefined
  said = ''
  private readonly wanted = new Map<string, { holds: Map<string, Restriction[]>; pending: Wanted['pending'] }>()
  private program = builtProgram

  constructor(private readonly options: RigOptions = {}) {}

  env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      ...(this.options.path !== undefined && { PATH: this.options.path }),
      VIGIL_URL: this.server.url,
      VIGIL_PROBE_KEY: probeKey,
      VIGIL_DATA: this.data,
      VIGIL_HOST: 'test-host',
      DATABASE_URL: 'secret',
      ...this.options.env,
    }
  }

  async start(): Promise<void> {
    await this.server.start()
    await this.prepare()
    await this.startProbe()
  }

  /** An ordinary user may not be able to read this folder: it gets bundles of its own. */
  async prepare(): Promise<void> {
    if (!this.options.ordinaryUser) return
    const outdir = path.join(this.data, 'programs')
    const banner = `import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);`
    await build({
      absWorkingDir: root,
      entryPoints: [
        { in: 'probe/main.ts', out: 'probe' },
        { in: 'cli/main.ts', out: 'cli' },
      ],
      outdir,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      banner: { js: banner },
      logLevel: 'error',
    })
    this.program = (name) => [path.join(outdir, `${name}.mjs`)]
    if (isRoot) fs.chownSync(this.data, nobody, nobody)
  }

  /** Starts the probe's process and does not wait for it. */
  spawnProbe(): ChildProcess {
    const [file = '', ...args] = [...(this.options.probePrefix ?? []), ...this.asUser(), ...this.program('probe')]
    const probe = spawn(file, args, { env: this.env(), cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    probe.stdout?.resume()
    probe.stderr?.on('data', (chunk: Buffer) => {
      this.said += chunk.toString()
    })
    this.probe = probe
    this.children.push(probe)
    return probe
  }

  async startProbe(): Promise<void> {
    const before = this.server.received.length
    this.spawnProbe()
    await until(
      'the probe said that it is connected',
      () => this.server.connected && this.server.received.length > before,
      20_000,
    )
  }

  /** After a test that ended with its probe killed: the next one, or the same once more, has one. */
  async ensureProbe(): Promise<void> {
    if (this.probe?.exitCode !== null || this.probe.signalCode !== null) await this.startProbe()
  }

  async stopProbe(signal: NodeJS.Signals): Promise<void> {
    const probe = this.probe
    if (!probe || probe.exitCode !== null || probe.signalCode !== null) return
    const gone = new Promise((resolve) => probe.once('exit', resolve))
    probe.kill(signal)
    await gone
  }

  /** `vigil run` of a shell script as session `id`. */
  run(id: string, script: string): { child: ChildProcess; exit: Promise<number | null>; out: () => string } {
    const command = ['run', '--session', id, '--', 'bash', '-c', script]
    const [file = '', ...args] = [...this.asUser(), ...this.program('cli'), ...command]
    const child = spawn(file, args, { env: this.env(), cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    this.children.push(child)
    let text = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
    }
    return { child, exit: new Promise((resolve) => child.once('exit', resolve)), out: () => text }
  }

  cgroupOf(id: string): string {
    if (!finding.ok) throw new Error('no cgroup')
    return path.join(finding.home.folder, id)
  }

  /** Asks for one control with everything that is then wanted, and waits for its end. */
  async control(
    id: string,
    action: ControlAction,
    control: string,
    capability?: Capability,
  ): Promise<EventOf<'control.ended'>['data']> {
    this.ask(id, action, control, capability)
    let ended: EventOf<'control.ended'>['data'] | undefined
    await until(
      `${control} ended`,
      () => {
        ended = this.server.of('control.ended', id).find(({ data }) => data.control === control)?.data
        return ended !== undefined
      },
      20_000,
    )
    if (!ended) throw new Error('unreachable')
    return ended
  }

  ask(id: string, action: ControlAction, control: string, capability?: Capability): void {
    void this.askAll(id, [{ action, control, ...(capability && { capability }) }])
  }

  /**
   * What the server wants of a session after these controls, in one message: each hold stands until its own inverse. True when the
   * probe said that it has it; one that is killed never says so.
   */
  askAll(id: string, asked: readonly Asked[]): Promise<boolean> {
    const wanted = this.wanted.get(id) ?? { holds: new Map<string, Restriction[]>(), pending: [] }
    this.wanted.set(id, wanted)
    for (const { action, control, capability } of asked) {
      const restricted = restrictionsOf(action, capability)
      if (restricted.length > 0) wanted.holds.set(`${action} ${capability}`, restricted)
      const lifted = isLift(action)
        ? ({ resume: 'pause', restore: 'revoke', release: 'contain' } as const)[action]
        : undefined
      if (lifted) wanted.holds.delete(`${lifted} ${capability}`)
      wanted.pending.push({ control: ControlId.parse(control), action, ...(capability && { capability }) })
    }
    return this.askAgain(id)
  }

  /** The same wanted state once more. */
  askAgain(id: string): Promise<boolean> {
    const { holds, pending } = this.wanted.get(id) ?? { holds: new Map<string, Restriction[]>(), pending: [] }
    const ended = new Set<string>(this.server.of('control.ended', id).map(({ data }) => data.control))
    const restrict = new Set([...holds.values()].flat().flatMap((each) => HostRestriction.safeParse(each).data ?? []))
    const wanted: Wanted = {
      session: SessionId.parse(id),
      restrict: [...restrict],
      pending: pending.filter(({ control }) => !ended.has(control)),
    }
    return this.server.want(wanted).then(
      () => true,
      () => false,
    )
  }

  async stop(): Promise<void> {
    const cgroups = this.server.of('session.started').flatMap(({ data }) => data.cgroup ?? [])
    for (const cgroup of cgroups) {
      if (fs.existsSync(cgroup)) fs.writeFileSync(path.join(cgroup, 'cgroup.kill'), '1')
    }
    if (cgroups.length > 0) await new Promise((resolve) => setTimeout(resolve, 300))
    await this.stopProbe('SIGTERM')
    for (const child of this.children) child.kill('SIGKILL')
    await this.server.stop()
    for (const cgroup of cgroups) if (fs.existsSync(cgroup)) fs.rmdirSync(cgroup)
    fs.rmSync(this.data, { recursive: true, force: true })
  }

  private asUser(): string[] {
    return this.options.ordinaryUser && isRoot
      ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', process.execPath]
      : [process.execPath]
  }
}

let serial = 0
export const name = (text: string): string => `${text}-${process.pid}-${++serial}`
export const frozenLine = (cgroup: string): string => fs.readFileSync(path.join(cgroup, 'cgroup.events'), 'utf8')
