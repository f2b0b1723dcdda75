// Reads a text by tree-sitter's tree. The tree is asked for structure only (what is compound, what belongs to what, where errors are); simple
// commands inside are read by plain-syntax.ts from their span, and words by word-syntax.ts, so that both readers agree on them.
import type { Parser, TreeCursor } from 'web-tree-sitter'
import { readLeniently } from './lenient-syntax.ts'
import { readPlainSyntax } from './plain-syntax.ts'
import { limits, type ReadBudget } from './read-budget.ts'
import type { Assignment, Pipeline, Redirect, Script, Stage, Word } from './syntax.ts'
import { readQuotedText, readWord } from './word-syntax.ts'

const plainTypes = new Set([
  'command',
  'pipeline',
  'list',
  'redirected_statement',
  'variable_assignment',
  'variable_assignments',
  'declaration_command',
  'unset_command',
])
const statementTypes = new Set([
  ...plainTypes,
  'negated_command',
  'case_statement',
  'c_style_for_statement',
  'compound_statement',
  'for_statement',
  'function_definition',
  'if_statement',
  'subshell',
  'test_command',
  'while_statement',
])

/**
 * One step of the parser cannot be stopped, and takes longest where it recovers from operators that make no sense: more of them than that
 * stand in no script.
 */
const mostOperators = 3_000
const operators = new Uint8Array(128)
for (const c of '|&;<>(){}[]!') operators[c.charCodeAt(0)] = 1

/** `isAlone`: commands are taken from the tree too, word by word: how tests compare the two readers. */
export function readTreeSyntax(written: string, parser: Parser, budget: ReadBudget, isAlone = false): Script {
  // Decoded texts may hold NUL, over which the parser takes seconds; a shell drops it.
  const text = written.includes('\0') ? written.replaceAll('\0', '') : written
  if (hasTooManyOperators(text)) {
    budget.stop('too many operators')
    return readLeniently(text, budget)
  }
  const deadlineMs = budget.parseDeadlineMs()
  let tree: ReturnType<Parser['parse']>
  try {
    tree = parser.parse(text, null, { progressCallback: () => budget.clockMs() > deadlineMs })
  } catch {
    tree = null
  }
  if (!tree) {
    parser.reset()
    budget.stop('out of time')
    return readLeniently(text, budget)
  }
  const cursor = tree.walk()
  try {
    const root = tree.rootNode
    if (root.hasError) budget.stop('syntax errors')
    return new TreeReader(text, cursor, budget, { isAlone, hasError: root.hasError }).program()
  } finally {
    cursor.delete()
    tree.delete()
  }
}

function hasTooManyOperators(text: string): boolean {
  if (text.length <= mostOperators) return false
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 128 && operators[c] === 1) count++
  }
  return count > mostOperators
}

class TreeReader {
  private readonly text: string
  private readonly cursor: TreeCursor
  private readonly budget: ReadBudget
  private readonly isAlone: boolean
  private readonly hasError: boolean

  constructor(text: string, cursor: TreeCursor, budget: ReadBudget, how: { isAlone: boolean; hasError: boolean }) {
    this.isAlone = how.isAlone
    this.hasError = how.hasError
    this.text = text
    this.cursor = cursor
    this.budget = budget
  }

  program(): Pipeline[] {
    return this.cursor.nodeType === 'ERROR' ? this.error(0) : this.statements(0)
  }

  /** The statements among the children of the cursor's node, and within children that are no statements (`do_group`, `elif_clause`, …). */
  private statements(depth: number): Pipeline[] {
    const { cursor } = this
    const script: Pipeline[] = []
    if (depth > limits.treeDepth) {
      this.budget.stop('nested too deeply')
      return [...readLeniently(this.span(), this.budget)]
    }
    if (!cursor.gotoFirstChild()) return script
    do {
      if (this.budget.isSpent()) break
      const type = cursor.nodeType
      if (type === '&') {
        const last = script.at(-1)
        if (last) script[script.length - 1] = { stages: last.stages, isBackground: true }
      } else if (type === 'ERROR') script.push(...this.error(depth))
      else if (statementTypes.has(type)) script.push(...this.statement(type, depth))
      else if (!cursor.nodeIsNamed || type === 'comment' || type === 'heredoc_body') continue
      else if (type === 'elif_clause' || type === 'else_clause' || type === 'do_group' || type === 'case_item')
        script.push(...this.statements(depth + 1))
      else if (this.hasError) script.push(...readLeniently(this.span(), this.budget))
      else script.push(alone(this.looseWords()))
    } while (cursor.gotoNextSibling())
    cursor.gotoParent()
    return script
  }

  private span(): string {
    return this.text.slice(this.cursor.startIndex, this.cursor.endIndex)
  }

