// The hand of the drill's agent: a real shell inside a real session, that runs one command after the other. What the agent "says" of it goes
// to the server as a harness would say it: from outside, with a key that the session never has.
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { DrillId, DrillName } from '../../server/protocol/drill.ts'
import { drillLabel } from '../../server/protocol/drill.ts'
import { commandEnvironment } from '../command-environment.ts'
import { markerOf } from './marker.ts'
import { ownProgram } from './own-program.ts'

export type HandOptions = {
  id: DrillId
  drill: DrillName
  session: string
  task: string
  cwd: string
  /** As a session that a probe holds, else a process of which only is told. */
  held: boolean
}

export type Done = { code: number; output: string } | { stuck: true }

const outputMax = 4_000

export class Hand {
  private readonly waiting = new Map<number, (done: Done) => void>()
  private output = ''
  private n = 0
  private trouble = ''
  private ended = false

  private constructor(private readonly child: ChildProcess) {
    if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => this.take(line))
    child.stderr?.on('data', (chunk: Buffer) => {
      this.trouble = (this.trouble + chunk.toString('utf8')).slice(-outputMax)
    })
    child.stdin?.on('error', () => undefined)
    const end = () => {
      this.ended = true
      for (const resolve of this.waiting.values()) resolve({ stuck: true })
    }
    child.once('error', end)
    child.once('exit', end)
  }

  /** Throws an Error with one line when the session cannot be started. */
  static async start(options: HandOptions): Promise<Hand> {
    const { drill, session, task, cwd, held } = options
    const shell = ['bash', '--noprofile', '--norc']
    const labels = ['--label', `${drillLabel}=${drill}`]
    const [file = '', ...args] = held
      ? [
          ...ownProgram(),
          'run',
          '--session',
          session,
          '--agent',
          'drill-agent',
          '--task',
          task,
          ...labels,
          '--',
          ...shell,
        ]
      : shell
    const marked = { ...process.env, ...markerOf(options.id) }
    const env = held ? marked : commandEnvironment(marked, {}, session)
    const hand = new Hand(spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'], detached: true }))
    // Started where we are: there the probe's socket is looked for.
    const first = await hand.run(`exec 2>&1; cd '${cwd}'`, 15_000)
    if ('stuck' in first) throw new Error(hand.trouble.trim().split('\n').at(-1) || 'the session did not start')
    return hand
  }

  get isOver(): boolean {
    return this.ended
  }

  /** Runs it in the shell itself, so that what it leaves in the background stays a child of the session. `stuck`: no answer in time. */
  async run(command: string, withinMs = 20_000): Promise<Done> {
    if (this.ended) return { stuck: true }
    this.n += 1
    const n = this.n
    this.output = ''
    return await new Promise((resolve) => {
      const finish = (done: Done) => {
        clearTimeout(timer)
        this.waiting.delete(n)
        resolve(done)
      }
      const timer = setTimeout(() => finish({ stuck: true }), withinMs)
      this.waiting.set(n, finish)
      // Standard input is where the next command comes from: no command may read it.
      this.child.stdin?.write(`{ ${command}\n} </dev/null\nprintf '\\n@@drill %d %d\\n' ${n} $?\n`)
    })
  }

  private take(line: string): void {
    const [, n, code] = /^@@drill (\d+) (\d+)$/.exec(line) ?? []
    if (n === undefined) {
      if (this.output.length < outputMax) this.output += `${line}\n`
      return
    }
    this.waiting.get(Number(n))?.({ code: Number(code), output: this.output.trim() })
  }

  /** Lets the shell end by itself; what does not is ended by its mark. */
  close(): void {
    this.child.stdin?.end()
  }

  async whenOver(withinMs: number): Promise<void> {
    if (this.ended) return
    await Promise.race([
      new Promise((resolve) => this.child.once('exit', resolve)),
      new Promise((resolve) => setTimeout(resolve, withinMs)),
    ])
  }
}
