// ZIP archives, as far as Inspect's `.eval` logs use them: read in memory, by their central directory. Every size in an archive is a claim:
// nothing is inflated past what it claims, and no claim past our limits is believed. Names are only compared, never used as paths.
// Source: PKWARE APPNOTE 6.3.10 (sections 4.3.7, 4.3.12 to 4.3.16, 4.5.3).
import { crc32, inflateRawSync } from 'node:zlib'
import { createZstdInflater } from './inspect-zstd.ts'

export type ZipEntry = {
  name: string
  method: number
  encrypted: boolean
  crc: number
  compressedBytes: number
  bytes: number
  headerAt: number
}

export type ZipLimits = { entries: number; entryBytes: number; totalBytes: number }

export const inspectZipLimits: ZipLimits = {
  entries: 100_000,
  entryBytes: 64 * 1024 * 1024,
  totalBytes: 256 * 1024 * 1024,
}

export type ZipArchive = {
  /** In the order of the directory. Appending writers leave older copies of an entry before the newest. */
  entries: ZipEntry[]
  /** Reads at most `totalBytes` over all calls. `reason` is a fixed sentence. */
  read(entry: ZipEntry): { ok: true; bytes: Uint8Array } | { ok: false; reason: string }
}

const endSignature = 0x06054b50
const endBytes = 22
const commentBytesMax = 65_535
const directorySignature = 0x02014b50
const localSignature = 0x04034b50
const cutOff = { ok: false, reason: 'ZIP archive is cut off or damaged: its directory cannot be read' } as const

export function isZip(archive: Uint8Array): boolean {
  return archive[0] === 0x50 && archive[1] === 0x4b && (archive[2] === 3 || archive[2] === 5)
}

export function openZip(
  archive: Uint8Array,
  limits: ZipLimits = inspectZipLimits,
): { ok: true; zip: ZipArchive } | { ok: false; reason: string } {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength)
  const directory = findDirectory(view)
  if (directory === undefined) return cutOff
  if (directory.entries > limits.entries) return { ok: false, reason: 'ZIP archive holds too many entries' }
  const entries: ZipEntry[] = []
  let at = directory.at
  for (let index = 0; index < directory.entries; index += 1) {
    const read = entryAt(archive, view, at)
    if (read === undefined) return cutOff
    entries.push(read.entry)
    at = read.nextAt
  }
  let leftBytes = limits.totalBytes
  let leftPackedBytes = archive.length
  const inflateZstd = createZstdInflater()
  return {
    ok: true,
    zip: {
      entries,
      read(entry) {
        if (entry.encrypted) return { ok: false, reason: 'ZIP entry is encrypted' }
        if (entry.bytes > limits.entryBytes) return { ok: false, reason: 'ZIP entry is larger than the limit' }
        if (entry.bytes > leftBytes) return { ok: false, reason: 'ZIP archive unpacks to more than the limit' }
        if (entry.compressedBytes > leftPackedBytes) return { ok: false, reason: 'ZIP entries overlap each other' }
        leftBytes -= entry.bytes
        leftPackedBytes -= entry.compressedBytes
        return inflate(archive, view, entry, inflateZstd)
      },
    },
  }
}

function findDirectory(view: DataView): { at: number; entries: number } | undefined {
  const first = Math.max(0, view.byteLength - endBytes - commentBytesMax)
  for (let at = view.byteLength - endBytes; at >= first; at -= 1) {
    if (view.getUint32(at, true) !== endSignature) continue
    const entries = view.getUint16(at + 10, true)
    const directoryAt = view.getUint32(at + 16, true)
    if (entries !== 0xffff && directoryAt !== 0xffffffff) return { at: directoryAt, entries }
    return findLargeDirectory(view, at) ?? { at: directoryAt, entries }
  }
  return undefined
}

/** ZIP64: more than 65,535 entries, or a writer that always says so. */
function findLargeDirectory(view: DataView, endAt: number): { at: number; entries: number } | undefined {
  const locatorAt = endAt - 20
  if (locatorAt < 0 || view.getUint32(locatorAt, true) !== 0x07064b50) return undefined
  const at = Number(view.getBigUint64(locatorAt + 8, true))
  if (at + 56 > view.byteLength || view.getUint32(at, true) !== 0x06064b50) return undefined
  return { entries: Number(view.getBigUint64(at + 32, true)), at: Number(view.getBigUint64(at + 48, true)) }
}

function entryAt(archive: Uint8Array, view: DataView, at: number): { entry: ZipEntry; nextAt: number } | undefined {
  if (at + 46 > view.byteLength || view.getUint32(at, true) !== directorySignature) return undefined
  const nameBytes = view.getUint16(at + 28, true)
  const extraBytes = view.getUint16(at + 30, true)
  const extraAt = at + 46 + nameBytes
  const nextAt = extraAt + extraBytes + view.getUint16(at + 32, true)
  if (nextAt > view.byteLength) return undefined
  const entry: ZipEntry = {
    name: new TextDecoder().decode(archive.subarray(at + 46, extraAt)),
    encrypted: (view.getUint16(at + 8, true) & 1) === 1,
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    compressedBytes: view.getUint32(at + 20, true),
    bytes: view.getUint32(at + 24, true),
    headerAt: view.getUint32(at + 42, true),
  }
  readLargeSizes(view, extraAt, extraAt + extraBytes, entry)
  return { entry, nextAt }
}

/** The ZIP64 extra field holds, in this order, just those of the three numbers that did not fit their own fields. */
function readLargeSizes(view: DataView, from: number, to: number, entry: ZipEntry): void {
  for (let at = from; at + 4 <= to; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue
    const end = Math.min(to, at + 4 + view.getUint16(at + 2, true))
    let next = at + 4
    for (const key of ['bytes', 'compressedBytes', 'headerAt'] as const) {
      if (entry[key] !== 0xffffffff || next + 8 > end) continue
      entry[key] = Number(view.getBigUint64(next, true))
      next += 8
    }
    return
  }
}

function inflate(
  archive: Uint8Array,
  view: DataView,
  entry: ZipEntry,
  inflateZstd: ReturnType<typeof createZstdInflater>,
): ReturnType<ZipArchive['read']> {
  const headerAt = entry.headerAt
  if (headerAt + 30 > view.byteLength || view.getUint32(headerAt, true) !== localSignature) return cutOff
  const from = headerAt + 30 + view.getUint16(headerAt + 26, true) + view.getUint16(headerAt + 28, true)
  const to = from + entry.compressedBytes
  if (to > view.byteLength) return { ok: false, reason: 'ZIP entry is cut off' }
  const packed = archive.subarray(from, to)
  let bytes: Uint8Array | undefined
  // 20 was the number of Zstandard before 93.
  if (entry.method === 0) bytes = packed
  else if (entry.method === 8) bytes = inflateDeflate(packed, entry.bytes)
  else if (entry.method === 93 || entry.method === 20) bytes = inflateZstd(packed, entry.bytes)
  else return { ok: false, reason: 'ZIP entry is packed by a method that this reader does not know' }
  if (bytes === undefined || bytes.length !== entry.bytes) {
    return { ok: false, reason: 'ZIP entry cannot be unpacked to the size it claims' }
  }
  if (crc32(bytes) !== entry.crc) return { ok: false, reason: 'ZIP entry does not match its checksum' }
  return { ok: true, bytes }
}

function inflateDeflate(packed: Uint8Array, bytes: number): Uint8Array | undefined {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, bytes) })
  } catch {
    return undefined
  }
}
