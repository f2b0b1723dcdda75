// YAML text -> plain values that know their lines. Bounded: a rule file is small, and aliases must not make it large.
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, visit } from 'yaml'
import type { Place, Problem } from './sigma-rule.ts'

export const ruleFileMaxChars = 1_000_000
const documentsMax = 5_000
/** In one document: looking up what each stands for takes a walk through it. */
const aliasesMax = 200
const expansionsMax = 50

export type Path = readonly (string | number)[]

export type YamlDocument = {
  /** Integers are bigints: `0x40810000` and long ids keep every digit. */
  value: unknown
  /** Where the key or the value at this path stands; the nearest that is known. */
  placeOf(path: Path): Place
}

export function readYamlDocuments(text: string, file: string): { documents: YamlDocument[]; problems: Problem[] } {
  const wrong = (message: string, place?: { line: number; col: number }) => {
    problems.push({ file, line: place?.line ?? 1, column: place?.col ?? 1, message, rule: undefined })
    return { documents: [], problems }
  }
  const problems: Problem[] = []
  if (text.length > ruleFileMaxChars) return wrong(`The file is longer than ${ruleFileMaxChars} characters: split it`)
  const lines = new LineCounter()
  let parsed: Document.Parsed[]
  try {
    const all = parseAllDocuments(text, {
      lineCounter: lines,
      intAsBigInt: true,
      prettyErrors: false,
      logLevel: 'silent',
    })
    parsed = Array.isArray(all) ? all : []
  } catch (error) {
    return wrong(`The file cannot be read as YAML: ${messageOf(error)}`)
  }
  if (parsed.length > documentsMax) return wrong(`The file holds more than ${documentsMax} documents: split it`)
  const documents: YamlDocument[] = []
  for (const document of parsed) {
    const [error] = document.errors
    if (error !== undefined) {
      wrong(`YAML: ${explainYaml(error.message)}`, lines.linePos(error.pos[0]))
      continue
    }
    if (document.contents === null) continue
    const placeOf = (path: Path): Place => {
      const { line, col } = lines.linePos(offsetOf(document, path))
      return { file, line: Math.max(line, 1), column: Math.max(col, 1) }
    }
    const alias = wrongAlias(document)
    if (alias !== undefined) {
      wrong(`YAML: ${alias.message}`, lines.linePos(alias.offset))
      continue
    }
    try {
      documents.push({ value: document.toJS({ maxAliasCount: expansionsMax }), placeOf })
    } catch (error) {
      const { line, column } = placeOf([])
      wrong(`YAML: ${messageOf(error)}`, { line, col: column })
    }
  }
  return { documents, problems }
}

/** The first alias that stands for nothing (most often a text with a star in front that lacks its quotes), or one too many. */
function wrongAlias(document: Document.Parsed): { message: string; offset: number } | undefined {
  let count = 0
  let wrong: { message: string; offset: number } | undefined
  visit(document, {
    Alias(_, alias) {
      const offset = alias.range?.[0] ?? 0
      if (++count > aliasesMax) wrong = { message: `more than ${aliasesMax} aliases in one document`, offset }
      else if (alias.resolve(document) === undefined)
        wrong = {
          message: `"*${alias.source.slice(0, 40)}" is an alias of nothing; a text that starts with * needs quotes`,
          offset,
        }
      return wrong === undefined ? undefined : visit.BREAK
    },
  })
  return wrong
}

function offsetOf(document: Document.Parsed, path: Path): number {
  let node: Node | null = document.contents
  let offset = node?.range?.[0] ?? 0
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document) ?? null
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step))
      if (pair === undefined) return offset
      offset = (pair.key as Node | null)?.range?.[0] ?? offset
      node = (pair.value as Node | null) ?? null
    } else if (isSeq(node)) {
      const item = node.items[Number(step)] as Node | undefined
      if (item === undefined) return offset
      offset = item.range?.[0] ?? offset
      node = item
    } else return offset
  }
  return offset
}

function explainYaml(message: string): string {
  if (message.includes('Map keys must be unique'))
    return 'the same key stands twice in one map; put the values in one list, or the second use in a selection of its own'
  return message
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'unknown error'
}