  private statement(type: string, depth: number): Pipeline[] {
    if (!this.isAlone && plainTypes.has(type)) {
      const plain = readPlainSyntax(this.span())
      if (plain) return [...plain]
    }
    switch (type) {
      case 'list':
      case 'negated_command':
      case 'variable_assignments':
        return this.statements(depth + 1)
      case 'pipeline':
        return this.pipeline(depth)
      case 'redirected_statement':
        return this.redirected(depth)
      case 'for_statement':
      case 'c_style_for_statement':
        return [alone(this.forLoop(depth))]
      case 'function_definition':
        return [alone(this.functionDefinition(depth))]
      case 'test_command':
        return [alone(this.looseWords())]
      case 'command':
      case 'declaration_command':
      case 'unset_command':
        return this.command(depth)
      case 'variable_assignment':
        return [...(readPlainSyntax(this.span()) ?? [])]
      default: {
        const isSure = type === 'compound_statement' || type === 'subshell'
        const isSubshell = type === 'subshell'
        const body = this.statements(depth + 1)
        return [alone({ kind: 'group', body, redirects: [], isSubshell, isSure })]
      }
    }
  }

  /** The tree may put a whole list behind a bar, where only its first command belongs to the pipeline. */
  private pipeline(depth: number): Pipeline[] {
    const { cursor } = this
    const script: Pipeline[] = []
    if (!cursor.gotoFirstChild()) return script
    do {
      if (this.budget.isSpent()) break
      const type = cursor.nodeType
      if (!statementTypes.has(type)) continue
      const [first, ...others] = this.statement(type, depth + 1)
      const last = script.pop()
      if (first) script.push(last ? { stages: [...last.stages, ...first.stages], isBackground: false } : first)
      else if (last) script.push(last)
      script.push(...others)
    } while (cursor.gotoNextSibling())
    cursor.gotoParent()
    return script
  }

  private redirected(depth: number): Pipeline[] {
    const { cursor } = this
    const end = cursor.endIndex
    let script: Pipeline[] = []
    if (!cursor.gotoFirstChild()) return script
    do {
      if (this.budget.isSpent()) break
      const type = cursor.nodeType
      if (statementTypes.has(type)) script = this.statement(type, depth + 1)
      else if (cursor.nodeIsNamed) {
        // From the first redirection on, the rest reads like a command of redirections alone; what is piped on after a heredoc comes with it.
        const rest = readRedirects(this.text.slice(cursor.startIndex, end))
        if (rest) {
          script = joinRedirects(script, rest)
          break
        }
        if (type === 'heredoc_redirect') script.push(...this.statements(depth + 1))
        else script = joinRedirects(script, readRedirects(this.span()) ?? [])
      }
    } while (cursor.gotoNextSibling())
    cursor.gotoParent()
    return script
  }

  private forLoop(depth: number): Stage {
    const { cursor } = this
    let variable = ''
    const values: Word[] = []
    const body: Pipeline[] = []
    if (cursor.gotoFirstChild()) {
      do {
        const field = cursor.currentFieldName
        if (field === 'variable') variable = this.span()
        else if (field === 'value') values.push(...this.words(cursor.startIndex, cursor.endIndex))
        else if (field === 'body') body.push(...this.statements(depth + 1))
      } while (cursor.gotoNextSibling())
      cursor.gotoParent()
    }
    return { kind: 'for', variable, values, body, redirects: [] }
  }

  private functionDefinition(depth: number): Stage {
    const { cursor } = this
    let name = ''
    const body: Pipeline[] = []
    if (cursor.gotoFirstChild()) {
      do {
        const field = cursor.currentFieldName
        if (field === 'name') name = this.span()
        else if (field === 'body') body.push(...this.statement(cursor.nodeType, depth + 1))
      } while (cursor.gotoNextSibling())
      cursor.gotoParent()
    }
    return { kind: 'function', name, body }
  }

