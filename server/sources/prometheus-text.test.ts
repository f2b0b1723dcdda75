// Prometheus' text format by itself: what a line says, what is none, and that hostile text costs no more than its length.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PrometheusSample, readPrometheusText, sampleOfLine } from './prometheus-text.ts'

function all(text: string): { samples: PrometheusSample[]; families: string[]; broken: string[] } {
  const found = { samples: [] as PrometheusSample[], families: [] as string[], broken: [] as string[] }
  readPrometheusText(text, {
    sample(sample, family) {
      found.samples.push(sample)
      found.families.push(family)
    },
    broken: (line) => found.broken.push(line),
  })
  return found
}

describe('Prometheus text', () => {
  it('reads names, labels with escapes, values of every kind and times', () => {
    const labels = new Map([
      ['path', 'C:\\x "y"\nz'],
      ['empty', ''],
    ])
    expect(sampleOfLine('a:b_c{path="C:\\\\x \\"y\\"\\nz", empty="",} 1.5e+03 1795262400000')).toEqual({
      name: 'a:b_c',
      labels,
      value: 1500,
      atMs: 1_795_262_400_000,
    })
    expect(sampleOfLine('up 1')).toEqual({ name: 'up', labels: new Map(), value: 1, atMs: undefined })
    expect(['NaN', '+Inf', '-Inf', '-0.5'].map((value) => sampleOfLine(`up\t${value}`)?.value)).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      -0.5,
    ])
  })

  it('reads OpenMetrics: seconds for times, exemplars, the end mark, and names in quotes', () => {
    const text =
      '# TYPE rpc counter\nrpc_total{a="b"} 7 1795262400.5 # {trace_id="x#y"} 0.67 1795262399\n{"gpu.util",k="v"} 3\n# EOF\n'
    const { samples, broken } = all(text)
    expect(broken).toEqual([])
    expect(samples.map(({ name, value, atMs }) => [name, value, atMs])).toEqual([
      ['rpc_total', 7, 1_795_262_400_500],
      ['gpu.util', 3, undefined],
    ])
  })

  it('names the declared family of histograms and summaries, and nothing else by a suffix', () => {
    const text =
      '# TYPE h histogram\nh_bucket{le="1"} 1\nh_sum 2\nh_count 1\n# HELP c_count Items.\n# TYPE c_count gauge\nc_count 4\n'
    expect(all(text).families).toEqual(['h', 'h', 'h', 'c_count'])
  })

  it('tells lines that are no samples, and goes on', () => {
    const bad = [
      'up',
      'up{a="b"',
      'up{a="b} 1',
      'up{a=b} 1',
      'up{a="b"}',
      'up one',
      'up 1 2 3',
      '9up 1',
      '{} 1',
      'up 1 x',
    ]
    const { samples, broken } = all(`${bad.join('\n')}\nup 1\n`)
    expect(broken).toEqual(bad)
    expect(samples).toHaveLength(1)
  })

  it('takes a label that is called __proto__ for a label', () => {
    expect(sampleOfLine('up{__proto__="x"} 1')?.labels.get('__proto__')).toBe('x')
  })

  it('reads a megabyte of hostile text in one pass', () => {
    const startMs = performance.now()
    for (const piece of ['up{', 'up{a="\\', '# TYPE ', '"', 'a{a="",', '{{{{', '\t \t', 'up 1 # #']) {
      all(piece.repeat(Math.ceil(1_000_000 / piece.length)))
      all(`${piece}\n`.repeat(Math.ceil(250_000 / piece.length)))
    }
    expect(performance.now() - startMs).toBeLessThan(5_000)
  })

  it('never throws, and tells every line that holds anything and is no comment once', () => {
    const parts = [
      'up',
      '{',
      '}',
      'a="b"',
      ',',
      ' ',
      '1',
      'NaN',
      '#',
      '\n',
      '\\',
      '"',
      '\u{1f600}',
      '1795262400000',
      '=',
    ]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 30 }), (chosen) => {
        const text = chosen.join('')
        const { samples, broken } = all(text)
        const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'))
        expect(samples.length + broken.length).toBe(lines.length)
      }),
    )
  })
})
