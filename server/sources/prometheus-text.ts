// Prometheus' text format (exposition 0.0.4, federation, OpenMetrics 1.0): a line to a name, labels, a value and a time. Knows no metric.
// One pass over each line, nothing is kept but the declared types; a line that does not fit is told and costs nothing but itself.
// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
import { numberOf } from './normal-values.ts'

export type PrometheusSample = {
  name: string
  labels: ReadonlyMap<string, string>
  value: number
  /** Undefined: of the time of the scrape. */
  atMs: number | undefined
}

export type PrometheusTaker = {
  /** `family` is the name that was declared: without `_bucket`, `_sum` and `_count` for histograms and summaries. */
  sample(sample: PrometheusSample, family: string, line: string): void
  /** Neither a sample nor a comment. */
  broken(line: string): void
}

const labelsMax = 128
const lineCharsMax = 65_536
const declaredMax = 65_536

export function readPrometheusText(text: string, taker: PrometheusTaker): void {
  /** Histograms and summaries, by name. */
  const compound = new Set<string>()
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at)
    const end = newline === -1 ? text.length : newline
    const isTooLong = end - at > lineCharsMax
    const line = text.slice(at, isTooLong ? at + 2_000 : end).trim()
    at = end + 1
    if (line === '') continue
    if (line.startsWith('#')) {
      const [, word, name, type] = line.split(/[ \t]{1,16}/, 4)
      const isCompound = word === 'TYPE' && (type === 'histogram' || type === 'summary' || type === 'gaugehistogram')
      if (isCompound && name !== undefined && compound.size < declaredMax) compound.add(name)
      continue
    }
    const sample = isTooLong ? undefined : sampleOfLine(line)
    if (sample === undefined) taker.broken(line)
    else taker.sample(sample, familyOf(sample.name, compound), line)
  }
}

function familyOf(name: string, compound: ReadonlySet<string>): string {
  const cut = name.lastIndexOf('_')
  const base = name.slice(0, Math.max(cut, 0))
  return /_(?:bucket|sum|count|gsum|gcount)$/.test(name) && compound.has(base) ? base : name
}

/** Undefined when the line is no sample. */
export function sampleOfLine(line: string): PrometheusSample | undefined {
  const head = /^[A-Za-z_:][\w:.]{0,510}/.exec(line)?.[0] ?? ''
  let at = skipBlanks(line, head.length)
  const labels = new Map<string, string>()
  let name = head
  if (line[at] === '{') {
    const inside = labelsAt(line, at + 1, labels)
    if (inside === undefined) return undefined
    at = inside.end
    name = head === '' ? (inside.name ?? '') : head
  } else if (at === head.length) return undefined
  if (name === '') return undefined
  // An exemplar stands behind `#`.
  const comment = line.indexOf('#', at)
  const words = line
    .slice(at, comment === -1 ? line.length : comment)
    .trim()
    .split(/[ \t]{1,16}/, 3)
  const value = valueOfWord(words[0])
  if (value === undefined || words.length > 2) return undefined
  const time = words[1] === undefined ? undefined : numberOf(words[1])
  if (words[1] !== undefined && time === undefined) return undefined
  return { name, labels, value, atMs: time === undefined ? undefined : millisecondsOf(time) }
}

/** Milliseconds; OpenMetrics writes seconds, which lie below any millisecond since 1973. */
const millisecondsOf = (time: number) => (Math.abs(time) < 1e11 ? Math.round(time * 1e6) / 1e3 : time)

/** Labels from behind the brace. A quoted text without a value is the metric's name (UTF-8 names of Prometheus 3). */
function labelsAt(line: string, from: number, labels: Map<string, string>): { end: number; name?: string } | undefined {
  let at = skipBlanks(line, from)
  let metric: string | undefined
  for (let count = 0; count <= labelsMax; count++) {
    if (line[at] === '}') return metric === undefined ? { end: at + 1 } : { end: at + 1, name: metric }
    let label: string
    if (line[at] === '"') {
      const quoted = quotedAt(line, at)
      if (quoted === undefined) return undefined
      label = quoted.text
      at = skipBlanks(line, quoted.end)
    } else {
      label = /^\w{1,255}/.exec(line.slice(at, at + 255))?.[0] ?? ''
      if (label === '') return undefined
      at = skipBlanks(line, at + label.length)
      if (line[at] !== '=') return undefined
    }
    if (line[at] === '=') {
      const quoted = quotedAt(line, skipBlanks(line, at + 1))
      if (quoted === undefined) return undefined
      labels.set(label, quoted.text)
      at = skipBlanks(line, quoted.end)
    } else metric = label
    if (line[at] === ',') at = skipBlanks(line, at + 1)
    else if (line[at] !== '}') return undefined
  }
  return undefined
}

function quotedAt(line: string, start: number): { text: string; end: number } | undefined {
  if (line[start] !== '"') return undefined
  let text = ''
  for (let at = start + 1; at < line.length; at++) {
    const char = line[at] ?? ''
    if (char === '"') return { text, end: at + 1 }
    if (char !== '\\') text += char
    else {
      at += 1
      const escaped = line[at] ?? ''
      text += escaped === 'n' ? '\n' : escaped === '"' || escaped === '\\' ? escaped : `\\${escaped}`
    }
  }
  return undefined
}

function skipBlanks(line: string, from: number): number {
  let at = from
  while (line[at] === ' ' || line[at] === '\t') at += 1
  return at
}

function valueOfWord(word: string | undefined): number | undefined {
  if (word === 'NaN') return Number.NaN
  const infinite = /^([+-]?)Inf(?:inity)?$/i.exec(word ?? '')
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return numberOf(word)
}
