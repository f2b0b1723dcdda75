// Where the probe's log lines go. A reader that went away, or one that stopped reading, must neither end the probe nor hold it
// up: lines are written off the main thread, wait in a bounded queue, and are given up when nobody can take them.
import fs from 'node:fs'

const queueMax = 1_000
const againMs = 100

export class LogDestination {
  private queue: string[] = []
  private writing = false
  private broken = false
  private dropped = 0
  private again: NodeJS.Timeout | undefined

  constructor(private readonly fd: number) {
    // A closed reader is announced here too when anything in this process writes to these streams.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  }

  write(line: string): void {
    if (this.broken) return
    if (this.queue.length >= queueMax) {
      this.dropped += 1
      return
    }
    this.queue.push(line)
    this.pump()
  }

  /** Gives what waits some time. False when a write is stuck: the process then cannot end in an orderly way. */
  async settle(withinMs: number): Promise<boolean> {
    const endMs = Date.now() + withinMs
    while (this.queue.length > 0 && Date.now() < endMs) await new Promise((resolve) => setTimeout(resolve, 5))
    this.broken = true
    while (this.writing && Date.now() < endMs + withinMs) await new Promise((resolve) => setTimeout(resolve, 5))
    return !this.writing
  }

  private pump(): void {
    const line = this.queue[0]
    if (this.writing || this.again || this.broken || line === undefined) return
    this.writing = true
    fs.write(this.fd, line, (error, written) => {
      this.writing = false
      if (error && ['EAGAIN', 'EINTR', 'ENOSPC'].includes(error.code ?? '')) {
        this.again ??= setTimeout(() => {
          this.again = undefined
          this.pump()
        }, againMs).unref()
        return
      }
      if (error) {
        // EPIPE, EIO, EBADF: nobody is left to read.
        this.broken = true
        this.queue = []
        return
      }
      const size = Buffer.byteLength(line)
      if (written < size) this.queue[0] = Buffer.from(line).subarray(written).toString()
      else this.queue.shift()
      if (this.dropped > 0 && this.queue.length < queueMax / 2) {
        this.queue.push(
          `${JSON.stringify({ level: 40, time: Date.now(), name: 'probe', msg: `${this.dropped} log lines were dropped` })}\n`,
        )
        this.dropped = 0
      }
      this.pump()
    })
  }
}
