// The text of a rule file -> rules and correlations, and everything that is wrong with it, with lines. One bad rule takes no other with it.
import type { LogSource } from '../detection-event.ts'
import { isKnownField } from './field-names.ts'
import { type MappedSource, mapLogSource, printLogSource } from './log-source.ts'
import { readCondition } from './read-condition.ts'
import { readCorrelation } from './read-correlation.ts'
import { readHead } from './read-head.ts'
import { readSelection } from './read-selection.ts'
import type { Expression, RuleFile, SigmaRule } from './sigma-rule.ts'
import { isRecord, Teller } from './teller.ts'
import { readYamlDocuments, type YamlDocument } from './yaml-documents.ts'

export function readRuleFile(text: string, file: string): RuleFile {
  const { documents, problems } = readYamlDocuments(text, file)
  const read: RuleFile = { rules: [], correlations: [], problems, unsupported: [], notes: [] }
  const seen = new Map<string, number>()
  for (const document of documents) {
    const teller = new Teller(document)
    const rule = readDocument(document, teller)
    if (rule !== undefined && !teller.isRefused) {
      const before = seen.get(rule.id)
      if (before === undefined) seen.set(rule.id, rule.line)
      else teller.problem(['id'], `The id ${rule.id} is already used on line ${before}`)
    }
    teller.addTo(read)
    if (rule === undefined || teller.isRefused) continue
    if ('when' in rule) read.rules.push(rule)
    else read.correlations.push(rule)
  }
  return read
}

function readDocument(document: YamlDocument, teller: Teller) {
  const { value } = document
  if (!isRecord(value)) return void teller.problem([], 'A rule is a map: title, logsource, detection')
  if (value.filter !== undefined && value.detection === undefined && value.correlation === undefined)
    return void teller.cannot(
      ['filter'],
      'filter',
      'Sigma filters are not applied; use allowlists, or `and not` in the rule',
    )
  if (Array.isArray(value.correlation) || (value.correlation !== undefined && !isRecord(value.correlation)))
    return void teller.problem(['correlation'], 'correlation is a map: type, rules, group-by, timespan, condition')
  const head = readHead(value, document, teller)
  if (isRecord(value.correlation)) {
    if (value.detection !== undefined)
      teller.problem(['detection'], 'A document is a rule or a correlation, not both: divide them by ---')
    const correlation = readCorrelation(value.correlation, value.generate, teller)
    return correlation && { ...head, ...correlation }
  }
  return readRule(value, head, teller)
}

function readRule(
  value: Record<string, unknown>,
  head: ReturnType<typeof readHead>,
  teller: Teller,
): SigmaRule | undefined {
  if (!isRecord(value.logsource))
    return void teller.problem(['logsource'], 'The rule has no logsource (a map with category and product)')
  if (!isRecord(value.detection))
    return void teller.problem(['detection'], 'The rule has no detection (a map with selections and a condition)')
  const source: { product?: string; category?: string; service?: string } = {}
  for (const key of ['product', 'category', 'service'] as const) {
    const word = value.logsource[key]
    if (typeof word === 'string') source[key] = word.trim().toLowerCase()
    else if (word !== undefined && word !== null) teller.problem(['logsource', key], `${key} is a text`)
  }
  const mapped = mapLogSource(source)
  const logSource = printLogSource(source)
  if ('unsupported' in mapped)
    return void teller.cannot(['logsource'], `log source ${logSource || 'none'}`, mapped.unsupported)
  const when = readDetection(value.detection, mapped, source.product !== 'vigil', teller)
  return (
    when && { ...head, sources: alsoProcesses(mapped.sources, when), logSource, when: withOperations(when, mapped) }
  )
}

/**
 * A rule about commands that asks for nothing but what a process shows as well is asked of processes too: what a script starts is no command
 * of the agent's, and the kernel saw it all the same.
 */
function alsoProcesses(sources: readonly LogSource[], when: Expression): readonly LogSource[] {
  if (sources.length !== 1 || sources[0] !== 'command') return sources
  return fieldsOf(when).every((field) => field !== undefined && isKnownField(field, ['process']))
    ? ['command', 'process']
    : sources
}

/** Undefined: a keyword. */
function fieldsOf(when: Expression): (string | undefined)[] {
  if (when.kind === 'test') {
    const others = when.test.tests.flatMap((test) => (test.kind === 'field' ? [test.field] : []))
    return [when.test.field, ...others]
  }
  return when.kind === 'not' ? fieldsOf(when.of) : when.of.flatMap(fieldsOf)
}

function readDetection(
  detection: Record<string, unknown>,
  { sources }: MappedSource,
  isForeign: boolean,
  teller: Teller,
): Expression | undefined {
  const selections = new Map<string, Expression>()
  for (const [name, value] of Object.entries(detection)) {
    if (name === 'condition') continue
    if (name === 'timeframe') {
      teller.cannot(
        ['detection', name],
        'timeframe',
        'timeframe belongs to former aggregations; write a correlation document instead',
      )
      continue
    }
    const selection = readSelection(value, ['detection', name], { teller, sources, isForeign })
    if (selection !== undefined) selections.set(name, selection)
  }
  const { condition } = detection
  if (condition === undefined || condition === null)
    return void teller.problem(['detection'], 'The detection has no condition')
  // Selections that could not be read are told already; a condition over the rest would only say it again.
  if (teller.isRefused) return undefined
  const conditions: unknown[] = Array.isArray(condition) ? condition : [condition]
  const of: Expression[] = []
  const used = new Set<string>()
  for (const [index, each] of conditions.entries()) {
    const path = Array.isArray(condition) ? ['detection', 'condition', index] : ['detection', 'condition']
    if (typeof each !== 'string' || each.trim() === '') {
      teller.problem(path, 'A condition is a text, for example `selection and not filter`')
      continue
    }
    const read = readCondition(each, selections)
    if ('wrong' in read) teller.problem(path, read.wrong)
    else if ('unsupported' in read) teller.cannot(path, read.construct, read.unsupported)
    else {
      of.push(read.expression)
      for (const name of read.used) used.add(name)
    }
  }
  for (const name of selections.keys())
    if (!used.has(name) && !teller.isRefused)
      teller.note(['detection', name], `The condition does not use "${name.slice(0, 60)}"`)
  if (of.length === 0) {
    if (!teller.isRefused) teller.problem(['detection', 'condition'], 'The list of conditions is empty')
    return undefined
  }
  return of.length === 1 ? of[0] : { kind: 'or', of }
}

/** `file_delete` is about deleting only. A file event that does not say what was done is looked at by all. */
function withOperations(when: Expression, { operations }: MappedSource): Expression {
  if (operations === undefined) return when
  const texts = operations.map((operation) => ({ kind: 'text', pattern: [operation], cased: false }) as const)
  const test = { field: 'Operation', tests: [...texts, { kind: 'null' } as const], all: false, negated: false }
  return { kind: 'and', of: [{ kind: 'test', test }, when] }
}
