// How JSON records are found in lines, and what damaged ones cost: themselves, never a neighbour, never memory without a bound.
import { describe, expect, it } from 'vitest'
import { cutOffReason, notJsonReason, tooLongReason, waitingMax } from './json-object-stream.ts'
import { exactWhole, jsonRecordReader, openArrayReason } from './json-records.ts'
import { readAll } from './read-all-for-test.ts'
import type { RecordSource } from './record-source.ts'

/** Tells each record's own text. */
function textsOf(input: string, pieceBytes?: number) {
  const texts: string[] = []
  const source: RecordSource = {
    format: 'texts',
    title: 'Texts',
    trust: 'firewall',
    framing: 'lines',
    looksLike: () => false,
    open: () =>
      jsonRecordReader((_record, text, sink) => {
        texts.push(text)
        sink.understood('record', { identity: text })
      }),
  }
  const { refusals, records } = readAll(source, input, {}, pieceBytes)
  return { texts, refusals: refusals.map(({ reason }) => reason), records }
}

describe('JSON records in lines', () => {
  it('takes one record a line, with its text as it stands', () => {
    expect(textsOf('{"a": 1}\n\n{"b":"}{"}\n')).toEqual({ texts: ['{"a": 1}', '{"b":"}{"}'], refusals: [], records: 2 })
  })

  it('takes a pretty-printed record, several on one line, and the elements of an array', () => {
    const pretty = JSON.stringify({ a: { b: [1, '"\\'] }, c: [{}] }, null, 4)
    expect(textsOf(pretty).texts).toEqual([pretty])
    expect(textsOf(`${pretty}\n${pretty}`).texts).toEqual([pretty, pretty])
    expect(textsOf('{"a":1}{"b":2} {"c":3}').texts).toEqual(['{"a":1}', '{"b":2}', '{"c":3}'])
    expect(textsOf('[{"a":1},{"b":[2]}]')).toEqual({ texts: ['{"a":1}', '{"b":[2]}'], refusals: [], records: 2 })
    expect(textsOf('[\n  {\n    "a": 1\n  },\n  {\n    "b": 2\n  }\n]').texts).toEqual([
      '{\n    "a": 1\n  }',
      '{\n    "b": 2\n  }',
    ])
    expect(textsOf('[\n{"a":1},\n{"b":2}\n]').texts).toEqual(['{"a":1}', '{"b":2}'])
    // The last of an array is the same record as it was in the middle.
    expect(textsOf('[\n  {"a":1},\n  {"a":1}\n]').texts).toEqual(['{"a":1}', '{"a":1}'])
  })

  it('takes a record behind a syslog header', () => {
    const line = 'Nov 21 02:26:54 fw-1 suricata[12]: @cee: {"a":1}'
    expect(textsOf(line).texts).toEqual([line])
  })

  it('gives the same records in pieces of any size', () => {
    const input = `[\n${JSON.stringify({ a: 'ü{', b: [1] }, null, 2)},\n{"c":2}]\n{"d":3}\nhalf {\n{"e":`
    for (const bytes of [1, 7]) expect(textsOf(input, bytes)).toEqual(textsOf(input))
  })

  it('loses only the damaged line, whichever way it is damaged', () => {
    for (const half of ['{"a":1,', '{"a":"x', '{"a":{"b":[', '{"a":}', '{"a"']) {
      const read = textsOf(`{"x":0}\n${half}\n{"y":1}\n`)
      expect(read).toEqual({ texts: ['{"x":0}', '{"y":1}'], refusals: [cutOffReason], records: 3 })
    }
    expect(textsOf('{"a":1,\n{"b":2,\n{"c":3}')).toMatchObject({
      texts: ['{"c":3}'],
      refusals: [cutOffReason, cutOffReason],
    })
    expect(textsOf('"a":1}}\n,"b":2}\n]\nnull\n42\nplain words').refusals).toEqual(Array(6).fill(notJsonReason))
  })

  it('tells what still waits at the end: half a record, an open array', () => {
    expect(textsOf('{"a":1}\n{"b":').refusals).toEqual([cutOffReason])
    expect(textsOf('[\n  {"a":1},').refusals).toEqual([openArrayReason])
    expect(textsOf('[1]').refusals).toEqual([notJsonReason, openArrayReason])
  })

  it('keeps no more of a spread record than its bound, and goes on behind it', () => {
    const filler = `  "k": "${'x'.repeat(100_000)}",\n`
    const many = Math.ceil(waitingMax / filler.length) + 1
    const read = textsOf(`{\n${filler.repeat(many)}\n{"after":1}`)
    expect(read.refusals[0]).toBe(tooLongReason)
    expect(read.texts).toEqual(['{"after":1}'])
  })

  it('is not led astray by depth', () => {
    expect(textsOf('['.repeat(200_000)).refusals).toEqual([openArrayReason])
    expect(textsOf(`${'{"a":'.repeat(100_000)}1`).refusals).toEqual([cutOffReason])
  })
})

describe('whole numbers that JSON.parse rounds', () => {
  const exact = (text: string) => exactWhole(JSON.parse(text).flow_id, 'flow_id', text)

  it('keeps their digits from the text of the record', () => {
    expect(exact('{"flow_id":1784615520452167}')).toBe('1784615520452167')
    expect(exact('{"flow_id" : 9223372036854775807}')).toBe('9223372036854775807')
    expect(exact('{"flow_id":"9223372036854775807"}')).toBe('9223372036854775807')
  })

  it('takes no digits from a text value or from another object', () => {
    expect(exact(String.raw`{"note":"\"flow_id\":9223372036854775111","flow_id":9223372036854775807}`)).toBe(
      '9223372036854775807',
    )
    expect(exact('{"inner":{"flow_id":9223372036854000000},"flow_id":9223372036854775807}')).toBe('9223372036854775807')
  })

  it('says nothing rather than a rounded or impossible number', () => {
    for (const value of ['-1', '1.5', '1e300', 'null', '{}', '"x"', '92233720368547758070000']) {
      expect(exact(`{"flow_id":${value}}`)).toBeUndefined()
    }
  })
})
