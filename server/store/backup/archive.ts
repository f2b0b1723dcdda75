// The file of a backup: a tar archive that every tool opens, whose files are gzip. Its last two are `manifest.json` and `manifest.sha256`. Every byte
// follows from the manifest (headers, padding and end are what we would write), so any one that was changed, lost or added is found before a row is
// used. It says nothing of who made it: who can write the file can make another one.
import { createHash, type Hash, hash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { type FileHandle, open, rename } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { padded, sizeInHeader, tarBlock, tarEnd, tarHeader } from '../../bundle/tar.ts'
import { Manifest, type Piece } from './manifest.ts'

const manifestFile = 'manifest.json'
const sumFile = 'manifest.sha256'
const manifestBytesMax = 256 * 1024 * 1024
const readBytes = 1024 * 1024
/** A row has at most 1 GB, and a piece ends with the row that fills it. */
const unpackedBytesMax = 1_600_000_000
/** Rows are long and alike: more than this makes a backup slow and hardly smaller. */
const gzipLevel = 4

/** The file is not what was written. One line for a person. */
export class BackupDamaged extends Error {
  override name = 'BackupDamaged'
}

export type AddPiece = (file: string, content: Buffer) => Promise<Piece>

/**
 * Writes a backup beside its name, and gives it the name when it is whole and on disk. Readable by its owner alone. Throws when `file` is there.
 */
export async function writeArchive(file: string, fill: (add: AddPiece) => Promise<Manifest>): Promise<Manifest> {
  const part = `${file}.part`
  for (const each of [file, part]) if (await isThere(each)) throw new Error(explainThere(file, each))
  const handle = await open(part, 'wx', 0o600)
  const clearAway = () => rmSync(part, { force: true })
  process.once('exit', clearAway)
  let isWhole = false
  try {
    await handle.chmod(0o600)
    const manifest = await fill(async (name, content) => {
      const packed = await promisify(gzip)(content, { level: gzipLevel })
      await writeFile(handle, name, packed)
      return { file: name, bytes: packed.length, sha256: hash('sha256', packed) }
    })
    const text = Buffer.from(`${JSON.stringify(manifest)}\n`)
    await writeFile(handle, manifestFile, text)
    await writeFile(handle, sumFile, Buffer.from(`${hash('sha256', text)}  ${manifestFile}\n`))
    await writeAll(handle, Buffer.alloc(tarEnd))
    await handle.sync()
    isWhole = true
    return manifest
  } finally {
    await handle.close()
    if (isWhole) {
      await rename(part, file)
      await syncFolder(path.dirname(file))
    } else clearAway()
    process.removeListener('exit', clearAway)
  }
}

function explainThere(file: string, found: string): string {
  if (found === file) return `${file} is there already: give the backup a name of its own`
  return `${found} is there already: another backup writes it, or one was broken off. If none runs, delete it`
}

async function writeFile(handle: FileHandle, name: string, content: Buffer): Promise<void> {
  await writeAll(handle, tarHeader(name, content.length))
  await writeAll(handle, content)
  await writeAll(handle, Buffer.alloc(padded(content.length) - content.length))
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync().catch(() => undefined) // not every file system has it; the file itself is on disk
  await handle.close()
}

async function isThere(file: string): Promise<boolean> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new Error(`${file} cannot be used: ${error.message}`)
  })
  await handle?.close()
  return handle !== undefined
}

export type OpenArchive = {
  manifest: Manifest
  bytes: number
  /** Unpacked. It is hashed once more: the file may have changed since it was checked. */
  read(piece: Piece): Promise<Buffer>
  close(): Promise<void>
}

