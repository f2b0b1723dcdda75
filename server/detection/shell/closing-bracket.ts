// Finds where `$(`, `${`, backticks and quotes end, without understanding what is inside: quotes, nested substitutions, comments and heredocs
// inside are stepped over. Answers -1 when there is no end, or when the nesting is deeper than anybody writes.
const deepest = 40

/** `at` is just after the opening quote; answers the index of the closing one. */
export function closingDoubleQuote(source: string, at: number, end: number, depth = 0): number {
  if (depth > deepest) return -1
  for (let i = at; i < end; i++) {
    const c = source.charCodeAt(i)
    if (c === 34) return i
    if (c === 92) i++
    else if (c === 96) {
      i = closingBacktick(source, i + 1, end)
      if (i < 0) return -1
    } else if (c === 36) {
      const next = source.charCodeAt(i + 1)
      if (next === 40) i = closingParenthesis(source, i + 2, end, depth + 1)
      else if (next === 123) i = closingBrace(source, i + 2, end, depth + 1)
      if (i < 0) return -1
    }
  }
  return -1
}

export function closingBacktick(source: string, at: number, end: number): number {
  for (let i = at; i < end; i++) {
    const c = source.charCodeAt(i)
    if (c === 96) return i
    if (c === 92) i++
  }
  return -1
}

/** `at` is just after `${`. */
export function closingBrace(source: string, at: number, end: number, depth = 0): number {
  if (depth > deepest) return -1
  for (let i = at; i < end; i++) {
    const c = source.charCodeAt(i)
    if (c === 125) return i
    if (c === 92) i++
    else if (c === 39) {
      const close = source.indexOf("'", i + 1)
      if (close < 0 || close >= end) return -1
      i = close
    } else if (c === 34) i = closingDoubleQuote(source, i + 1, end, depth + 1)
    else if (c === 96) i = closingBacktick(source, i + 1, end)
    else if (c === 36 && source.charCodeAt(i + 1) === 123) i = closingBrace(source, i + 2, end, depth + 1)
    else if (c === 36 && source.charCodeAt(i + 1) === 40) i = closingParenthesis(source, i + 2, end, depth + 1)
    if (i < 0) return -1
  }
  return -1
}

/** `at` is just after `$(`, `<(`, `>(` or `(`. */
export function closingParenthesis(source: string, at: number, end: number, depth = 0): number {
  if (depth > deepest) return -1
  let open = 1
  let heredocs: { delimiter: string; isIndented: boolean }[] = []
  for (let i = at; i < end; i++) {
    const c = source.charCodeAt(i)
    switch (c) {
      case 41:
        // `case x in a)` closes no bracket.
        if (open === 1 && isInCase(source, at, i)) break
        open--
        if (open === 0) return i
        break
      case 40:
        open++
        break
      case 92:
        i++
        break
      case 39: {
        const close = source.indexOf("'", i + 1)
        if (close < 0 || close >= end) return -1
        i = close
        break
      }
      case 34:
        i = closingDoubleQuote(source, i + 1, end, depth + 1)
        break
      case 96:
        i = closingBacktick(source, i + 1, end)
        break
      case 36:
        if (source.charCodeAt(i + 1) === 123) i = closingBrace(source, i + 2, end, depth + 1)
        break
      case 35:
        if (i === at || isBlank(source.charCodeAt(i - 1))) {
          const line = source.indexOf('\n', i)
          if (line < 0 || line >= end) return -1
          i = line - 1
        }
        break
      case 60:
        if (source.charCodeAt(i + 1) === 60 && source.charCodeAt(i + 2) !== 60 && source.charCodeAt(i - 1) !== 60) {
          const opening = heredocOpening(source, i + 2, end)
          if (opening) {
            heredocs.push(opening)
            i = opening.end - 1
          }
        }
        break
      case 10:
        if (heredocs.length > 0) {
          let from = i + 1
          for (const heredoc of heredocs) from = heredocEnd(source, from, end, heredoc).next
          heredocs = []
          i = from - 1
          if (i < 0) return -1
        }
        break
    }
    if (i < 0) return -1
  }
  return -1
}

function isInCase(source: string, at: number, close: number): boolean {
  if (close - at < 8) return false
  const inside = source.slice(at, close)
  if (!inside.includes('case')) return false
  const opened = inside.match(/(?:^|[\s;&|(])case\s[^\n;]{0,200}?\sin(?=\s|$)/g)?.length ?? 0
  const closed = inside.match(/(?:^|[\s;])esac(?![\w-])/g)?.length ?? 0
  return opened > closed
}

export type HeredocOpening = { delimiter: string; isIndented: boolean; isQuoted: boolean; end: number }

/** `at` is just after `<<`. Undefined where no delimiter follows. */
export function heredocOpening(source: string, at: number, end: number): HeredocOpening | undefined {
  const opening = /-?[ \t]*((?:[^\s'"\\;|&<>()`$]|\\[^\n]|'[^'\n]*'|"[^"\n]*")+)/y
  opening.lastIndex = at
  const found = opening.exec(source)
  if (!found?.[1] || opening.lastIndex > end) return undefined
  const written = found[1]
  return {
    delimiter: written.replace(/['"\\]/g, ''),
    isIndented: source.charCodeAt(at) === 45,
    isQuoted: /['"\\]/.test(written),
    end: opening.lastIndex,
  }
}

/** Where the body that begins at `from` ends, and where reading goes on. A heredoc without an end runs to the end, as in bash. */
export function heredocEnd(
  source: string,
  from: number,
  end: number,
  heredoc: { delimiter: string; isIndented: boolean },
): { bodyEnd: number; next: number; isClosed: boolean } {
  let line = from
  while (line < end) {
    let lineEnd = source.indexOf('\n', line)
    if (lineEnd < 0 || lineEnd > end) lineEnd = end
    let text = source.slice(line, Math.min(lineEnd, line + heredoc.delimiter.length + 200))
    if (heredoc.isIndented) text = text.replace(/^\t+/, '')
    if (text === heredoc.delimiter) return { bodyEnd: line, next: lineEnd, isClosed: true }
    line = lineEnd + 1
  }
  return { bodyEnd: end, next: end, isClosed: false }
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 59 || code === 40
}
