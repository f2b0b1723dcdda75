// Bad input has a stated result, good records beside it are kept, and what becomes of each record is counted exactly once.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIntake, recordLineBytesMax } from './intake.ts'
import { isoToMs, jsonOfLine, numberOf, shortText } from './normal-values.ts'
import { readAll, testNowMs } from './read-all-for-test.ts'
import type { RecordSource } from './record-source.ts'

/** A format of this test: `{"at": epoch seconds, "what": text}` a line; `{"skip": …}` is known and no fact. */
const toy: RecordSource = {
  format: 'toy',
  title: 'Toy',
  trust: 'trainer',
  framing: 'lines',
  looksLike: () => false,
  open: () => ({
    read(line, sink) {
      const value = jsonOfLine(line) as { at?: unknown; what?: unknown; skip?: unknown; throws?: unknown } | undefined
      if (value?.throws !== undefined) throw new Error('a fault')
      if (value === undefined || value === null) sink.refused('line is not JSON')
      else if (value.skip !== undefined) sink.skipped('known, and no fact')
      else
        sink.understood('fact', {
          events: [
            {
              v: 1,
              kind: 'trainer.reported',
              atMs: (numberOf(value.at) ?? 0) * 1_000,
              data: { phase: shortText(value.what) ?? '' },
            },
          ],
        })
    },
    end: () => undefined,
  }),
}
const at = testNowMs / 1_000
const fact = (what: string) => JSON.stringify({ at, what })

describe('an input of lines', () => {
  it('keeps the good lines beside half a line, wrong types, an impossible clock and bytes that are no text', () => {
    const input = Buffer.concat([
      Buffer.from(`${fact('one')}\n{"at": 17952624\n\n   \r\n`),
      Buffer.from([0xff, 0xfe, 0x41, 0x0a]),
      Buffer.from(`{"skip":1}\r\n{"at":5,"what":"in 1970"}\n{"at":1e300,"what":"never"}\n${fact('two')}`),
    ])
    const read = readAll(toy, input)
    expect(read.made.map((event) => (event.kind === 'trainer.reported' ? event.data.phase : ''))).toEqual([
      'one',
      'two',
    ])
    expect(read.records).toBe(7)
    expect(read.skipped).toEqual([{ reason: 'known, and no fact', count: 1, example: '"{\\"skip\\":1}"' }])
    expect(read.refusals.map(({ line, reason }) => `${line}: ${reason.slice(0, 62)}`)).toEqual([
      '2: line is not JSON',
      '5: line is not valid UTF-8',
      '7: record does not fit the log: trainer.reported atMs: atMs is be',
      '8: record does not fit the log: trainer.reported atMs: atMs is af',
    ])
  })

  it('refuses a line of 20 MB without keeping it, and goes on behind it', () => {
    let biggest = 0
    const made: string[] = []
    const intake = createIntake(
      toy,
      { nowMs: testNowMs },
      {
        event: (event) => made.push(event.kind === 'trainer.reported' ? event.data.phase : ''),
        sample: () => undefined,
        refused: ({ raw }) => {
          biggest = Math.max(biggest, raw.length)
        },
      },
    )
    intake.push(Buffer.from(`${fact('before')}\n{"what":"`))
    const before = process.memoryUsage().arrayBuffers
    const piece = Buffer.alloc(64 * 1024, 0x61)
    for (let n = 0; n < 320; n += 1) intake.push(piece)
    const held = process.memoryUsage().arrayBuffers - before
    intake.push(Buffer.from(`"}\n${fact('behind')}\n`))
    intake.end()
    expect(made).toEqual(['before', 'behind'])
    expect(intake.counts().refused[0]?.reason).toBe(`line is longer than ${recordLineBytesMax} bytes`)
    expect(biggest).toBeLessThanOrEqual(2_000)
    expect(held).toBeLessThan(recordLineBytesMax + 4 * 1024 * 1024)
  })

  it('names UTF-16 for what it is, and drops the mark at the start of UTF-8', () => {
    const utf16 = readAll(toy, Buffer.from(`${fact('x')}\n`, 'utf16le'))
    expect(utf16.events).toBe(0)
    expect(readAll(toy, `\ufeff${fact('x')}`).events).toBe(1)
  })

  it('gives the same record the same id, wherever it stands, and another record another', () => {
    const ids = (input: string) => readAll(toy, input).made.map((event) => event.id)
    const [one, two] = ids(`${fact('a')}\n${fact('b')}`)
    expect(one).not.toBe(two)
    expect(ids(`${fact('b')}\n${fact('a')}`)).toEqual([two, one])
  })

  it('refuses what is of another session than the one the key is bound to', () => {
    const read = readAll(toy, fact('x'), { boundSession: 'ep-1' as never })
    expect(read.refusals.map((each) => each.reason)).toEqual([
      'record is of another session than the one this key is bound to',
    ])
  })

  it('loses one record, not the import, to a fault of a reader', () => {
    const read = readAll(toy, `${fact('a')}\n{"throws":1}\n${fact('b')}`)
    expect(read.events).toBe(2)
    expect(read.refusals.map((each) => each.reason)).toEqual(['the reader failed on this record (a fault of ours)'])
  })

  it('does not depend on the pieces in which it arrives', () => {
    const line = fc.oneof(fc.constant(fact('x')), fc.constant('{"skip":1}'), fc.string({ unit: 'grapheme' }))
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.integer({ min: 1, max: 9 }), (lines, size) => {
        const text = lines.join('\n')
        const { made, ...whole } = readAll(toy, text)
        const { made: cut, ...pieces } = readAll(toy, text, {}, size)
        expect(pieces).toEqual(whole)
        expect(cut).toEqual(made)
        const sum = (list: { count: number }[]) => list.reduce((total, each) => total + each.count, 0)
        expect(whole.records).toBe(sum(whole.understood) + sum(whole.skipped) + sum(whole.refused))
      }),
      { numRuns: 60 },
    )
  })
})

describe('values of other formats', () => {
  it.each([
    ['2026-11-21T02:26:54.156202+0000', 1_795_228_014_156.202],
    ['2026-11-21T04:26:54.156202+0200', 1_795_228_014_156.202],
    ['2026-11-21 02:26:54', 1_795_228_014_000],
    ['2026-11-21T02:26:54.123456789Z', 1_795_228_014_123.457],
    ['2026-13-21T02:26:54Z', undefined],
    ['1969-12-31T23:59:59Z', undefined],
    ['tomorrow', undefined],
  ])('reads the time %s', (text, ms) => expect(isoToMs(text)).toBe(ms))

  it('takes numbers of text and no others', () => {
    expect([
      numberOf('12'),
      numberOf('-1.5e3'),
      numberOf('0x10'),
      numberOf(''),
      numberOf('1,5'),
      numberOf(Number.NaN),
    ]).toEqual([12, -1_500, undefined, undefined, undefined, undefined])
  })
})
