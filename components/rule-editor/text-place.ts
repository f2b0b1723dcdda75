// Lines and columns of a text, both counted from 1, as the server's problems name them. Pure.

export function lineCount(text: string): number {
  let count = 1
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1
  return count
}

/** Where the line begins; past the end: at the end. */
function startOfLine(text: string, line: number): number {
  let start = 0
  for (let passed = 1; passed < line; passed += 1) {
    const at = text.indexOf('\n', start)
    if (at === -1) return text.length
    start = at + 1
  }
  return start
}

/** A column past the end of its line is its end. */
export function offsetOf(text: string, line: number, column: number): number {
  const start = startOfLine(text, line)
  const end = text.indexOf('\n', start)
  return Math.min(start + Math.max(0, column - 1), end === -1 ? text.length : end)
}

/** The blanks that the line of `offset` begins with, up to it: a new line begins with the same. */
export function indentAt(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  return /^[ ]*/.exec(text.slice(start, offset))?.[0] ?? ''
}

export type Mark = { line: number; column: number; message: string; isBlocking: boolean }

/** One mark for each line: a mistake counts more than what is only not supported. */
export function marksByLine(marks: readonly Mark[]): Map<number, Mark> {
  const byLine = new Map<number, Mark>()
  for (const mark of marks) {
    const known = byLine.get(mark.line)
    if (!known || (mark.isBlocking && !known.isBlocking)) byLine.set(mark.line, mark)
  }
  return byLine
}

/** `console/opens-a-reverse-tunnel.yml` from the text's first title. */
export function suggestedName(text: string): string {
  const title = /^title:[ \t]*["']?(.*)$/m.exec(text)?.[1] ?? ''
  const slug = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/, '')
  return `console/${slug || 'my-rule'}.yml`
}
