// The tree that both long reports of nvidia-smi are read into: `-q -x` by its elements, `-q` by its indentation. Bounded in depth and size;
// XML entities are the five predefined ones and numbers, so that nothing can expand.

/** `name` in snake_case: `Clocks Event Reasons` and `clocks_event_reasons` are the same. */
export type Branch = { name: string; text: string; branches: Branch[]; start: number; end: number }

const depthMax = 32
/** A report of one GPU has some 300, or 1,500 with all supported clocks. */
const branchesMax = 500_000
/** Lists of what the card could do, not of what it does: two thirds of a report. */
const unread: ReadonlySet<string> = new Set(['supported_clocks', 'supported_graphics_clock', 'accounted_processes'])

export function branchIn(branch: Branch | undefined, ...path: readonly string[]): Branch | undefined {
  let found = branch
  for (const name of path) found = found?.branches.find((inner) => inner.name === name)
  return found
}

/** Text of the first of the paths (`a/b`) that is there and says something. */
export function textIn(branch: Branch, ...paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const text = branchIn(branch, ...path.split('/'))?.text
    if (text !== undefined && text !== '' && text !== 'N/A') return text
  }
  return undefined
}

/** Elements of the document below one root without a name. Never fails: what is not closed ends with the document. */
export function treeOfXml(xml: string): Branch {
  const root = newBranch('', 0, xml.length)
  const open = [root]
  let made = 0
  for (let at = 0; at < xml.length; ) {
    const start = xml.indexOf('<', at)
    const inner = open.at(-1) ?? root
    if (start === -1 || start > at) addText(inner, xml.slice(at, start === -1 ? xml.length : start))
    if (start === -1) break
    if (xml.startsWith('<!--', start)) at = after(xml, '-->', start + 4)
    else if (xml.startsWith('<![CDATA[', start)) {
      at = after(xml, ']]>', start + 9)
      append(inner, xml.slice(start + 9, at - 3))
    } else if (xml.startsWith('<!DOCTYPE', start)) at = afterDoctype(xml, start)
    else {
      at = after(xml, '>', start + 1)
      const tag = xml.slice(start + 1, at - 1)
      if (tag.startsWith('/')) {
        const name = snakeCase(tag.slice(1))
        const depth = open.findLastIndex((branch) => branch.name === name)
        // An end without a beginning is passed over.
        if (depth > 0) for (const closed of open.splice(depth)) closed.end = at
      } else if (!tag.startsWith('?') && !tag.startsWith('!') && open.length <= depthMax && made < branchesMax) {
        const isEmpty = tag.endsWith('/')
        const branch = newBranch(snakeCase(/^[^\s/>]{0,100}/.exec(tag)?.[0] ?? ''), start, isEmpty ? at : xml.length)
        made += 1
        if (!unread.has(branch.name)) inner.branches.push(branch)
        if (!isEmpty) open.push(branch)
      }
    }
  }
  return root
}

/** A branch for each line of `-q`; the lines below it that stand further in are its branches. */
export function treeOfIndentedText(text: string): Branch {
  const root = newBranch('', 0, text.length)
  const open: { branch: Branch; indent: number }[] = [{ branch: root, indent: -1 }]
  let made = 0
  for (let at = 0; at < text.length && made < branchesMax; ) {
    const newline = text.indexOf('\n', at)
    const end = newline === -1 ? text.length : newline
    const line = text.slice(at, Math.min(end, at + 8_192)).trimEnd()
    const start = at
    at = end + 1
    const indent = line.length - line.trimStart().length
    if (line.length === indent) continue
    while (open.length > 1 && (open.at(-1)?.indent ?? -1) >= indent) {
      const closed = open.pop()
      if (closed) closed.branch.end = start
    }
    const colon = line.indexOf(' : ')
    const name = colon === -1 ? line.replace(/ :$/, '') : line.slice(0, colon)
    const branch = newBranch(snakeCase(name), start, text.length)
    branch.text = colon === -1 ? '' : line.slice(colon + 3).trim()
    made += 1
    if (!unread.has(branch.name)) open.at(-1)?.branch.branches.push(branch)
    if (open.length <= depthMax) open.push({ branch, indent })
  }
  return root
}

/** Of one value; the longest are names of processes. */
const textMax = 8_192

function newBranch(name: string, start: number, end: number): Branch {
  return { name, text: '', branches: [], start, end }
}

function addText(branch: Branch, raw: string): void {
  const bare = raw.trim()
  if (bare !== '') append(branch, decoded(bare.slice(0, textMax)))
}

function append(branch: Branch, text: string): void {
  const left = textMax - branch.text.length
  if (left > 0) branch.text += text.slice(0, left)
}

/** Behind the next `mark`, or at the end. */
function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from)
  return found === -1 ? text.length + mark.length : found + mark.length
}

/** The internal subset, where entities would be declared, is passed over unread. */
function afterDoctype(xml: string, start: number): number {
  const end = after(xml, '>', start)
  const subset = xml.slice(start, end).indexOf('[')
  return subset === -1 ? end : after(xml, '>', after(xml, ']', start + subset))
}

const snakeCase = (name: string): string =>
  name
    .trim()
    .slice(0, 100)
    .toLowerCase()
    .replaceAll(/[^a-z\d]+/g, '_')
    .replace(/^_|_$/g, '')

const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|lt|gt|quot|apos));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities.get(String(name).toLowerCase()) ?? whole
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole
  })
}
