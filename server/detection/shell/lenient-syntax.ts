// Words of a text that could not be parsed, or that is too long to be: cut at every separator, whatever quotes say. It sees too much rather than
// too little, because padding and broken syntax are how a command hides.
import { limits, type ReadBudget } from './read-budget.ts'
import type { Pipeline, Script, Word } from './syntax.ts'
import { readWord } from './word-syntax.ts'

const mostSegments = 200
const mostOfOneName = 12
const mostWords = 64
const keywords = /^(?:(?:then|do|else|elif|if|while|until|time|!|\{|\})\s+)+/
const segments = /[^\n;|&()`{}]+/g

export function readLeniently(text: string, budget: ReadBudget): Script {
  const script: Pipeline[] = []
  const seen = new Set<string>()
  const byName = new Map<string, number>()
  segments.lastIndex = 0
  for (const found of text.matchAll(segments)) {
    if (budget.isSpent()) break
    const segment = found[0].trim().replace(keywords, '').replace(/\$$/, '')
    if (segment === '' || segment.startsWith('#') || seen.has(segment)) continue
    if (segment.length < 500) seen.add(segment)
    const name = /^\S{1,64}/.exec(segment)?.[0] ?? ''
    const count = byName.get(name) ?? 0
    if (count >= mostOfOneName) continue
    byName.set(name, count + 1)
    if (script.length >= mostSegments) {
      budget.stop('too many commands')
      break
    }
    script.push({
      stages: [{ kind: 'simple', assigns: [], words: wordsOf(segment), redirects: [] }],
      isBackground: false,
    })
  }
  return script
}

function wordsOf(segment: string): Word[] {
  const words: Word[] = []
  const end = Math.min(segment.length, limits.wordChars)
  let i = 0
  while (i < end && words.length < mostWords) {
    const c = segment.charCodeAt(i)
    if (c <= 32 || c === 60 || c === 62) {
      i++
      continue
    }
    const read = readWord(segment, i, end)
    // A quote without an end is dropped: what it holds is looked at as words.
    if (read.isBroken) {
      const until = /[\s<>]/g
      until.lastIndex = i
      const stop = until.exec(segment)?.index ?? end
      words.push(segment.slice(i, stop).replace(/["'`\\]/g, ''))
      i = Math.max(stop, i + 1)
    } else {
      words.push(...read.words)
      i = Math.max(read.end, i + 1)
    }
  }
  return words
}
