// What of Markdown a note shows: paragraphs, headings (all of one size), lists, **bold**, `code`, and links to this console's own pages. All else is the text itself.
// Nothing here makes HTML: the parts are drawn as text. Pure.

export type NoteSpan =
  | { type: 'text' | 'bold' | 'code'; text: string }
  /** `href` is a path of this console, never another place. */
  | { type: 'link'; text: string; href: string }

export type NoteBlock =
  | { type: 'lines'; lines: NoteSpan[][] }
  | { type: 'list'; ordered: boolean; items: NoteSpan[][] }
  | { type: 'heading'; spans: NoteSpan[] }

const spansMax = 400
const linesMax = 400

/** Rooms that a note may lead to; a path that begins like one and goes on with anything but what addresses are made of is no link. */
const ownPath =
  /^\/(?:live|sessions|incidents|approvals|containments|gpus|egress|rules|sources|audit|settings)(?:[/?#][A-Za-z0-9_./?#&=%:~+,-]*)?$/

/** The path itself, where it is one of this console and stays in it; undefined for anything else. */
export function ownHref(text: string): string | undefined {
  if (text.length > 400 || !ownPath.test(text)) return undefined
  // `/live/../x`, spelled out or escaped, and `/live//evil` are how a path stops being what it looks like.
  return /\.\.|\/\/|%2e|%2f/i.test(text) ? undefined : text
}

// One alternation, each branch without nested repeats: linear in the length of the line.
const marks = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^[\]]+)\]\(([^()\s]+)\)|(?<![^\s(])(\/[a-z][^\s)]*)/g

export function spansOf(line: string): NoteSpan[] {
  const spans: NoteSpan[] = []
  let from = 0
  const plain = (to: number) => {
    if (to > from) spans.push({ type: 'text', text: line.slice(from, to) })
  }
  for (const match of line.matchAll(marks)) {
    if (spans.length >= spansMax) break
    const [whole, code, bold, words, target, bare] = match
    const span = spanOf({ code, bold, words, target, bare })
    if (!span) continue
    plain(match.index)
    spans.push(span)
    from = match.index + (span.type === 'link' && bare !== undefined ? span.href.length : whole.length)
  }
  plain(line.length)
  return spans
}

type Found = Record<'code' | 'bold' | 'words' | 'target' | 'bare', string | undefined>

function spanOf({ code, bold, words, target, bare }: Found): NoteSpan | undefined {
  if (code !== undefined) return { type: 'code', text: code }
  if (bold !== undefined) return { type: 'bold', text: bold }
  if (words !== undefined && target !== undefined) {
    const href = ownHref(target)
    return href === undefined ? undefined : { type: 'link', text: words, href }
  }
  // A full stop after a path ends the sentence, not the path.
  const href = bare === undefined ? undefined : ownHref(bare.replace(/[.,:?]+$/, ''))
  return href === undefined ? undefined : { type: 'link', text: href, href }
}

const bullet = /^ {0,3}[-*] (.*)$/
const heading = /^#{1,6} (.*)$/
const numbered = /^ {0,3}\d{1,9}[.)] (.*)$/

export function noteBlocks(text: string): NoteBlock[] {
  const blocks: NoteBlock[] = []
  const lines = text.split(/\r?\n/)
  const kept = lines.slice(0, linesMax)
  if (lines.length > linesMax) kept.push(`… ${lines.length - linesMax} more lines are not shown`)
  let ended = true
  for (const line of kept) {
    if (line.trim() === '') {
      ended = true
      continue
    }
    const title = heading.exec(line)
    if (title) {
      blocks.push({ type: 'heading', spans: spansOf(title[1] ?? '') })
      ended = true
      continue
    }
    const item = bullet.exec(line) ?? numbered.exec(line)
    const last = ended ? undefined : blocks.at(-1)
    ended = false
    if (item) {
      const ordered = !bullet.test(line)
      const spans = spansOf(item[1] ?? '')
      if (last?.type === 'list' && last.ordered === ordered) last.items.push(spans)
      else blocks.push({ type: 'list', ordered, items: [spans] })
    } else if (last?.type === 'lines') last.lines.push(spansOf(line))
    else blocks.push({ type: 'lines', lines: [spansOf(line)] })
  }
  return blocks
}