  /** A command whose span the plain reader refuses: an unclosed quote, an extended glob, something compound inside. */
  private command(depth: number): Pipeline[] {
    const { cursor } = this
    const script: Pipeline[] = []
    let words: Word[] = []
    let redirects: Redirect[] = []
    let assigns: Assignment[] = []
    let wordStart = -1
    let end = cursor.startIndex
    const endWord = () => {
      if (wordStart < 0) return
      const isAssignment = words.length === 0 && /^[A-Za-z_]\w*=/.test(this.text.slice(wordStart, end))
      const stage = isAssignment ? readPlainSyntax(this.text.slice(wordStart, end))?.[0]?.stages[0] : undefined
      if (stage?.kind === 'simple') assigns.push(...stage.assigns)
      else words.push(...this.words(wordStart, end))
      wordStart = -1
    }
    const endCommand = () => {
      endWord()
      if (words.length + assigns.length + redirects.length > 0)
        script.push(alone({ kind: 'simple', assigns, words, redirects }))
      words = []
      redirects = []
      assigns = []
    }
    if (cursor.gotoFirstChild()) {
      do {
        if (this.budget.isSpent()) break
        const type = cursor.nodeType
        const start = cursor.startIndex
        // Behind a pipeline the tree may take the next line for more words of this one.
        if (hasNewline(this.text, end, start)) endCommand()
        if (type === 'file_redirect' || type === 'herestring_redirect') {
          endWord()
          const stage = readRedirects(this.span())?.[0]?.stages[0]
          if (stage?.kind === 'simple') {
            redirects.push(...stage.redirects)
            words.push(...stage.words)
          }
        } else if (type === 'subshell') {
          endCommand()
          script.push(...this.statement(type, depth + 1))
        } else if (type === 'comment') endWord()
        else {
          // The tree cuts some words in two: pieces that touch are one word.
          if (start !== end) endWord()
          if (wordStart < 0) wordStart = start
        }
        end = cursor.endIndex
      } while (cursor.gotoNextSibling())
      cursor.gotoParent()
    }
    endCommand()
    return script
  }

  /** Usually one word; the tree takes some that blanks divide for one. */
  private words(start: number, end: number): readonly Word[] {
    const words: Word[] = []
    let at = start
    while (at < end) {
      const read = readWord(this.text, at, end)
      words.push(...read.words)
      const next = this.text.charCodeAt(read.end)
      if (read.end >= end) break
      if (next !== 32 && next !== 9 && next !== 10) {
        // An extended glob: the tree knows better where it ends.
        const rest = this.text.slice(read.end, end)
        const last = words.pop() ?? ''
        words.push(typeof last === 'string' ? last + rest : [...last, { kind: 'text', text: rest }])
        break
      }
      at = read.end
      while (at < end && this.text.charCodeAt(at) <= 32) at++
    }
    return words
  }

  private looseWords(): Stage {
    return { kind: 'words', words: [readQuotedText(this.span(), true)] }
  }

  private error(depth: number): Pipeline[] {
    const { cursor } = this
    const script: Pipeline[] = []
    let from = cursor.startIndex
    const end = cursor.endIndex
    if (cursor.gotoFirstChild()) {
      do {
        if (this.budget.isSpent()) break
        if (!statementTypes.has(cursor.nodeType)) continue
        script.push(...readLeniently(this.text.slice(from, cursor.startIndex), this.budget))
        from = cursor.endIndex
        script.push(...this.statement(cursor.nodeType, depth + 1))
      } while (cursor.gotoNextSibling())
      cursor.gotoParent()
    }
    script.push(...readLeniently(this.text.slice(from, end), this.budget))
    return script
  }
}

/** Whether a line ends between two words: not where a backslash joins it to the next. */
function hasNewline(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (text.charCodeAt(i) === 10 && text.charCodeAt(i - 1) !== 92) return true
  return false
}

function alone(stage: Stage): Pipeline {
  return { stages: [stage], isBackground: false }
}

/** A text that begins with redirections: words after them are words of the command before, not a command. */
function readRedirects(text: string): Script | undefined {
  const [first, ...others] = readPlainSyntax(`_ ${text}`) ?? []
  const head = first?.stages[0]
  if (!first || head?.kind !== 'simple') return undefined
  return [{ ...first, stages: [{ ...head, words: head.words.slice(1) }, ...first.stages.slice(1)] }, ...others]
}

/** The redirections that begin `rest` belong to the last command of `script`: bash binds them there, the tree to the whole. */
function joinRedirects(script: Pipeline[], rest: Script): Pipeline[] {
  const [first, ...others] = rest
  const head = first?.stages[0]
  if (!first || head?.kind !== 'simple') return [...script, ...rest]
  const last = script.at(-1)
  const target = last?.stages.at(-1)
  if (!last || !target || target.kind === 'function' || target.kind === 'words') return [...script, ...rest]
  const redirected: Stage = { ...target, redirects: [...target.redirects, ...head.redirects] }
  const stages: Stage[] = [...last.stages.slice(0, -1), redirected]
  // Words after a heredoc's delimiter are arguments of the same command.
  if (redirected.kind === 'simple' && head.words.length > 0) {
    stages[stages.length - 1] = { ...redirected, words: [...redirected.words, ...head.words] }
  }
  return [
    ...script.slice(0, -1),
    { stages: [...stages, ...first.stages.slice(1)], isBackground: first.isBackground },
    ...others,
  ]
}
