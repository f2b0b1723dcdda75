import { describe, expect, it } from 'vitest'
import { createZstdInflater } from './inspect-zstd.ts'

/** One block of 65,535 sequences, each of which says: copy 131,074 bytes. Made of tables with one symbol, it costs two bytes a sequence. */
function slowBlock(): Uint8Array {
  const sequences = 0x7f00 + 33_000
  const head = [0x00, 0xff, 33_000 & 0xff, 33_000 >> 8, 0b01010100, 0, 0, 52]
  const body = Buffer.concat([Buffer.from(head), Buffer.alloc(sequences * 2, 0xff), Buffer.from([1])])
  const header = (body.length << 3) | (2 << 1) | 1
  return Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58]),
    Buffer.from([header & 0xff, (header >> 8) & 0xff, (header >> 16) & 0xff]),
    body,
  ])
}

describe('createZstdInflater', () => {
  it('ends the work that a small block claims to need, and does none for the rest of that archive', () => {
    const inflate = createZstdInflater(200)
    const startedMs = performance.now()
    expect(inflate(slowBlock(), 1_000_000)).toBeUndefined()
    const tookMs = performance.now() - startedMs
    expect(tookMs).toBeGreaterThan(150)
    expect(tookMs).toBeLessThan(5_000)
    expect(inflate(Buffer.from('28b52ffd200141000061', 'hex'), 1)).toBeUndefined()
  })

  it('refuses frames that need a dictionary, state more than the archive does, or hold something else', () => {
    const inflate = createZstdInflater()
    // One raw block, "a", of a frame that states one byte.
    expect(inflate(Buffer.from('28b52ffd2001090000' + '61', 'hex'), 1)).toEqual(new Uint8Array([0x61]))
    expect(inflate(Buffer.from('28b52ffd2002090000' + '61', 'hex'), 1)).toBeUndefined()
    expect(inflate(Buffer.from('28b52ffd2101' + '01090000' + '61', 'hex'), 1)).toBeUndefined()
    expect(inflate(Buffer.from('not zstd at all'), 15)).toBeUndefined()
    expect(inflate(new Uint8Array(), 0)).toEqual(new Uint8Array())
  })

  it('joins frames that state their sizes', () => {
    const frame = '28b52ffd200109000061'
    expect(createZstdInflater()(Buffer.from(frame + frame, 'hex'), 2)).toEqual(new Uint8Array([0x61, 0x61]))
  })
})
