// For tests: small ZIP archives, with any method's bytes and any lie about them.
import { crc32, deflateRawSync } from 'node:zlib'

export type ZipEntryForTest = {
  name: string
  content: string | Uint8Array
  /** 0 stored, 8 deflate; for others give `packed`. */
  method?: number
  packed?: Uint8Array
  flags?: number
  crc?: number
  /** What the archive claims to come out. */
  bytes?: number
}

export function zipForTest(entries: readonly ZipEntryForTest[]): Uint8Array {
  const pieces: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const { name, content, method = 8, packed, flags = 0, crc, bytes } of entries) {
    const body = Buffer.from(content)
    const data = packed === undefined ? (method === 8 ? deflateRawSync(body) : body) : Buffer.from(packed)
    const nameBytes = Buffer.from(name)
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(flags, 2)
    shared.writeUInt16LE(method, 4)
    shared.writeUInt32LE(crc ?? crc32(body), 10)
    shared.writeUInt32LE(data.length, 14)
    shared.writeUInt32LE(bytes ?? body.length, 18)
    shared.writeUInt16LE(nameBytes.length, 22)
    pieces.push(Buffer.from([0x50, 0x4b, 3, 4]), shared, nameBytes, data)
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(at, 10)
    directory.push(Buffer.from([0x50, 0x4b, 1, 2, 20, 0]), shared, tail, nameBytes)
    at += 30 + nameBytes.length + data.length
  }
  const listing = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(listing.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...pieces, listing, end])
}
