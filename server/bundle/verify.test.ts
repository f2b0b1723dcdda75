import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bundleForTest, cryptoForTest, fileOf, keyForTest } from './bundle-for-test.ts'
import { bytesOf, firstDifference, join } from './bytes.ts'
import { layoutOf, type Part } from './layout.ts'
import { manifestBytes } from './manifest.ts'
import { verifyBundle } from './verify.ts'

const key = keyForTest()
const check = (bytes: Uint8Array, pin?: string) => verifyBundle(fileOf(bytes), cryptoForTest, pin)

/** Enough for two levels of hashes in the file. */
const events = Array.from(
  { length: 400 },
  (_, n) => `"seq":${n + 1},"kind":"message.recorded","text":"${'word '.repeat(n % 17)}${n}"}`,
)
const sample = bundleForTest({ 'events.ndjson': events, 'audit.ndjson': ['"n":1}', '"n":2}', '"n":3}'] }, key)
const layout = layoutOf(sample.manifest, manifestBytes(sample.manifest).length)
const partOf = (name: string): Part => layout.parts.find((part) => part.name === name) as Part

function changed(bytes: Uint8Array, at: number, by: number): Uint8Array {
  const copy = bytes.slice()
  copy[at] = (copy[at] as number) ^ by
  return copy
}

