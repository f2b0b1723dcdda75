// Reads texts made only of simple commands, pipes, lists, redirections and heredocs: most of what agents run, and several times faster than a tree.
// It gives up (undefined) on everything else rather than guess: compound commands, functions, arrays, anything that bash would refuse.
import { type HeredocOpening, heredocEnd, heredocOpening } from './closing-bracket.ts'
import type { Assignment, Pipeline, Redirect, Script, Stage, Word } from './syntax.ts'
import { readQuotedText, readWord } from './word-syntax.ts'

/** Words that begin something else than a simple command. */
const reserved = new Set(
  '! [ [[ { } if then elif else fi for while until do done case esac select function coproc time'.split(' '),
)
const descriptorAt = /\{[A-Za-z_]\w{0,63}\}(?=[<>])/y

/** Whether a name may hold the character; a digit only behind another one. */
function isNamed(c: number, isBehind: boolean): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || (isBehind && c >= 48 && c <= 57)
}

export function readPlainSyntax(text: string): Script | undefined {
  return new PlainReader(text).read()
}

class PlainReader {
  private readonly source: string
  private readonly end: number
  private at = 0
  private readonly script: Pipeline[] = []
  private stages: Stage[] = []
  private assigns: Assignment[] = []
  private words: Word[] = []
  private redirects: Redirect[] = []
  /** A `|` or `&&` waits for its right side. */
  private isWaiting = false
  private heredocs: { opening: HeredocOpening; redirect: Redirect }[] = []

  constructor(source: string) {
    this.source = source
    this.end = source.length
  }

  read(): Script | undefined {
    const { source, end } = this
    while (this.at < end) {
      const c = source.charCodeAt(this.at)
      let isFine = true
      if (c === 32 || c === 9) this.at++
      else if (c === 10) isFine = this.readNewline()
      else if (c === 92 && source.charCodeAt(this.at + 1) === 10) this.at += 2
      else if (c === 35) this.skipComment()
      else if (c === 59) isFine = source.charCodeAt(this.at + 1) !== 59 && this.endPipeline(false, 1)
      else if (c === 124) isFine = this.readBar()
      else if (c === 38) isFine = this.readAmpersand()
      else if ((c === 60 || c === 62) && source.charCodeAt(this.at + 1) !== 40) isFine = this.readRedirect(undefined)
      else if (c === 40 || c === 41) isFine = false
      else isFine = this.readWordOrDescriptor()
      if (!isFine) return undefined
    }
    if (this.isWaiting && this.isEmpty()) return undefined
    if (this.heredocs.length > 0) return undefined
    if (!this.isEmpty() || this.stages.length > 0) this.endPipeline(false, 0)
    return this.script
  }

  private isEmpty(): boolean {
    return this.words.length === 0 && this.assigns.length === 0 && this.redirects.length === 0
  }

  private skipComment(): void {
    const line = this.source.indexOf('\n', this.at)
    this.at = line < 0 ? this.end : line
  }

  private endStage(): boolean {
    if (this.isEmpty()) return false
    this.stages.push({ kind: 'simple', assigns: this.assigns, words: this.words, redirects: this.redirects })
    this.assigns = []
    this.words = []
    this.redirects = []
    this.isWaiting = false
    return true
  }

  private endPipeline(isBackground: boolean, width: number): boolean {
    if (!this.endStage()) return false
    this.script.push({ stages: this.stages, isBackground })
    this.stages = []
    this.at += width
    return true
  }

  private readNewline(): boolean {
    this.at++
    for (const { opening, redirect } of this.heredocs) {
      const { bodyEnd, next, isClosed } = heredocEnd(this.source, this.at, this.end, opening)
      if (!isClosed) return false
      redirect.body = heredocBody(this.source.slice(this.at, bodyEnd), opening)
      this.at = Math.min(next + 1, this.end)
    }
    this.heredocs.length = 0
    if (this.isEmpty()) return true
    return this.endPipeline(false, 0)
  }

  private readBar(): boolean {
    const next = this.source.charCodeAt(this.at + 1)
    if (next === 124) {
      if (!this.endPipeline(false, 2)) return false
    } else {
      if (next === 38) this.redirects.push({ operator: '>&', descriptor: 2, target: '1', body: undefined })
      if (!this.endStage()) return false
      this.at += next === 38 ? 2 : 1
    }
    this.isWaiting = true
    return true
  }

