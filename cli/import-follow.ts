// `vigil import --follow`: goes on with what is appended to files. A rotated file is read to its end before the new one begins; a truncated
// one is read from its start; where it was is kept on disk only once what was read before is durable.
import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, readFile, rename, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { createIntake, type Intake } from '../server/sources/intake.ts'
import type { RecordContext, RecordSource } from '../server/sources/record-source.ts'
import type { Reach } from './call-api.ts'
import type { ImportOptions, ImportOutput } from './import.ts'
import { type Batch, createBatch, since } from './import-batch.ts'

const pollMs = 250
/** Nothing new for so long: a record that waits for another line is told. */
const idleMs = 1_000
const pieceBytes = 256 * 1024
const headerBytes = 64 * 1024
/** Beginning of a file by which it is known again: inode numbers are used again by other files. */
const markBytes = 256
/** A tail waits for its server as long as it takes. */
const patienceMs = Number.POSITIVE_INFINITY

const Place = z.object({ inode: z.number(), offset: z.number(), mark: z.string() })
type Place = z.infer<typeof Place>

/** Ends by SIGINT or SIGTERM; what was read until then is sent and kept. */
export async function followFiles(
  files: readonly { file: string; source: RecordSource }[],
  context: RecordContext,
  options: ImportOptions,
  reach: Reach,
  output: ImportOutput,
): Promise<number> {
  for (const { file, source } of files)
    if (source.framing !== 'lines')
      throw new Error(`${file}: ${source.format} is a whole document, which cannot be followed`)
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  try {
    await Promise.all(
      files.map(({ file, source }) => followOne(file, source, context, options, reach, output, stop.signal)),
    )
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
  return 0
}

/** One file, until `signal`. */
export async function followOne(
  file: string,
  source: RecordSource,
  context: RecordContext,
  options: ImportOptions,
  reach: Reach,
  output: Pick<ImportOutput, 'explain' | 'stateFolder'>,
  signal: AbortSignal,
): Promise<void> {
  if (source.framing !== 'lines') throw new Error(`${source.format} cannot be followed`)
  const placeFile = path.join(
    output.stateFolder,
    `${hashOf(`${path.resolve(file)}\n${source.format}\n${options.source ?? ''}`)}.json`,
  )
  await mkdir(output.stateFolder, { recursive: true })
  const batch = createBatch(reach, source.format, options.source, patienceMs)
  let known = options.fromStart ? undefined : await readPlace(placeFile)
  let told = false
  while (!signal.aborted) {
    const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
      // Between a rotation and the new file there is none for a moment; one that never comes is told once.
      if (!told) output.explain(`vigil: waiting for ${file} (${error.code ?? error.message})\n`)
      told = true
      return undefined
    })
    if (!handle) {
      await rest(pollMs, signal)
      continue
    }
    told = false
    try {
      known = await followHandle(handle, known, { file, source, context, batch, placeFile, output, signal })
    } finally {
      await handle.close()
    }
  }
}

type Following = {
  file: string
  source: RecordSource
  context: RecordContext
  batch: Batch
  placeFile: string
  output: Pick<ImportOutput, 'explain'>
  signal: AbortSignal
}

/** Reads one file until it is rotated away, truncated, or the signal. Answers the place from which the next one goes on. */
async function followHandle(
  handle: FileHandle,
  known: Place | undefined,
  following: Following,
): Promise<Place | undefined> {
  const { file, source, context, batch, placeFile, output, signal } = following
  const facts = await handle.stat()
  const isSame =
    known?.inode === facts.ino &&
    known.offset <= facts.size &&
    (await markOf(handle, Math.min(markBytes, known.offset))) === known.mark
  let offset = isSame ? known.offset : 0
  let muted = true
  const intake: Intake = createIntake(
    source,
    { ...context, nowMs: Date.now(), fileName: path.basename(file) },
    {
      event: (event) => muted || batch.line({ event }),
      sample: (sample) => muted || batch.line({ sample }),
      refused: ({ line, reason, raw }) => muted || batch.line({ refused: { line, reason, raw } }),
    },
  )
  if (offset > 0 && source.hasHeader) await readHeader(handle, offset, intake)
  // What the header was counted as has been told before.
  const header = intake.counts()
  muted = false
  const told = () => since(intake.counts(), header)
  const send = () => batch.send(told())
  let quietSinceMs = performance.now()
  let isTold = true
  const buffer = Buffer.alloc(pieceBytes)
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, pieceBytes, offset)
    if (bytesRead > 0) {
      intake.push(buffer.subarray(0, bytesRead))
      offset += bytesRead
      quietSinceMs = performance.now()
      isTold = false
      if (batch.isFull()) await send()
      if (bytesRead === pieceBytes && !signal.aborted) continue
    }
    await send()
    const nowAt = await stat(file).catch(() => undefined)
    const rotated = nowAt === undefined || nowAt.ino !== facts.ino
    if (rotated && bytesRead === 0) {
      intake.end()
      await send()
      await writePlace(placeFile, undefined)
      return undefined
    }
    if (nowAt && nowAt.ino === facts.ino && nowAt.size < offset) {
      output.explain(`vigil: ${file} was truncated: reading it from its start\n`)
      intake.end()
      await send()
      await writePlace(placeFile, undefined)
      return undefined
    }
    if (signal.aborted || (!isTold && performance.now() - quietSinceMs >= idleMs)) {
      intake.idle()
      await send()
      isTold = true
      // Only here does nothing wait in the reader but half a line, which is read again.
      const lineStart = await startOfLine(handle, offset)
      const place = { inode: facts.ino, offset: lineStart, mark: await markOf(handle, Math.min(markBytes, lineStart)) }
      await writePlace(placeFile, place)
      if (signal.aborted) return place
      continue
    }
    await rest(pollMs, signal)
  }
}

/** Offset behind the last line end before `at`. */
async function startOfLine(handle: FileHandle, at: number): Promise<number> {
  const from = Math.max(0, at - pieceBytes)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(at - from), 0, at - from, from)
  const last = buffer.subarray(0, bytesRead).lastIndexOf(0x0a)
  return last === -1 ? from : from + last + 1
}

async function readHeader(handle: FileHandle, offset: number, intake: Intake): Promise<void> {
  const length = Math.min(headerBytes, offset)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0)
  const whole = buffer.subarray(0, buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1)
  intake.push(whole)
  intake.idle()
}

async function markOf(handle: FileHandle, length: number): Promise<string> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.max(1, length)), 0, length, 0)
  return buffer.subarray(0, bytesRead).toString('base64')
}

async function readPlace(file: string): Promise<Place | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return Place.safeParse(JSON.parse(text)).data
  } catch {
    return undefined // written half: reading again doubles nothing
  }
}

async function writePlace(file: string, place: Place | undefined): Promise<void> {
  // Renamed into place: a kill in the middle leaves the old one.
  await writeFile(`${file}.new`, place === undefined ? '{}' : JSON.stringify(place))
  await rename(`${file}.new`, file)
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 24)

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined) // aborted: the caller looks at the signal
}
