// Words of a text that could not be parsed, or that is too long to be: cut at every separator, whatever quotes say. It sees too much rather than
// too little, because padding and broken syntax are how a command hides.
import { limits, type ReadBudget } from './read-budget.ts'
import type { Pipeline, Script, Word } from './syntax.ts'
import { readWord } from './word-syntax.ts'

const mostSegments = 200
/** Padding repeats one program: what comes after so many of one name says nothing new. */
const mostOfOneName = 12
const mostWords = 64
const keywords = /^(?:(?:then|do|else|elif|if|while|until|time|!|\{|\})\s+)+/

const separators = new Uint8Array(128)
for (const c of '\n;|&(){}`') separators[c.charCodeAt(0)] = 1

export function readLeniently(text: string, budget: ReadBudget): Script {
  const script: Pipeline[] = []
  const seen = new Set<number>()
  const countOfName = new Map<number, number>()
  const end = text.length
  let from = 0
  // Hashes of the segment and of its first word: most segments of a padded text are dropped before anything is made of them.
  let hash = 0
  let nameHash = 0
  let isInName = true
  for (let i = 0; i <= end; i++) {
    const c = i < end ? text.charCodeAt(i) : 10
    if (c >= 128 || separators[c] !== 1) {
      if (c > 32) {
        hash = (Math.imul(hash, 31) + c) | 0
        if (isInName) nameHash = hash
      } else if (hash !== 0) {
        isInName = false
        hash = (Math.imul(hash, 31) + 32) | 0
      }
    } else {
      if (hash !== 0 && !seen.has(hash)) {
        const count = countOfName.get(nameHash) ?? 0
        if (count < mostOfOneName) {
          countOfName.set(nameHash, count + 1)
          seen.add(hash)
          addSegment(text.slice(from, i), script)
          if (script.length >= mostSegments) {
            budget.stop('too many commands')
            break
          }
        }
      }
      from = i + 1
      hash = 0
      nameHash = 0
      isInName = true
    }
    if ((i & 0x3fff) === 0x3fff && budget.isLate()) break
  }
  return script
}

function addSegment(written: string, script: Pipeline[]): void {
  const segment = written.trim().replace(keywords, '').replace(/\$$/, '')
  if (segment === '' || segment.startsWith('#')) return
  const words = wordsOf(segment)
  if (words.length > 0)
    script.push({ stages: [{ kind: 'simple', assigns: [], words, redirects: [] }], isBackground: false })
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
      const bare = segment.slice(i, stop).replace(/["'`\\]/g, '')
      if (bare !== '') words.push(bare)
      i = Math.max(stop, i + 1)
    } else {
      words.push(...read.words)
      i = Math.max(read.end, i + 1)
    }
  }
  return words
}
