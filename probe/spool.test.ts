import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Spool } from './spool.ts'
import { frameLine, readSegment } from './spool-frame.ts'

const folders: string[] = []
function newFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vigil-spool-'))
  folders.push(folder)
  return folder
}
afterEach(() => {
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true })
})
const json = (i: number) => JSON.stringify({ i, text: `é\u2028 ${'x'.repeat(i % 50)}` })
const all = (spool: Spool) => {
  const out: { n: number; json: string }[] = []
  for (let n = spool.firstN; n <= spool.lastN; ) {
    const lines = spool.read(n, 7, 10_000)
    if (lines.length === 0) throw new Error(`nothing at ${n} of ${spool.lastN}`)
    out.push(...lines)
    n = (lines.at(-1)?.n ?? n) + 1
  }
  return out
}
const newest = (folder: string) =>
  path.join(
    folder,
    fs
      .readdirSync(folder)
      .filter((name) => name.endsWith('.ndjson'))
      .sort()
      .at(-1) ?? '',
  )

describe('the spool', () => {
  test('numbers events densely from 1 and reads them back in order, also after a restart', () => {
    const folder = newFolder()
    const spool = new Spool(folder, { maxBytes: 1_000_000, segmentBytes: 300 })
    for (let i = 1; i <= 40; i += 1) expect(spool.append(json(i), false, 1)).toBe(i)
    const again = new Spool(folder, { maxBytes: 1_000_000, segmentBytes: 300 })
    expect(again.stream).toBe(spool.stream)
    expect(all(again)).toEqual(Array.from({ length: 40 }, (_, i) => ({ n: i + 1, json: json(i + 1) })))
    expect(again.append(json(41), false, 1)).toBe(41)
  })

  test('drops a line whose write was cut at any byte, keeps everything before it, and uses its number again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.nat({ max: 200 }), (count, cut) => {
        const folder = newFolder()
        const spool = new Spool(folder, { maxBytes: 1_000_000, segmentBytes: 500 })
        for (let i = 1; i <= count; i += 1) spool.append(json(i), false, 1)
        const line = Buffer.from(frameLine(count + 1, json(count + 1)))
        fs.appendFileSync(newest(folder), line.subarray(0, Math.min(cut, line.length - 1)))
        const after = new Spool(folder, { maxBytes: 1_000_000, segmentBytes: 500 })
        expect(after.stream).toBe(spool.stream)
        expect(after.lastN).toBe(count)
        expect(after.append('"next"', false, 1)).toBe(count + 1)
        expect(all(after).map((found) => found.json)).toEqual([
          ...Array.from({ length: count }, (_, i) => json(i + 1)),
          '"next"',
        ])
        fs.rmSync(folder, { recursive: true })
      }),
      { numRuns: 60 },
    )
  })

  test('never loses an unacknowledged event, whatever mix of appends, acknowledgements and restarts happens', () => {
    const step = fc.oneof(
      fc.constant('append' as const),
      fc.constant('append' as const),
      fc.constant('restart' as const),
      fc.record({ ack: fc.double({ min: 0, max: 1, noNaN: true }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const folder = newFolder()
        let spool = new Spool(folder, { maxBytes: 1_000_000, segmentBytes: 200 })
        let written = 0
        let acked = 0
        for (const move of steps) {
          if (move === 'append') {
            written += 1
            expect(spool.append(json(written), false, 1)).toBe(written)
          } else if (move === 'restart') spool = new Spool(folder, { maxBytes: 1_000_000, segmentBytes: 200 })
          else {
            acked = Math.max(acked, Math.floor(move.ack * written))
            spool.trim(acked)
          }
          expect(spool.lastN).toBe(written)
          const unacked = all(spool).filter(({ n }) => n > acked)
          expect(unacked.map(({ n }) => n)).toEqual(Array.from({ length: written - acked }, (_, i) => acked + 1 + i))
          expect(unacked.every((line) => line.json === json(line.n))).toBe(true)
        }
        fs.rmSync(folder, { recursive: true })
      }),
      { numRuns: 60 },
    )
  })

  test('says how many events a damaged segment cost and goes on under a new stream, in order', () => {
    const folder = newFolder()
    const spool = new Spool(folder, { maxBytes: 1_000_000, segmentBytes: 400 })
    for (let i = 1; i <= 30; i += 1) spool.append(json(i), false, 1)
    const victim = path.join(
      folder,
      fs
        .readdirSync(folder)
        .filter((name) => name.endsWith('.ndjson'))
        .sort()[1] ?? '',
    )
    const content = fs.readFileSync(victim)
    content[10] = (content[10] ?? 0) ^ 1
    content[20] = (content[20] ?? 0) ^ 1
    fs.writeFileSync(victim, content)
    const after = new Spool(folder, { maxBytes: 1_000_000, segmentBytes: 400 })
    expect(after.stream).not.toBe(spool.stream)
    expect(after.takeLoss()).toMatchObject({ count: 1, reason: expect.stringContaining('damaged') })
    const kept = all(after).map((line) => (JSON.parse(line.json) as { i: number }).i)
    expect(kept).toHaveLength(29)
    expect(kept).toEqual([...kept].sort((a, b) => a - b))
  })

  test('stops taking low-value events when room is short, still takes controls, and tells the loss when there is room', () => {
    const spool = new Spool(newFolder(), { maxBytes: 4_000, segmentBytes: 500 })
    let n = 0
    for (let i = 0; i < 200; i += 1) n = spool.append(json(i), true, 1_000 + i) ?? n
    expect(n).toBeLessThan(200)
    expect(spool.append('{"control":1}', false, 5_000)).toBe(n + 1)
    expect(spool.takeLoss()).toBeUndefined()
    spool.trim(n)
    expect(spool.takeLoss()).toEqual({
      count: 200 - n,
      reason: expect.stringContaining('full'),
      fromMs: 1_000 + n,
      toMs: 1_199,
    })
    expect(spool.takeLoss()).toBeUndefined()
  })

  test('on a full disk keeps controls in memory, in order, counts the rest as lost, and writes them when there is room', () => {
    const folder = newFolder()
    const spool = new Spool(folder, { maxBytes: 100_000, segmentBytes: 1_000 })
    spool.append(json(1), false, 1)
    const full = () => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    }
    const spies = (['writeSync', 'openSync'] as const).map((call) => vi.spyOn(fs, call).mockImplementation(full))
    try {
      for (let i = 2; i <= 60; i += 1) expect(spool.append(json(i), i % 2 === 1, i)).toBeUndefined()
      expect([spool.lastN, spool.waitingCount, spool.takeLoss()]).toEqual([1, 30, undefined])
      expect(spool.flush()).toContain('ENOSPC')
    } finally {
      for (const spy of spies) spy.mockRestore()
    }
    expect(spool.append(json(61), true, 61)).toBe(32)
    expect([spool.waitingCount, spool.flush()]).toEqual([0, undefined])
    expect(spool.takeLoss()).toMatchObject({
      count: 29,
      reason: expect.stringContaining('ENOSPC'),
      fromMs: 3,
      toMs: 59,
    })
    const written = [1, ...Array.from({ length: 30 }, (_, i) => 2 * (i + 1)), 61].map(json)
    expect(all(spool).map((line) => line.json)).toEqual(written)
    expect(all(new Spool(folder, { maxBytes: 100_000 })).map((line) => line.json)).toEqual(written)
  })

  test('on a disk that fills in the middle of a line leaves no half of it behind', () => {
    const folder = newFolder()
    const spool = new Spool(folder, { maxBytes: 100_000 })
    spool.append(json(1), false, 1)
    const { writeSync } = fs
    const spy = vi.spyOn(fs, 'writeSync').mockImplementationOnce((fd, buffer) => {
      writeSync(fd, Buffer.from(buffer as unknown as Uint8Array).subarray(0, 5))
      throw new Error('ENOSPC: no space left on device, write')
    })
    expect(spool.append(json(2), false, 2)).toBeUndefined()
    spy.mockRestore()
    expect(spool.append(json(3), false, 3)).toBe(3)
    expect(all(new Spool(folder, { maxBytes: 100_000 })).map((line) => line.json)).toEqual([1, 2, 3].map(json))
  })

  test('never throws on a segment of arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const reading = readSegment(Buffer.from(bytes))
        expect(reading.tornBytes).toBeLessThanOrEqual(bytes.length)
      }),
    )
  })
})
