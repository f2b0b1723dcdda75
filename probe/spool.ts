// The probe's outbox on disk: every event is written here, numbered densely from 1, before it may be sent.
// It must never reuse a number that may have left this host, never send what is not written, never reorder,
// and never let a flood of low-value events take the room that controls need.
import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { frameLine, readSegment, type SpoolLine } from './spool-frame.ts'

export type SpoolOptions = { maxBytes: number; segmentBytes?: number }
/** What could not be kept; `atMs` bounds are those of the events lost, where known. */
export type SpoolLoss = { count: number; reason: string; fromMs: number; toMs: number }
type Segment = { file: string; firstN: number; bytes: number }

const reserveShare = 0.25
const ringMax = 4_000
const ringMaxChars = 16 * 1024 * 1024
/** Of what waits in memory for a disk that cannot be written: some minutes of controls and sessions. */
const waitingMax = 5_000
const waitingMaxChars = 8 * 1024 * 1024

export class Spool {
  stream = ''
  /** Highest number written. */
  lastN = 0
  /** Lowest number that can still be read; lastN + 1 when everything was acknowledged. */
  firstN = 1
  private segments: Segment[] = []
  private fd = -1
  private ring: SpoolLine[] = []
  private ringChars = 0
  private lost: SpoolLoss | undefined
  /** In order; written before anything newer is. */
  private waiting: string[] = []
  private waitingChars = 0
  private cache: { file: string; bytes: number; lines: SpoolLine[] } | undefined
  private readonly segmentBytes: number

  /** Throws when the folder cannot be used. */
  constructor(
    private readonly folder: string,
    private readonly options: SpoolOptions,
  ) {
    this.segmentBytes =
      options.segmentBytes ?? Math.min(4 * 1024 * 1024, Math.max(64, Math.floor(options.maxBytes / 8)))
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    fs.accessSync(folder, fs.constants.W_OK)
    this.load()
  }

