// The modifiers behind a field's name (`CommandLine|base64offset|contains`): which there are, which go together, and what they do to a text.
import { base64, base64Offsets, bytesAsText, utf8Bytes, utf16Bytes } from './encodings.ts'
import { hasWildcard, type PatternPart, surrounded, type TextPattern } from './text-pattern.ts'

const transforming = ['windash', 'wide', 'utf16le', 'utf16be', 'utf16', 'base64', 'base64offset'] as const
const placing = ['contains', 'startswith', 'endswith'] as const
const typed = ['re', 'cidr', 'lt', 'lte', 'gt', 'gte', 'exists', 'fieldref'] as const
const regexFlags = ['i', 'm', 's'] as const
const times = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const

type Typed = (typeof typed)[number]
type Step = (typeof transforming)[number] | (typeof placing)[number]

export type Modifiers = {
  all: boolean
  cased: boolean
  negated: boolean
  /** What kind of comparison it is; undefined: of texts. */
  type: Typed | undefined
  flags: { i: boolean; m: boolean; s: boolean }
  /** What happens to a text, in this order. */
  steps: readonly Step[]
}

const isOneOf = <T extends string>(list: readonly T[], word: string): word is T =>
  (list as readonly string[]).includes(word)

export function readModifiers(
  words: readonly string[],
): { modifiers: Modifiers } | { wrong: string } | { unsupported: string; construct: string } {
  const steps: Step[] = []
  const found = { all: false, cased: false, negated: false, flags: { i: false, m: false, s: false } }
  let type: Typed | undefined
  for (const word of words) {
    if (word === 'all') found.all = true
    else if (word === 'cased') found.cased = true
    else if (word === 'neq') found.negated = true
    else if (isOneOf(regexFlags, word)) {
      if (type !== 're') return { wrong: `Modifier ${word} goes only behind re: \`|re|${word}\`` }
      found.flags[word] = true
    } else if (isOneOf(typed, word)) {
      if (type !== undefined) return { wrong: `Modifiers ${type} and ${word} do not go together` }
      type = word
    } else if (isOneOf(transforming, word) || isOneOf(placing, word)) steps.push(word)
    else if (word === 'expand')
      return {
        construct: 'modifier expand',
        unsupported: 'Modifier expand needs a list of placeholders, which Vigil has none of; write the values out',
      }
    else if (isOneOf(times, word))
      return {
        construct: `modifier ${word}`,
        unsupported: `Modifier ${word} reads parts of a time; Vigil's fields hold no times`,
      }
    else return { wrong: `There is no modifier "${word.slice(0, 40)}"${didYouMean(word)}` }
  }
  const placed = steps.filter((step) => isOneOf(placing, step))
  if (placed.length > 1) return { wrong: `Modifiers ${placed.join(' and ')} do not go together` }
  const modifiers: Modifiers = { ...found, type, steps }
  const clash = clashOf(modifiers)
  return clash === undefined ? { modifiers } : { wrong: clash }
}

function clashOf({ type, steps, cased, all, negated }: Modifiers): string | undefined {
  if (type === undefined) return undefined
  const stray = type === 'fieldref' ? steps.find((step) => !isOneOf(placing, step)) : steps[0]
  if (stray !== undefined) return `Modifiers ${type} and ${stray} do not go together`
  if (cased && type === 're') return 'Modifier cased is not needed with re: a pattern heeds case unless it has |i'
  if (cased && type !== 'fieldref') return `Modifiers ${type} and cased do not go together`
  if (type === 'exists' && (all || negated)) return 'Modifier exists stands alone; write `false` for the opposite'
  return undefined
}

function didYouMean(word: string): string {
  const known = ['all', 'cased', 'neq', ...transforming, ...placing, ...typed]
  const lower = word.toLowerCase().replace(/[^a-z0-9]/g, '')
  const near = known.find((each) => each === lower || `${each}s` === lower || each === `${lower}s`)
  if (near !== undefined) return `; did you mean ${near}?`
  if (lower === 'regex' || lower === 'regexp') return '; did you mean re?'
  if (lower === 'not' || lower === 'ne') return '; did you mean neq?'
  return `; there are ${known.join(', ')}`
}

/** All the patterns that a value stands for, one of which must match. */
export function transform(
  pattern: TextPattern,
  steps: readonly Step[],
): { patterns: TextPattern[]; isEncoded: boolean } | { wrong: string } {
  let patterns: TextPattern[] = [pattern]
  let areBytes = false
  let isEncoded = false
  for (const step of steps) {
    if (isOneOf(placing, step)) {
      patterns = patterns.map((each) => surrounded(each, { before: step !== 'startswith', after: step !== 'endswith' }))
    } else if (step === 'windash') {
      patterns = patterns.flatMap(dashed)
      if (patterns.length > dashedMax)
        return { wrong: `Modifier windash makes more than ${dashedMax} texts of this value` }
    } else if (step === 'base64' || step === 'base64offset') {
      if (patterns.some(hasWildcard))
        return {
          wrong: `Modifier ${step} cannot encode wildcards; contains and the like stand behind it, and * and ? need a backslash`,
        }
      if (pattern.length === 0) return { wrong: `Modifier ${step} has nothing to encode` }
      const bytes = patterns.map((each) => toBytes(String(each[0] ?? ''), areBytes))
      patterns = bytes
        .flatMap((each) => (step === 'base64' ? [base64(each)] : base64Offsets(each)))
        .map((text): TextPattern => [text])
      areBytes = false
      isEncoded = true
    } else {
      patterns = patterns.map((each) => wide(each, step))
      areBytes = true
    }
  }
  return { patterns, isEncoded }
}

function toBytes(text: string, areBytes: boolean): number[] {
  return areBytes ? [...text].map((char) => char.charCodeAt(0) & 255) : utf8Bytes(text)
}

function wide(pattern: TextPattern, step: 'wide' | 'utf16le' | 'utf16be' | 'utf16'): TextPattern {
  const order = step === 'utf16be' ? 'be' : 'le'
  const parts: PatternPart[] = pattern.map((part) =>
    typeof part === 'string' ? bytesAsText(utf16Bytes(part, order)) : part,
  )
  if (step === 'utf16' && typeof parts[0] === 'string') parts[0] = `\u00ff\u00fe${parts[0]}`
  return parts
}

const dashes = ['-', '/', '–', '—', '―'] as const
const dashedMax = 625

/** Every way to write the dashes that open an option. */
function dashed(pattern: TextPattern): TextPattern[] {
  let done: TextPattern[] = [[]]
  for (const part of pattern) {
    const choices: PatternPart[] = typeof part === 'string' ? dashedTexts(part) : [part]
    done = done.flatMap((before) => choices.map((choice): TextPattern => [...before, choice]))
    if (done.length > dashedMax) return done
  }
  return done
}

function dashedTexts(text: string): string[] {
  const places = [...text.matchAll(/\B[-/–—―]\b/g)].map((match) => match.index)
  let done = ['']
  let from = 0
  for (const place of places) {
    const before = text.slice(from, place)
    done = done.flatMap((start) => dashes.map((dash) => `${start}${before}${dash}`))
    from = place + 1
    if (done.length > dashedMax) return done
  }
  return done.map((start) => start + text.slice(from))
}