describe('a bundle as it was made', () => {
  it('is whole, and says whose key signed it', () => {
    expect(check(sample.bytes)).toMatchObject({ whole: true, damage: [], pin: 'not asked', manifest: { key: key.key } })
    expect(check(sample.bytes, key.key)).toMatchObject({ whole: true, pin: 'matches' })
  })

  it('is whole when it holds nothing but one line', () => {
    const small = bundleForTest({ 'events.ndjson': ['"seq":1}'] }, key)
    expect(check(small.bytes)).toMatchObject({ whole: true, damage: [] })
  })

  it('is the same bytes when it is made again: nothing of the machine or the hour is in it', () => {
    const twin = bundleForTest({ 'events.ndjson': events, 'audit.ndjson': ['"n":1}', '"n":2}', '"n":3}'] }, key)
    expect(firstDifference(twin.bytes, sample.bytes)).toBeUndefined()
  })

  it('is not whole for who expects another signer: a forger signs with a key of his own', () => {
    const forged = bundleForTest({ 'events.ndjson': ['"seq":1}'] }, keyForTest())
    expect(check(forged.bytes)).toMatchObject({ whole: true })
    expect(check(forged.bytes, key.key)).toMatchObject({ whole: false, pin: 'differs', damage: [] })
  })

  it('is an archive that tar opens, whose files have the sums that its manifest says', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'vigil-bundle-'))
    try {
      writeFileSync(path.join(folder, 'it.vigil'), sample.bytes)
      const opened = spawnSync('tar', ['-xf', 'it.vigil'], { cwd: folder, encoding: 'utf8' })
      expect(opened).toMatchObject({ status: 0, stderr: '' })
      for (const { name, sha256 } of sample.manifest.files) {
        const bytes = readFileSync(path.join(folder, name))
        expect(Buffer.from(cryptoForTest.sha256(bytes)).toString('hex')).toBe(sha256)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('one byte that was changed', () => {
  it('is named exactly, wherever it lies: with what it is and what it was', () => {
    const anywhere = fc.integer({ min: 0, max: sample.bytes.length - 1 })
    fc.assert(
      fc.property(anywhere, fc.integer({ min: 1, max: 255 }), (at, by) => {
        const { whole, damage } = check(changed(sample.bytes, at, by))
        expect(whole).toBe(false)
        const was = sample.bytes[at] as number
        expect(damage).toMatchObject([{ kind: 'byte', at, until: at + 1, is: was ^ by, was }])
      }),
      { numRuns: 200 },
    )
  })

  const places = layout.parts.flatMap((part) => [
    { of: `the first byte of ${part.name}`, at: part.at },
    { of: `the last byte of ${part.name}`, at: part.until - 1 },
  ])
  it.each(places.filter(({ at }) => at < sample.bytes.length))('is named when it is $of', ({ at }) => {
    expect(check(changed(sample.bytes, at, 0x20)).damage).toMatchObject([{ kind: 'byte', at }])
  })

  it('is named in the manifest and its signature whichever digit it is', () => {
    const until = partOf('manifest.sig').until
    for (let at = 0; at < until; at += 37)
      expect(check(changed(sample.bytes, at, 1)).damage, `byte ${at}`).toMatchObject([{ kind: 'byte', at }])
  })

  it('is told with the file and the line that it lies in', () => {
    const at = partOf('events.ndjson').at
    const line = 7
    const start = events.slice(0, line - 1).reduce((sum, rest, n) => sum + `{"line":${n + 1},${rest}\n`.length, at)
    expect(check(changed(sample.bytes, start + 20, 1)).damage).toMatchObject([{ where: 'events.ndjson', line }])
  })

  it('is the first of several that is named, and the others after it', () => {
    const [first, second] = [partOf('events.ndjson').at + 1_000, partOf('audit.ndjson').at + 3]
    const { damage } = check(changed(changed(sample.bytes, second, 4), first, 4))
    expect(damage.map(({ kind, at }) => ({ kind, at }))).toEqual([
      { kind: 'byte', at: first },
      { kind: 'byte', at: second },
    ])
  })
})

describe('more than a byte', () => {
  it('is found whatever is written over whatever place, and the first change lies in what is named first', () => {
    const anywhere = fc.integer({ min: 0, max: sample.bytes.length - 1 })
    fc.assert(
      fc.property(anywhere, fc.uint8Array({ minLength: 2, maxLength: 600 }), (at, written) => {
        const copy = sample.bytes.slice()
        copy.set(written.subarray(0, copy.length - at), at)
        const first = firstDifference(copy, sample.bytes)
        fc.pre(first !== undefined)
        const { whole, damage } = check(copy)
        expect(whole).toBe(false)
        expect(damage[0]?.at).toBeLessThanOrEqual(first as number)
        expect(damage[0]?.until).toBeGreaterThan(first as number)
      }),
      { numRuns: 100 },
    )
  })

  it('is found when the bundle is cut, and the length at which it ends is said', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: sample.bytes.length - 1 }), (length) => {
        const { whole, damage } = check(sample.bytes.subarray(0, length))
        expect(whole).toBe(false)
        if (length > 512) expect(damage).toMatchObject([{ kind: 'cut', at: length }])
      }),
      { numRuns: 100 },
    )
  })

  it('is found when something is put in or taken out, and where', () => {
    const { at, until } = partOf('events.ndjson')
    fc.assert(
      fc.property(
        fc.integer({ min: at, max: until - 1 }),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        (place, more) => {
          const copy = join([sample.bytes.subarray(0, place), more, sample.bytes.subarray(place)])
          const [first] = check(copy).damage
          const difference = firstDifference(copy, sample.bytes) as number
          // At a block's very end what was put in looks, in that block, as one byte that was changed: it is named all the same.
          const block = difference - (difference % 256)
          const differ = [...copy.subarray(block, block + 256)].filter((byte, n) => byte !== sample.bytes[block + n])
          if (differ.length > 1) expect(first).toMatchObject({ kind: 'put-in' })
          // Bytes put in before bytes that are the same can lie a little earlier; they change nothing before that.
          expect(first?.at).toBeLessThanOrEqual(difference)
          expect(first?.at).toBeGreaterThan(place - 256)
        },
      ),
      { numRuns: 50 },
    )
    const place = at + 3_000
    const less = join([sample.bytes.subarray(0, place), sample.bytes.subarray(place + 1)])
    expect(check(less).damage[0]).toMatchObject({ kind: 'taken-out', where: 'events.ndjson', was: sample.bytes[place] })
    const longer = join([sample.bytes, bytesOf('more')])
    expect(check(longer).damage).toMatchObject([{ kind: 'grown', at: sample.bytes.length }])
  })

  it('is found when two lines changed places, and told as that: the byte from which on, and which lines', () => {
    const { at, until } = partOf('events.ndjson')
    const lines = new TextDecoder().decode(sample.bytes.subarray(at, until)).split(/(?<=\n)/)
    const place = fc.integer({ min: 0, max: lines.length - 1 })
    fc.assert(
      fc.property(place, place, (a, b) => {
        fc.pre(a !== b)
        const other = [...lines]
        other[a] = lines[b] as string
        other[b] = lines[a] as string
        const copy = sample.bytes.slice()
        copy.set(bytesOf(other.join('')), at)
        const [first] = check(copy).damage
        // Where the first block differs in one byte only, that byte is what is told.
        expect(first?.at).toBe(firstDifference(copy, sample.bytes))
        if (first?.kind === 'byte') return
        expect(first).toMatchObject({ kind: 'moved', line: Math.min(a, b) + 1 })
        expect(first?.note).toContain(`${Math.max(a, b) + 1}, ${Math.min(a, b) + 1}`)
      }),
      { numRuns: 50 },
    )
  })

  it('is found when a line is gone, and the line that stands in its place is said', () => {
    const { at, until } = partOf('events.ndjson')
    const lines = new TextDecoder().decode(sample.bytes.subarray(at, until)).split(/(?<=\n)/)
    lines.splice(99, 1)
    const copy = join([sample.bytes.subarray(0, at), bytesOf(lines.join('')), sample.bytes.subarray(until)])
    const [first] = check(copy).damage
    expect(first).toMatchObject({ kind: 'block', note: 'where line 100 of events.ndjson belongs stands line 101' })
  })

  it('is no bundle when it is another file, or an empty one', () => {
    for (const bytes of [
      new Uint8Array(),
      bytesOf('hello'),
      new Uint8Array(5_000),
      bytesOf('{"json":"but no bundle"}'.repeat(500)),
    ])
      expect(check(bytes)).toMatchObject({ whole: false, damage: [{ at: 0 }] })
  })
})
