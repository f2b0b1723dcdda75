// Turns one word of syntax into the words that a program would get, as far as that is certain. What is not known keeps its written text.
import type { Environment, Variable } from './environment.ts'
import { expandParameter } from './parameter-expansion.ts'
import { limits } from './read-budget.ts'
import type { Word, WordPart } from './syntax.ts'
import { readQuotedText, readWord } from './word-syntax.ts'

export type ResolveContext = {
  environment: Environment
  /** Reads the script as commands and gives what it prints, where that is certain. */
  substitute: (script: string) => string | undefined
  readProcess: (script: string, source: string) => void
  /** Set to false by words that depend on something unknown. */
  isCertain: boolean
}

/** Adds to `into` the words that `word` becomes: none for an empty expansion, several where an unquoted one splits. */
export function resolveWord(word: Word, context: ResolveContext, into: string[]): void {
  if (typeof word === 'string') into.push(cut(word))
  else new Resolution(context, true).resolve(word, into)
}

/** The word as one text: in assignments, redirections and quotes nothing splits. */
export function resolveText(word: Word, context: ResolveContext): string {
  if (typeof word === 'string') return cut(word)
  const into: string[] = []
  new Resolution(context, false).resolve(word, into)
  return into[0] ?? ''
}

function cut(text: string): string {
  return text.length > limits.wordChars ? text.slice(0, limits.wordChars) : text
}

class Resolution {
  private readonly context: ResolveContext
  private readonly maySplit: boolean
  private field = ''
  /** An unquoted expansion to nothing makes no word; a quoted one makes an empty word. */
  private isField = false
  private depth = 0

  constructor(context: ResolveContext, maySplit: boolean) {
    this.context = context
    this.maySplit = maySplit
  }

  resolve(parts: readonly WordPart[], into: string[]): void {
    this.addParts(parts, into)
    if (this.isField || !this.maySplit) into.push(cut(this.field))
  }

  private addParts(parts: readonly WordPart[], into: string[]): void {
    for (const part of parts) {
      if (this.field.length > limits.wordChars) return
      switch (part.kind) {
        case 'text':
          this.add(part.text)
          break
        case 'variable':
          this.addVariable(part, parts.length > 1, into)
          break
        case 'substitution': {
          const output = this.context.substitute(part.script)
          if (output === undefined) this.unknown(part.source)
          else if (part.isQuoted) this.add(output.replace(/\n+$/, ''))
          else this.split(output.replace(/\n+$/, ''), into)
          break
        }
        case 'process':
          this.context.readProcess(part.script, part.source)
          this.unknown(part.source)
          break
        case 'unknown':
          this.unknown(part.source)
          break
      }
    }
  }

  private add(text: string): void {
    this.field += text
    this.isField = true
  }

  private unknown(source: string): void {
    this.context.isCertain = false
    this.add(source)
  }

  private split(text: string, into: string[]): void {
    if (!this.maySplit) return this.add(text)
    const pieces = text.split(/[ \t\n]+/)
    for (let i = 0; i < pieces.length; i++) {
      if (i > 0 && this.isField) {
        into.push(cut(this.field))
        this.field = ''
        this.isField = false
      }
      if (pieces[i]) this.add(pieces[i] ?? '')
      if (into.length > limits.commands) return
    }
  }

  private addVariable(part: WordPart & { kind: 'variable' }, isJoined: boolean, into: string[]): void {
    const { name, operation, isQuoted, source } = part
    if (name === 'IFS' && operation === '' && !this.context.environment.variable('IFS')) {
      if (isQuoted) this.add(' \t\n')
      else this.split(' ', into)
      return
    }
    if (/^[0-9@*]$/.test(name) && operation === '') return this.addArgument(name, isQuoted, isJoined, source, into)
    const variable = this.variable(name.replace(/^#/, ''))
    if (variable?.items && operation === '[@]' && !name.startsWith('#'))
      return this.addItems(variable.items, isQuoted, into)
    const expanded = name.startsWith('!') ? this.indirect(name, operation) : expandParameter(name, operation, variable)
    if (variable && !variable.isCertain) this.context.isCertain = false
    if (!expanded) return this.unknown(source)
    if ('text' in expanded) {
      if (isQuoted) this.add(expanded.text)
      else this.split(expanded.text, into)
      return
    }
    if (!variable) this.context.isCertain = false
    this.addDefault(expanded.word, isQuoted, into)
  }

  private addDefault(text: string, isQuoted: boolean, into: string[]): void {
    if (++this.depth > 8) return this.unknown(text)
    const word = isQuoted ? readQuotedText(text, false) : spacedWord(text)
    if (typeof word === 'string') {
      if (isQuoted) this.add(word)
      else this.split(word, into)
    } else this.addParts(word, into)
    this.depth--
  }

  private indirect(name: string, operation: string) {
    const target = this.context.environment.variable(name.slice(1))
    const variable = target && this.context.environment.variable(target.value)
    return variable && expandParameter(target.value, operation, variable)
  }

  private variable(name: string): Variable | undefined {
    const { environment } = this.context
    if (/^\d+$/.test(name) && environment.arguments) {
      const value = environment.arguments[Number(name) - 1]
      return value === undefined ? undefined : { value, items: undefined, isCertain: true }
    }
    return environment.variable(name)
  }

  private addItems(items: readonly string[], isQuoted: boolean, into: string[]): void {
    items.forEach((item, index) => {
      if (index > 0) this.split(' ', into)
      if (isQuoted) this.add(item)
      else this.split(item, into)
    })
  }

  /** Arguments of a tool call's own shell are none, but a text may be a script for somebody else: alone they stay, within a word they are nothing. */
  private addArgument(name: string, isQuoted: boolean, isJoined: boolean, source: string, into: string[]): void {
    const given = this.context.environment.arguments
    if (given === undefined || name === '0') {
      if (!isJoined || name === '0') this.unknown(source)
      return
    }
    if (name === '@' || name === '*') return this.addItems(given, isQuoted, into)
    const value = given[Number(name) - 1] ?? ''
    if (isQuoted) this.add(value)
    else this.split(value, into)
  }
}

/** `${x:-a b}`: spaces inside are part of the default. */
function spacedWord(text: string): Word {
  const parts: WordPart[] = []
  let i = 0
  while (i < text.length) {
    const read = readWord(text, i, text.length)
    for (const word of read.words) {
      if (typeof word === 'string') parts.push({ kind: 'text', text: word })
      else parts.push(...word)
    }
    i = read.end
    const stop = i
    while (i < text.length && /[\s;|&<>()]/.test(text.charAt(i))) i++
    if (i > stop) parts.push({ kind: 'text', text: text.slice(stop, i) })
    if (read.end === stop && i === stop) break
  }
  return parts.every((part) => part.kind === 'text')
    ? parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
    : parts
}
