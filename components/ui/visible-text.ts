// Turns text that an agent may have written into text that cannot hide: every control, bidirectional, invisible or
// broken character becomes a visible mark. Pure; whoever shows hostile text must come through here.

export type VisibleSegment = { text: string; mark: boolean }
export type VisibleOptions = {
  /** UTF-16 units of input that are shown; the rest is cut and counted. */
  max?: number
  /** Line feeds stay line feeds (fenced blocks); otherwise they become a visible mark. */
  multiline?: boolean
}

/** Names that people know, by code point in hexadecimal. */
const names: Readonly<Record<string, string>> = {
  '61c': 'ALM',
  ad: 'SHY',
  '200b': 'ZWSP',
  '200c': 'ZWNJ',
  '200d': 'ZWJ',
  '200e': 'LRM',
  '200f': 'RLM',
  '2028': 'LS',
  '2029': 'PS',
  '202a': 'LRE',
  '202b': 'RLE',
  '202c': 'PDF',
  '202d': 'LRO',
  '202e': 'RLO',
  '2066': 'LRI',
  '2067': 'RLI',
  '2068': 'FSI',
  '2069': 'PDI',
  feff: 'BOM',
  '0': 'NUL',
  '7': 'BEL',
  '8': 'BS',
  d: 'CR',
  '1b': 'ESC',
  '7f': 'DEL',
}

// Bidirectional and format characters, C0/C1, separators, invisible fillers, variation selectors beyond emoji's two,
// tag characters, private use, unassigned noncharacters, lone surrogates; and floods of combining marks.
const hiding =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u{115F}\u{1160}\u{2800}\u{3164}\u{FFA0}\u{FFF0}-\u{FFFB}]|[\u{17B4}\u{17B5}]|[\u{180B}-\u{180F}]|[\u{FE00}-\u{FE0D}]|[\u{E0000}-\u{E0FFF}]|\p{M}{5,}/gu
const plain = /^[\x20-\x7e]*$/

function markOf(match: string): string {
  const code = match.codePointAt(0) ?? 0
  if (match.length > 2) return `⟨${[...match].length} marks⟩`
  if (code === 0x0a) return '⏎'
  if (code === 0x09) return '⇥'
  if (code >= 0xe0020 && code <= 0xe007e) return `⟨tag ${String.fromCodePoint(code - 0xe0000)}⟩`
  return `⟨${names[code.toString(16)] ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`}⟩`
}

/** Segments to draw in order; `mark` segments stand for something that would not have been seen. */
export function visibleSegments(text: string, options: VisibleOptions = {}): VisibleSegment[] {
  const max = options.max ?? 4_096
  const kept = text.length > max ? cutAt(text, max) : text
  const segments: VisibleSegment[] = []
  if (plain.test(kept)) {
    if (kept !== '') segments.push({ text: kept, mark: false })
  } else {
    let from = 0
    for (const match of kept.matchAll(hiding)) {
      if (options.multiline && match[0] === '\n') continue
      if (match.index > from) segments.push({ text: kept.slice(from, match.index), mark: false })
      segments.push({ text: markOf(match[0]), mark: true })
      from = match.index + match[0].length
    }
    if (from < kept.length) segments.push({ text: kept.slice(from), mark: false })
  }
  if (kept.length < text.length) segments.push({ text: `… ${text.length - kept.length} more`, mark: true })
  return segments
}

/** The same as one string, for places that take a string only (titles, accessible names). */
export function visibleText(text: string, options: VisibleOptions = {}): string {
  return visibleSegments(text, options)
    .map((segment) => segment.text)
    .join('')
}

function cutAt(text: string, max: number): string {
  const last = text.charCodeAt(max - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max)
}
