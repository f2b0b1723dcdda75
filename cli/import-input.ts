// Bytes to import: from files or standard input, unzipped where they are gzip, with how far the reading is. Nothing is held back: memory
// stays flat whatever the size.
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import path from 'node:path'
import { createGunzip } from 'node:zlib'

const pieceBytes = 256 * 1024
const headBytes = 64 * 1024

export type Input = {
  /** As the person named it; `-` is standard input. */
  name: string
  fileName: string
  /** Of the file as it lies there; undefined for standard input. */
  sizeBytes: number | undefined
  writtenAtMs: number | undefined
  /** Pieces of content, unzipped; `readBytes` counts bytes of the file itself. */
  pieces(): AsyncIterable<Uint8Array>
  readBytes(): number
}

/** Throws an Error in one line for what cannot be read. */
export async function openInput(name: string): Promise<Input> {
  if (name === '-') return fromStream(name, process.stdin, undefined, undefined)
  const facts = await stat(name).catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? `${name}: no such file` : `${name}: ${error.message}`)
  })
  if (facts.isDirectory()) throw new Error(`${name} is a folder: name its files`)
  const stream = createReadStream(name, { highWaterMark: pieceBytes })
  return fromStream(name, stream, facts.size, facts.mtimeMs)
}

function fromStream(
  name: string,
  stream: AsyncIterable<Buffer | string>,
  sizeBytes: number | undefined,
  writtenAtMs: number | undefined,
): Input {
  let read = 0
  async function* raw(): AsyncGenerator<Buffer> {
    for await (const piece of stream) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
      read += bytes.length
      yield bytes
    }
  }
  return {
    name,
    fileName: name === '-' ? 'stdin' : path.basename(name).replace(/\.gz$/, ''),
    sizeBytes,
    writtenAtMs,
    readBytes: () => read,
    pieces: () => unzipped(raw(), name),
  }
}

/** Content is gzip when its first two bytes say so, whatever its name. */
async function* unzipped(source: AsyncGenerator<Buffer>, name: string): AsyncGenerator<Uint8Array> {
  const first = await source.next()
  if (first.done) return
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) {
    yield first.value
    yield* source
    return
  }
  const gunzip = createGunzip({ chunkSize: pieceBytes })
  const feeding = feed(gunzip, first.value, source)
  try {
    for await (const piece of gunzip) yield piece as Buffer
  } catch (error) {
    throw new Error(`${name}: broken gzip (${error instanceof Error ? error.message : String(error)})`)
  }
  await feeding
}

async function feed(
  gunzip: ReturnType<typeof createGunzip>,
  first: Buffer,
  rest: AsyncGenerator<Buffer>,
): Promise<void> {
  const write = async (bytes: Buffer) => {
    if (!gunzip.write(bytes)) await new Promise<void>((resolve) => gunzip.once('drain', resolve).once('close', resolve))
  }
  await write(first)
  for await (const piece of rest) {
    if (gunzip.destroyed) return
    await write(piece)
  }
  gunzip.end()
}

/** The beginning of a file as text, unzipped, to tell its format. */
export async function headOf(name: string): Promise<string> {
  const file = await open(name)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0)
    const bytes = buffer.subarray(0, bytesRead)
    if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString('utf8')
    return await new Promise((resolve) => {
      const gunzip = createGunzip()
      let text = ''
      gunzip.on('data', (piece: Buffer) => {
        text += piece.toString('utf8')
      })
      // The head ends in the middle of the stream: what came out until then is enough.
      gunzip.on('error', () => resolve(text))
      gunzip.on('end', () => resolve(text))
      gunzip.end(bytes)
    })
  } finally {
    await file.close()
  }
}