  get bytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.bytes, 0)
  }

  /** Events that are in memory alone: a checkpoint must not say that they are written. */
  get waitingCount(): number {
    return this.waiting.length
  }

  /**
   * Writes one event (JSON text without newline) and returns its number; undefined when it is not written. `low`: kinds that give way
   * first when room is short: they are counted as lost. The others wait in memory for a disk that cannot be written now, since nobody
   * would say them again; see `flush`.
   */
  append(json: string, low: boolean, atMs: number): number | undefined {
    const problem = this.flush()
    if (problem !== undefined) return this.wait(json, low, atMs, problem)
    const size = Buffer.byteLength(frameLine(this.lastN + 1, json))
    const limit = low ? this.options.maxBytes * (1 - reserveShare) : this.options.maxBytes
    if (this.bytes + size > limit) {
      this.lose(1, 'the spool was full while the server was away', atMs, atMs)
      return undefined
    }
    const failed = this.write(json, atMs)
    return failed === undefined ? this.lastN : this.wait(json, low, atMs, failed)
  }

  /** Writes what waits, as far as it goes now; answers why it does not. To be called now and then, too: events may be seldom. */
  flush(): string | undefined {
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      const problem = this.write(next, Date.now())
      if (problem !== undefined) return problem
      this.waiting.shift()
      this.waitingChars -= next.length
    }
    return undefined
  }

  private wait(json: string, low: boolean, atMs: number, problem: string): undefined {
    if (low || this.waiting.length >= waitingMax || this.waitingChars + json.length > waitingMaxChars) {
      this.lose(1, `the spool could not be written: ${problem}`, atMs, atMs)
      return
    }
    this.waiting.push(json)
    this.waitingChars += json.length
  }

  /** Undefined: it is written, and `lastN` is its number. Else why it is not. */
  private write(json: string, atMs: number): string | undefined {
    const line = frameLine(this.lastN + 1, json)
    const size = Buffer.byteLength(line)
    let segment = this.segments.at(-1)
    try {
      if (!segment || segment.bytes + size > this.segmentBytes) this.roll()
      segment = this.segments.at(-1)
      if (!segment) throw new Error('the spool has no segment to write to')
      writeWhole(this.fd, line)
    } catch (error) {
      this.cutBack(segment?.bytes ?? 0, atMs)
      return error instanceof Error ? error.message : String(error)
    }
    segment.bytes += size
    this.lastN += 1
    this.remember({ n: this.lastN, json })
    return undefined
  }

  /** A half-written line must not stay: the next one would be glued to it. */
  private cutBack(bytes: number, atMs: number): void {
    try {
      fs.ftruncateSync(this.fd, bytes)
    } catch (truncateError) {
      try {
        this.roll(true)
      } catch {
        return // no new file either: the next write begins here again
      }
      this.lose(0, `a cut-off line stayed behind: ${String(truncateError)}`, atMs, atMs)
    }
  }

  /** Consecutive events from `fromN`. Empty when there is nothing from there on. */
  read(fromN: number, maxCount: number, maxChars: number): SpoolLine[] {
    if (fromN > this.lastN || fromN < this.firstN) return []
    const ringStart = this.ring[0]?.n
    if (ringStart !== undefined && fromN >= ringStart) return take(this.ring, fromN - ringStart, maxCount, maxChars)
    const segment = this.segments.findLast((candidate) => candidate.firstN <= fromN)
    if (!segment) return []
    const lines = this.segmentLines(segment)
    const index = lines.findIndex((line) => line.n === fromN)
    return index < 0 ? [] : take(lines, index, maxCount, maxChars)
  }

  /** Every readable event after `n`, oldest first: to bring a checkpoint up to date. */
  *after(n: number): Generator<SpoolLine> {
    for (const segment of this.segments) {
      for (const line of this.segmentLines(segment)) if (line.n > n) yield line
    }
  }

  /** Forgets whole segments whose events are all at or below `n` (durable at the server). */
  trim(n: number): void {
    for (;;) {
      const [oldest, next] = this.segments
      if (!oldest) return
      const lastOfOldest = next ? next.firstN - 1 : this.lastN
      if (lastOfOldest > n || (!next && oldest.bytes < this.segmentBytes / 4)) return
      // The newest segment's name carries the numbering, so a fresh empty one takes its place first.
      if (!next) this.roll()
      fs.rmSync(path.join(this.folder, oldest.file), { force: true })
      this.segments.shift()
      this.firstN = this.segments[0]?.firstN ?? this.lastN + 1
    }
  }

  /** What was lost since the last call, once there is room to say so. */
  takeLoss(): SpoolLoss | undefined {
    if (!this.lost || this.waiting.length > 0 || this.bytes > this.options.maxBytes * 0.6) return undefined
    const lost = this.lost
    this.lost = undefined
    return lost.count > 0 ? lost : undefined
  }

  /** Numbers start anew under a new stream id; what was not yet acknowledged is kept, in order. Events carry ids, so a repeat is harmless. */
  restart(afterN: number): void {
    const kept = [...this.after(afterN)].map((line) => line.json)
    const old = this.segments.map((segment) => segment.file)
    if (this.fd >= 0) fs.closeSync(this.fd)
    this.fd = -1
    this.segments = []
    this.ring = []
    this.ringChars = 0
    this.cache = undefined
    this.stream = randomUUID()
    this.lastN = 0
    this.firstN = 1
    this.roll()
    // Older than what waits: what cannot be written now waits before it.
    this.waiting.unshift(...kept)
    this.waitingChars += kept.reduce((sum, json) => sum + json.length, 0)
    this.flush()
    this.writeStream()
    for (const file of old) fs.rmSync(path.join(this.folder, file), { force: true })
  }

  close(): void {
    if (this.fd < 0) return
    this.flush()
    fs.fsyncSync(this.fd)
    fs.closeSync(this.fd)
    this.fd = -1
  }

  private lose(count: number, reason: string, fromMs: number, toMs: number): void {
    const lost = this.lost
    this.lost = lost
      ? { count: lost.count + count, reason: lost.reason, fromMs: lost.fromMs, toMs }
      : { count, reason, fromMs, toMs }
  }

  private remember(line: SpoolLine): void {
    this.ring.push(line)
    this.ringChars += line.json.length
    if (this.ring.length <= ringMax * 2 && this.ringChars <= ringMaxChars * 2) return
    const kept: SpoolLine[] = []
    let chars = 0
    for (let i = this.ring.length - 1; i >= 0 && kept.length < ringMax && chars < ringMaxChars; i -= 1) {
      const old = this.ring[i]
      if (!old) break
      kept.push(old)
      chars += old.json.length
    }
    this.ring = kept.reverse()
    this.ringChars = chars
  }

  private segmentLines(segment: Segment): SpoolLine[] {
    if (this.cache?.file === segment.file && this.cache.bytes === segment.bytes) return this.cache.lines
    const lines = readSegment(fs.readFileSync(path.join(this.folder, segment.file))).lines
    this.cache = { file: segment.file, bytes: segment.bytes, lines }
    return lines
  }

  private roll(force = false): void {
    if (!force && this.segments.at(-1)?.firstN === this.lastN + 1) return
    const file = `${this.stream}.${String(this.lastN + 1).padStart(15, '0')}.ndjson`
    // Opened first: where that fails, what is open stays.
    const fd = fs.openSync(path.join(this.folder, file), 'a', 0o600)
    if (this.fd >= 0) fs.closeSync(this.fd)
    this.fd = fd
    const bytes = fs.fstatSync(this.fd).size
    if (force) this.segments = this.segments.filter((segment) => segment.file !== file)
    this.segments.push({ file, firstN: this.lastN + 1, bytes })
  }

  private writeStream(): void {
    const file = path.join(this.folder, 'stream')
    fs.writeFileSync(`${file}.new`, this.stream, { mode: 0o600 })
    fs.renameSync(`${file}.new`, file)
  }

  private load(): void {
    const nowMs = Date.now()
    try {
      this.stream = fs.readFileSync(path.join(this.folder, 'stream'), 'utf8').trim()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    const known = /^[0-9a-f-]{36}$/.test(this.stream)
    if (!known) this.stream = randomUUID()
    const files = fs.readdirSync(this.folder).filter((name) => name.endsWith('.ndjson'))
    for (const file of files) {
      if (!file.startsWith(`${this.stream}.`)) fs.rmSync(path.join(this.folder, file)) // left by an interrupted restart()
    }
    let damaged = 0
    let expected = 0
    for (const file of files.filter((name) => name.startsWith(`${this.stream}.`)).sort()) {
      const full = path.join(this.folder, file)
      const reading = readSegment(fs.readFileSync(full))
      const firstN = Number(file.split('.')[1])
      const newest =
        file ===
        files
          .filter((name) => name.startsWith(`${this.stream}.`))
          .sort()
          .at(-1)
      if (reading.tornBytes > 0) {
        fs.truncateSync(full, fs.statSync(full).size - reading.tornBytes)
        if (!newest) damaged += 1
      }
      if (this.segments.length === 0) expected = firstN
      if (firstN > expected) damaged += firstN - expected
      const lastRead = reading.lines.at(-1)?.n ?? firstN - 1
      damaged += lastRead - firstN + 1 - reading.lines.length
      if (reading.damagedLines > 0 && lastRead - firstN + 1 === reading.lines.length) damaged += reading.damagedLines
      expected = lastRead + 1
      this.segments.push({ file, firstN, bytes: fs.statSync(full).size })
    }
    this.firstN = this.segments[0]?.firstN ?? 1
    this.lastN = Math.max(0, expected - 1)
    const last = this.segments.at(-1)
    if (last) this.fd = fs.openSync(path.join(this.folder, last.file), 'a', 0o600)
    else this.roll()
    if (!known) this.writeStream()
    if (damaged > 0) {
      // Numbers are missing: under this stream's numbering the server would wait for them for ever.
      this.restart(0)
      this.lose(damaged, 'part of the spool on disk was damaged and could not be read', nowMs, nowMs)
    }
    for (const line of this.tail()) this.remember(line)
  }

  private tail(): SpoolLine[] {
    if (this.ring.length > 0) return []
    const segment = this.segments.at(-1)
    return segment ? this.segmentLines(segment).slice(-ringMax) : []
  }
}

function take(lines: SpoolLine[], start: number, maxCount: number, maxChars: number): SpoolLine[] {
  const out: SpoolLine[] = []
  let chars = 0
  for (let i = start; i < lines.length && out.length < maxCount; i += 1) {
    const line = lines[i]
    if (!line || (out.length > 0 && chars + line.json.length > maxChars)) break
    out.push(line)
    chars += line.json.length
  }
  return out
}

function writeWhole(fd: number, text: string): void {
  const buffer = Buffer.from(text)
  let offset = 0
  while (offset < buffer.length) offset += fs.writeSync(fd, buffer, offset)
}
