import { describe, expect, it } from 'vitest'
import { openZip } from './inspect-zip.ts'
import { zipForTest } from './inspect-zip-for-test.ts'

/** `JSON.stringify(zstdSample)` through `zstd -3` 1.5.4, as a stream: window, no stated size, checksum. */
const zstdPacked = Buffer.from(
  'KLUv/QRYTQUAcsshHVBLqzEQ0ZXxtp/JT8tt0pqdaaoDxpfn1BFdVdVDC0KR1liHi0Fp00pYO+MBmZqpaQpMEgJJDBRZrCfMWJeY2vEkQOqt73ouHcZlpNYROyvsLRyM8cMZCetIU3uQpzBuDr5a23XlQHeLJIY03tZKx/q+BFHjxgCp994bjX6clqRxA9CwjtRKCwBMdPUB3FvG0CoDEbhsqaef0jZccZbCkHMZkl4TDyyBToE=',
  'base64',
)
const zstdSample = {
  id: 'z 1',
  epoch: 1,
  uuid: 'uuidZ1',
  input: 'hello',
  events: [
    {
      event: 'tool',
      id: 'c1',
      function: 'bash',
      arguments: { cmd: 'id' },
      result: 'uid=0',
      timestamp: '2026-03-01T10:00:00+00:00',
      completed: '2026-03-01T10:00:01+00:00',
    },
    ...Array.from({ length: 20 }, () => ({ event: 'state', timestamp: '2026-03-01T10:00:02+00:00' })),
  ],
}
const zstdText = JSON.stringify(zstdSample)
const small = { entries: 10, entryBytes: 10_000, totalBytes: 15_000 }

function readFirst(archive: Uint8Array, limits = small) {
  const opened = openZip(archive, limits)
  if (!opened.ok) return opened
  const entry = opened.zip.entries[0]
  if (entry === undefined) throw new Error('no entry')
  const read = opened.zip.read(entry)
  return read.ok ? Buffer.from(read.bytes).toString() : read
}

describe('openZip', () => {
  it('reads stored, deflated and Zstandard entries', () => {
    expect(readFirst(zipForTest([{ name: 'a', content: 'plain', method: 0 }]))).toBe('plain')
    expect(readFirst(zipForTest([{ name: 'a', content: 'deflated' }]))).toBe('deflated')
    expect(readFirst(zipForTest([{ name: 'a', content: '' }]))).toBe('')
    expect(readFirst(zipForTest([{ name: 'a', content: zstdText, method: 93, packed: zstdPacked }]))).toBe(zstdText)
  })

  it('passes over skippable Zstandard frames', () => {
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
    const packed = Buffer.concat([skippable, zstdPacked, skippable])
    expect(readFirst(zipForTest([{ name: 'a', content: zstdText, method: 93, packed }]))).toBe(zstdText)
  })

  it('refuses what is encrypted, packed by an unknown method, or does not match its checksum', () => {
    expect(readFirst(zipForTest([{ name: 'a', content: 'x', flags: 1 }]))).toEqual({
      ok: false,
      reason: 'ZIP entry is encrypted',
    })
    expect(readFirst(zipForTest([{ name: 'a', content: 'x', method: 12 }]))).toEqual({
      ok: false,
      reason: 'ZIP entry is packed by a method that this reader does not know',
    })
    expect(readFirst(zipForTest([{ name: 'a', content: 'x', crc: 7 }]))).toEqual({
      ok: false,
      reason: 'ZIP entry does not match its checksum',
    })
  })

  it('unpacks no entry past what it claims, and believes no claim past the limits', () => {
    const bomb = 'a'.repeat(9_000)
    const wrong = { ok: false, reason: 'ZIP entry cannot be unpacked to the size it claims' }
    expect(readFirst(zipForTest([{ name: 'a', content: bomb, bytes: 100 }]))).toEqual(wrong)
    expect(readFirst(zipForTest([{ name: 'a', content: bomb, bytes: 9_500 }]))).toEqual(wrong)
    expect(readFirst(zipForTest([{ name: 'a', content: bomb, bytes: 10_001 }]))).toEqual({
      ok: false,
      reason: 'ZIP entry is larger than the limit',
    })
    const opened = openZip(zipForTest(['a', 'b'].map((name) => ({ name, content: bomb }))), small)
    if (!opened.ok) throw new Error(opened.reason)
    const [first, second] = opened.zip.entries.map((entry) => opened.zip.read(entry))
    expect(first?.ok).toBe(true)
    expect(second).toEqual({ ok: false, reason: 'ZIP archive unpacks to more than the limit' })
  })

  it('refuses entries that share bytes, so that one bomb cannot be named a thousand times', () => {
    const opened = openZip(zipForTest([{ name: 'a', content: 'x'.repeat(1_000), method: 0 }]), small)
    if (!opened.ok) throw new Error(opened.reason)
    const [entry] = opened.zip.entries
    if (entry === undefined) throw new Error('no entry')
    expect(opened.zip.read(entry).ok).toBe(true)
    expect(opened.zip.read(entry)).toEqual({ ok: false, reason: 'ZIP entries overlap each other' })
  })

  it('refuses an archive that is cut off anywhere, and one with too many entries', () => {
    const archive = zipForTest([{ name: 'a', content: 'something' }])
    for (let length = 0; length < archive.length; length += 1) {
      expect(openZip(archive.subarray(0, length), small).ok, `cut to ${length}`).toBe(false)
    }
    const many = zipForTest(Array.from({ length: 11 }, (_, index) => ({ name: `e${index}`, content: '' })))
    expect(openZip(many, small)).toEqual({ ok: false, reason: 'ZIP archive holds too many entries' })
  })

  it('gives other bytes or none for damaged Zstandard, never an exception, and the checksum tells', () => {
    for (let at = 0; at < zstdPacked.length; at += 1) {
      for (const bit of [1, 0x10, 0x80]) {
        const packed = Buffer.from(zstdPacked)
        packed[at] = (packed[at] ?? 0) ^ bit
        const read = readFirst(zipForTest([{ name: 'a', content: zstdText, method: 93, packed }]))
        // A flipped bit in Zstandard's own checksum, window or padding changes nothing.
        if (typeof read === 'string') expect(read).toBe(zstdText)
        else expect(read.ok).toBe(false)
      }
    }
    for (let length = 0; length < zstdPacked.length; length += 1) {
      const packed = zstdPacked.subarray(0, length)
      expect(readFirst(zipForTest([{ name: 'a', content: zstdText, method: 93, packed }]))).toMatchObject({ ok: false })
    }
  })
})