  private readAmpersand(): boolean {
    const next = this.source.charCodeAt(this.at + 1)
    if (next === 62) return this.readRedirect(undefined)
    if (next !== 38) return this.endPipeline(true, 1)
    if (!this.endPipeline(false, 2)) return false
    this.isWaiting = true
    return true
  }

  private readWordOrDescriptor(): boolean {
    const { source } = this
    const first = source.charCodeAt(this.at)
    if (first >= 48 && first <= 57) {
      let i = this.at + 1
      while (source.charCodeAt(i) >= 48 && source.charCodeAt(i) <= 57) i++
      const c = source.charCodeAt(i)
      if ((c === 60 || c === 62) && i - this.at < 8) {
        const descriptor = Number(source.slice(this.at, i))
        this.at = i
        return this.readRedirect(descriptor)
      }
    } else if (first === 123) {
      // `{name}>`: the shell picks the number, ten or more.
      descriptorAt.lastIndex = this.at
      const named = descriptorAt.exec(source)?.[0]
      if (named !== undefined) {
        this.at += named.length
        return this.readRedirect(10)
      }
    }
    if (this.words.length === 0) {
      const valueAt = this.assignedAt()
      if (valueAt >= 0) return this.readAssignment(valueAt)
    }
    const read = readWord(source, this.at, this.end)
    if (read.isBroken || read.end === this.at) return false
    const after = source.charCodeAt(read.end)
    if (after === 40 || ((after === 60 || after === 62) && source.charCodeAt(read.end + 1) === 40)) return false
    if (this.words.length === 0) {
      const word = read.words[0]
      if (typeof word === 'string' && reserved.has(word) && source.startsWith(word, this.at)) return false
      if (first === 91) return false
    }
    for (const word of read.words) this.words.push(word)
    this.at = read.end
    return true
  }

  /** Where the value of an assignment that begins here stands; -1 where none does. */
  private assignedAt(): number {
    const { source, at } = this
    let i = at
    while (isNamed(source.charCodeAt(i), i > at)) i++
    if (i === at) return -1
    if (source.charCodeAt(i) === 43) i++
    return source.charCodeAt(i) === 61 ? i + 1 : -1
  }

  private readAssignment(valueAt: number): boolean {
    const { source } = this
    const name = source.slice(this.at, source[valueAt - 2] === '+' ? valueAt - 2 : valueAt - 1)
    if (source[valueAt - 2] === '+') return false
    if (source[valueAt] === '(') return this.readArray(name, valueAt + 1)
    const read = readWord(source, valueAt, this.end)
    if (read.isBroken || source.charCodeAt(read.end) === 40) return false
    this.assigns.push({ name, value: read.words[0] ?? '', items: undefined })
    this.at = read.end
    return true
  }

  private readArray(name: string, from: number): boolean {
    const { source } = this
    const items: Word[] = []
    let i = from
    for (;;) {
      const c = source.charCodeAt(i)
      if (c === 32 || c === 9 || c === 10) i++
      else if (c === 41) break
      else {
        const read = readWord(source, i, this.end)
        if (read.isBroken || read.end === i || c === 35) return false
        items.push(...read.words)
        i = read.end
      }
    }
    this.assigns.push({ name, value: items[0] ?? '', items })
    this.at = i + 1
    return true
  }

  private readRedirect(descriptor: number | undefined): boolean {
    const { source } = this
    const operator = /&>>|&>|<<<|<<|<>|<&|>>|>&|>\||<|>/y
    operator.lastIndex = this.at
    const written = operator.exec(source)?.[0]
    if (written === undefined) return false
    if (written === '<<') {
      const opening = heredocOpening(source, this.at + 2, this.end)
      if (!opening) return false
      const redirect: Redirect = { operator: '<<', descriptor, target: opening.delimiter, body: undefined }
      this.redirects.push(redirect)
      this.heredocs.push({ opening, redirect })
      this.at = opening.end
      return true
    }
    let i = this.at + written.length
    while (source.charCodeAt(i) === 32 || source.charCodeAt(i) === 9) i++
    const read = readWord(source, i, this.end)
    const [target] = read.words
    if (read.isBroken || read.end === i || target === undefined || source.charCodeAt(read.end) === 40) return false
    this.redirects.push({ operator: written, descriptor, target, body: undefined })
    this.at = read.end
    return true
  }
}

/** The body as the command gets it: variables in it are the shell's unless the delimiter was quoted. */
export function heredocBody(body: string, opening: { isQuoted: boolean; isIndented: boolean }): Word {
  const text = opening.isIndented ? body.replace(/^\t+/gm, '') : body
  return opening.isQuoted ? text : readQuotedText(text, true)
}
