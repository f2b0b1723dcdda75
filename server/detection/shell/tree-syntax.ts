// Reads a text by tree-sitter's tree. The tree is asked for structure only (what is compound, what belongs to what, where errors are); simple
// commands inside are read by plain-syntax.ts from their span, and words by word-syntax.ts, so that both readers agree on them.
import type { Parser, TreeCursor } from 'web-tree-sitter'
import { readLeniently } from './lenient-syntax.ts'
import { readPlainSyntax } from './plain-syntax.ts'
import { limits, type ReadBudget } from './read-budget.ts'
import type { Pipeline, Redirect, Script, Stage, Word } from './syntax.ts'
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

export function readTreeSyntax(text: string, parser: Parser, budget: ReadBudget): Script {
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
    if (tree.rootNode.hasError) budget.stop('syntax errors')
    return new TreeReader(text, cursor, budget).statements(0)
  } finally {
    cursor.delete()
    tree.delete()
  }
}

class TreeReader {
  private readonly text: string
  private readonly cursor: TreeCursor
  private readonly budget: ReadBudget

  constructor(text: string, cursor: TreeCursor, budget: ReadBudget) {
    this.text = text
    this.cursor = cursor
    this.budget = budget
  }

  /** The statements among the children of the cursor's node, and within children that are no statements (`do_group`, `elif_clause`, …). */
  statements(depth: number): Pipeline[] {
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
      else script.push({ stages: [this.looseWords()], isBackground: false })
    } while (cursor.gotoNextSibling())
    cursor.gotoParent()
    return script
  }

  private span(): string {
    return this.text.slice(this.cursor.startIndex, this.cursor.endIndex)
  }

  private statement(type: string, depth: number): Pipeline[] {
    if (plainTypes.has(type)) {
      const plain = readPlainSyntax(this.span())
      if (plain) return [...plain]
    }
    switch (type) {
      case 'list':
      case 'negated_command':
      case 'variable_assignments':
        return this.statements(depth + 1)
      case 'pipeline':
        return [{ stages: this.statements(depth + 1).flatMap((each) => each.stages), isBackground: false }]
      case 'redirected_statement':
        return this.redirected(depth)
      case 'for_statement':
        return [alone(this.forLoop(depth))]
      case 'function_definition':
        return [alone(this.functionDefinition(depth))]
      case 'test_command':
        return [alone(this.looseWords())]
      case 'command':
      case 'declaration_command':
      case 'unset_command':
      case 'variable_assignment':
        return [alone(this.command(depth))]
      default: {
        const isSure = type === 'compound_statement' || type === 'subshell'
        const isSubshell = type === 'subshell'
        const body = this.statements(depth + 1)
        return [alone({ kind: 'group', body, redirects: [], isSubshell, isSure })]
      }
    }
  }

  private redirected(depth: number): Pipeline[] {
    const { cursor } = this
    const end = cursor.endIndex
    let script: Pipeline[] = []
    if (!cursor.gotoFirstChild()) return script
    do {
      const type = cursor.nodeType
      if (statementTypes.has(type)) script = this.statement(type, depth + 1)
      else if (cursor.nodeIsNamed) {
        // From the first redirection on, the rest reads like a command of redirections alone; what is piped on after a heredoc comes with it.
        const rest = readPlainSyntax(this.text.slice(cursor.startIndex, end))
        if (rest) {
          script = joinRedirects(script, rest)
          break
        }
        if (type === 'heredoc_redirect') script.push(...this.statements(depth + 1))
        else script = joinRedirects(script, readPlainSyntax(this.span()) ?? [])
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
        else if (field === 'value') values.push(...this.words())
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

  /** A command whose span the plain reader refuses: an unclosed quote, an extended glob, an array element. */
  private command(depth: number): Stage {
    const { cursor } = this
    const words: Word[] = []
    const redirects: Redirect[] = []
    const groups: Pipeline[] = []
    if (cursor.gotoFirstChild()) {
      do {
        const type = cursor.nodeType
        if (type === 'file_redirect' || type === 'herestring_redirect') {
          const stage = readPlainSyntax(this.span())?.[0]?.stages[0]
          if (stage?.kind === 'simple') redirects.push(...stage.redirects)
        } else if (type === 'subshell') groups.push(...this.statement(type, depth + 1))
        else words.push(...this.words())
      } while (cursor.gotoNextSibling())
      cursor.gotoParent()
    }
    const simple: Stage = { kind: 'simple', assigns: [], words, redirects }
    if (groups.length === 0) return simple
    return { kind: 'group', body: [alone(simple), ...groups], redirects: [], isSubshell: false, isSure: false }
  }

  private words(): readonly Word[] {
    const end = this.cursor.endIndex
    const start = this.cursor.startIndex
    const read = readWord(this.text, start, end)
    if (read.end >= end) return read.words
    const rest = this.text.slice(read.end, end)
    const last = read.words.at(-1) ?? ''
    const joined: Word = typeof last === 'string' ? last + rest : [...last, { kind: 'text', text: rest }]
    return [...read.words.slice(0, -1), joined]
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

function alone(stage: Stage): Pipeline {
  return { stages: [stage], isBackground: false }
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
