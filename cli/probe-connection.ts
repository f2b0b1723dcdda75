// The line from `vigil run` to the local probe. Answers are parsed; a probe that does not answer is said in one line.
import net from 'node:net'
import path from 'node:path'
import { RunReply, type RunRequest, runLineMaxBytes } from '../server/protocol/run-messages.ts'

const answerWithinMs = 10_000

/** Where a probe may answer, best first. */
export function probeSocketPaths(env: NodeJS.ProcessEnv): string[] {
  const socket = 'run/probe.sock'
  if (env.VIGIL_DATA) return [path.resolve(env.VIGIL_DATA, socket), '/run/vigil/probe.sock']
  // Agents live in folders of their own: without a word on where the data is, it is in the folder that this program is part of.
  const own = path.resolve(import.meta.dirname, '..', '.vigil', socket)
  return [...new Set([path.resolve('.vigil', socket), own, '/run/vigil/probe.sock'])]
}

export class ProbeConnection {
  private text = ''
  private readonly replies: RunReply[] = []
  private waiting: ((reply: RunReply | Error) => void) | undefined
  private problem: Error | undefined

  private constructor(private readonly socket: net.Socket) {
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => this.take(chunk))
    socket.on('error', (error) => this.fail(error))
    socket.on('close', () => this.fail(new Error('the probe hung up')))
  }

  /** Throws an Error with one line that says what to do. */
  static async open(files: readonly string[]): Promise<ProbeConnection> {
    const problems: string[] = []
    for (const file of files) {
      try {
        return new ProbeConnection(await connect(file))
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? String(error)
        if (code === 'EACCES' || code === 'EPERM') problems.push(`${file} belongs to another user`)
      }
    }
    const hint = problems.length > 0 ? ` (${problems.join('; ')})` : ''
    throw new Error(
      `no probe answers at ${files.join(' or ')}${hint}. Start Vigil with "npm start" or a probe with "npx vigil probe", or set VIGIL_DATA to its data folder`,
    )
  }

  get open(): boolean {
    return this.problem === undefined
  }

  send(request: RunRequest): void {
    if (this.open) this.socket.write(`${JSON.stringify(request)}\n`)
  }

  /** The next answer. Throws when none comes. */
  async ask(request: RunRequest): Promise<RunReply> {
    this.send(request)
    const reply = this.replies.shift()
    if (reply) return reply
    if (this.problem) throw this.problem
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.waiting?.(new Error('the probe did not answer in 10 seconds')),
        answerWithinMs,
      )
      this.waiting = (answer) => {
        clearTimeout(timer)
        this.waiting = undefined
        if (answer instanceof Error) reject(answer)
        else resolve(answer)
      }
    })
  }

  close(): void {
    this.socket.destroy()
  }

  private take(chunk: string): void {
    this.text += chunk
    if (this.text.length > runLineMaxBytes) return this.fail(new Error('the probe answered with too much'))
    for (let end = this.text.indexOf('\n'); end >= 0; end = this.text.indexOf('\n')) {
      const line = this.text.slice(0, end)
      this.text = this.text.slice(end + 1)
      const reply = parseReply(line)
      if (!reply) return this.fail(new Error('the probe answered with something else: is it of another version?'))
      if (this.waiting) this.waiting(reply)
      else this.replies.push(reply)
    }
  }

  private fail(error: Error): void {
    this.problem ??= error
    this.socket.destroy()
    this.waiting?.(this.problem)
  }
}

function parseReply(line: string): RunReply | undefined {
  try {
    const parsed = RunReply.safeParse(JSON.parse(line))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

function connect(file: string): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(file)
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
    socket.once('error', reject)
  })
}