/** Reads the whole file and checks each byte. Throws BackupDamaged, or what the file system says. */
export async function openArchive(file: string): Promise<OpenArchive> {
  const handle = await open(file, 'r')
  try {
    const { manifest, places, bytes } = await checkArchive(handle)
    return {
      manifest,
      bytes,
      async read(piece) {
        const at = places.get(piece.file)
        if (at === undefined) throw new BackupDamaged(`${piece.file} is missing from it`)
        const packed = await readAt(handle, at, piece.bytes)
        if (hash('sha256', packed) !== piece.sha256) throw new BackupDamaged(`${piece.file} was changed meanwhile`)
        return await promisify(gunzip)(packed, { maxOutputLength: unpackedBytesMax })
      },
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

type Found = { name: string; at: number; bytes: number; sha256: string; content?: Buffer }

async function checkArchive(handle: FileHandle) {
  const stats = await handle.stat()
  if (!stats.isFile()) throw new BackupDamaged('it is no file')
  const found = new Map<string, Found>()
  let at = 0
  for (;;) {
    const each = await checkFile(handle, at)
    if (found.has(each.name)) throw new BackupDamaged(`${each.name} is in it twice`)
    found.set(each.name, each)
    at = each.at + padded(each.bytes)
    if (each.name === sumFile) break
  }
  if (!(await readAt(handle, at, tarEnd)).every((byte) => byte === 0)) throw new BackupDamaged('its end was changed')
  if (stats.size !== at + tarEnd) throw new BackupDamaged('something was added to its end')

  const text = found.get(manifestFile)
  const sum = found.get(sumFile)
  if (text?.content === undefined || sum?.content === undefined) throw new BackupDamaged('it has no manifest')
  if (sum.content.toString('utf8') !== `${text.sha256}  ${manifestFile}\n`)
    throw new BackupDamaged('its manifest was changed')
  const manifest = parseManifest(text.content)
  const pieces = [
    ...manifest.tables.flatMap((table) => table.pieces),
    ...manifest.files.map((inBackup) => inBackup.piece),
  ]
  for (const { file: name, bytes, sha256 } of pieces) {
    const piece = found.get(name)
    if (!piece) throw new BackupDamaged(`${name} is missing from it`)
    if (piece.bytes !== bytes || piece.sha256 !== sha256) throw new BackupDamaged(`${name} in it was changed`)
  }
  const named = new Set([...pieces.map(({ file: name }) => name), manifestFile, sumFile])
  const stray = [...found.keys()].find((name) => !named.has(name))
  if (stray !== undefined) throw new BackupDamaged(`${stray} in it is not of its manifest`)
  if (named.size !== pieces.length + 2) throw new BackupDamaged('its manifest names a file twice')
  return { manifest, places: new Map([...found].map(([name, { at: place }]) => [name, place])), bytes: stats.size }
}

/** One file of the archive, header and padding with it. */
async function checkFile(handle: FileHandle, at: number): Promise<Found> {
  const header = await readAt(handle, at, tarBlock)
  const end = header.indexOf(0)
  const name = header.toString('latin1', 0, end < 0 || end > 100 ? 100 : end)
  const bytes = sizeInHeader(header)
  if (bytes === undefined || !/^[a-z0-9_/.-]+$/.test(name) || !header.equals(tarHeader(name, bytes)))
    throw new BackupDamaged(at === 0 ? 'it is no backup of Vigil' : `what follows at byte ${at} was changed`)
  const start = at + tarBlock
  const isKept = name === manifestFile || name === sumFile
  if (isKept && bytes > manifestBytesMax) throw new BackupDamaged(`${name} in it is too large`)
  const content = isKept ? await readAt(handle, start, bytes) : undefined
  const sha256 = content ? hash('sha256', content) : await hashAt(handle, start, bytes)
  const padding = await readAt(handle, start + bytes, padded(bytes) - bytes)
  if (!padding.every((byte) => byte === 0)) throw new BackupDamaged(`what follows ${name} was changed`)
  return { name, at: start, bytes, sha256, ...(content && { content }) }
}

async function hashAt(handle: FileHandle, at: number, bytes: number): Promise<string> {
  const sum: Hash = createHash('sha256')
  for (let done = 0; done < bytes; done += readBytes)
    sum.update(await readAt(handle, at + done, Math.min(readBytes, bytes - done)))
  return sum.digest('hex')
}

async function readAt(handle: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const into = Buffer.alloc(bytes)
  for (let got = 0; got < bytes; ) {
    const { bytesRead } = await handle.read(into, got, bytes - got, at + got)
    if (bytesRead === 0) throw new BackupDamaged('it ends too early: a part of it is missing')
    got += bytesRead
  }
  return into
}

function parseManifest(content: Buffer): Manifest {
  let json: unknown
  try {
    json = JSON.parse(content.toString('utf8'))
  } catch {
    throw new BackupDamaged('its manifest cannot be read')
  }
  const version = typeof json === 'object' && json !== null && 'version' in json ? json.version : undefined
  if (typeof version === 'number' && version > 1)
    throw new BackupDamaged(`it was made by a newer Vigil (form ${version}): restore it with that one`)
  const parsed = Manifest.safeParse(json)
  if (!parsed.success) throw new BackupDamaged('its manifest is none of this version of Vigil')
  return parsed.data
}
