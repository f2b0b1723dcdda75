// JSON objects out of lines: every way of printing gives the same objects, and a broken one costs only itself.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutOffReason, JsonObjectStream, notJsonReason, tooLongReason } from './json-object-stream.ts'

function take(text: string): { objects: unknown[]; broken: string[] } {
  const objects: unknown[] = []
  const broken: string[] = []
  const stream = new JsonObjectStream()
  const taker = { object: (value: unknown) => objects.push(value), broken: (reason: string) => broken.push(reason) }
  for (const line of text.split('\n')) if (line.trim() !== '') stream.take(line, taker)
  stream.giveUp(taker)
  return { objects, broken }
}

describe('JSON objects in lines', () => {
  it('gives the same objects for lines, one line without breaks, an array, and printed over many lines', () => {
    const some = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 4 })
    fc.assert(
      fc.property(some, (made) => {
        const values: unknown[] = JSON.parse(JSON.stringify(made))
        const lines = values.map((value) => JSON.stringify(value))
        const pretty = values.map((value) => JSON.stringify(value, null, 2))
        for (const text of [
          lines.join('\n'),
          lines.join(''),
          JSON.stringify(values),
          JSON.stringify(values, null, 2),
          JSON.stringify(values, null, '\t'),
          pretty.join('\n'),
          `[${pretty.join(',\n')}\n]`,
          `[\n${lines.join(',\n')}\n]`,
        ]) {
          expect(take(text)).toEqual({ objects: values, broken: [] })
        }
      }),
      { numRuns: 200 },
    )
  })

  it('tells a record that breaks off, wherever it does, and reads the next one', () => {
    const whole = JSON.stringify({ a: { b: [1, { c: 'x' }] }, d: 'y' })
    for (let end = 1; end < whole.length; end += 1) {
      const read = take(`${whole.slice(0, end)}\n{"next":1}\n{"last":2}`)
      // After a colon a line could go on with an object; then one neighbor is lost, never more.
      expect(read.broken).toHaveLength(1)
      expect(read.objects).toContainEqual({ last: 2 })
    }
  })

  it('refuses what is no object, once a line', () => {
    expect(take('hello\n"text"\n12 {}\n}')).toEqual({ objects: [], broken: Array(4).fill(notJsonReason) })
    expect(take('[1, 2]').broken).toEqual([notJsonReason])
    expect(take('{"a":tru\n}').broken).toEqual([cutOffReason])
    expect(take('{"a":[1}\n{}')).toEqual({ objects: [{}], broken: [cutOffReason] })
  })

  it('keeps no more than its bound of a record that never ends, and goes on after it', () => {
    const filler = `"${'x'.repeat(1_000_000)}",`
    const read = take(`{"a":[\n${Array(10).fill(filler).join('\n')}\n1]}\n{"next":1}`)
    expect(read).toEqual({ objects: [{ next: 1 }], broken: [tooLongReason] })
  })

  it('tells only so many broken objects of one line', () => {
    expect(take(`${'[{'.repeat(10_000)}\n{"next":1}`)).toMatchObject({
      objects: [{ next: 1 }],
      broken: Array(100).fill(cutOffReason),
    })
  })

  it('does not mind deep nesting', () => {
    const read = take(`{"a":${'[\n'.repeat(5_000)}\n{"next":1}`)
    expect(read.broken.length).toBeGreaterThan(0)
    expect(take(`{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`).objects).toHaveLength(1)
  })
})
