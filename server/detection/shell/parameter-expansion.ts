// `${name…}` with an operation, for the operations whose result is certain when the value is known.
import type { Variable } from './environment.ts'

/** The rest of `${name…}`: a default that is itself a word, or a text. Undefined: keep what is written. */
export type Expanded = { text: string } | { word: string } | undefined

/** Variables that every shell has: no default applies to them, and their first character is known. */
const wellKnown = new Set(
  'HOME PATH PWD OLDPWD USER LOGNAME SHELL LANG TERM HOSTNAME UID EUID PPID RANDOM SECONDS TMPDIR MAIL EDITOR'.split(
    ' ',
  ),
)
const beginsWithSlash = new Set(['HOME', 'PATH', 'PWD', 'SHELL', 'OLDPWD'])

export function expandParameter(name: string, operation: string, variable: Variable | undefined): Expanded {
  if (name.startsWith('#')) return variable ? { text: String(variable.value.length) } : undefined
  const fallback = /^:?([-=+?])/.exec(operation)
  if (fallback) {
    const rest = operation.slice(fallback[0].length)
    const isSet = variable ? variable.value !== '' || !operation.startsWith(':') : wellKnown.has(name)
    if (fallback[1] === '+') return isSet ? { word: rest } : { text: '' }
    if (variable && isSet) return { text: variable.value }
    if (isSet || fallback[1] === '?') return undefined
    return { word: rest }
  }
  if (!variable) return operation === ':0:1' && beginsWithSlash.has(name) ? { text: '/' } : undefined
  return { text: applyOperation(variable, operation) ?? '' }
}

function applyOperation({ value, items }: Variable, operation: string): string | undefined {
  if (operation === '') return value
  const slice = /^:\s*\(?(-?\d+)\)?(?::\s*(-?\d+))?$/.exec(operation)
  if (slice) {
    const from = Number(slice[1])
    const start = from < 0 ? Math.max(0, value.length + from) : from
    const length = slice[2] === undefined ? undefined : Number(slice[2])
    if (length === undefined) return value.slice(start)
    return length < 0 ? value.slice(start, value.length + length) : value.slice(start, start + length)
  }
  if (operation === '^^') return value.toUpperCase()
  if (operation === ',,') return value.toLowerCase()
  if (operation === '^') return value.charAt(0).toUpperCase() + value.slice(1)
  if (operation === ',') return value.charAt(0).toLowerCase() + value.slice(1)
  const index = /^\[(\d+)\]$/.exec(operation)
  if (index) return items?.[Number(index[1])] ?? ''
  const replace = /^\/(\/?)((?:[^/\\*?[]|\\.)+)(?:\/([\s\S]*))?$/.exec(operation)
  if (replace?.[2] !== undefined) {
    const what = replace[2].replace(/\\(.)/g, '$1')
    const by = (replace[3] ?? '').replace(/^(['"])([\s\S]*)\1$/, '$2')
    if (replace[1]) return value.replaceAll(what, () => by)
    return value.replace(what, () => by)
  }
  const strip = /^(##?|%%?)((?:[^*?[\\]|\\.)+|\*(?:[^*?[\\]|\\.)+|(?:[^*?[\\]|\\.)+\*)$/.exec(operation)
  if (strip?.[1] && strip[2] !== undefined) return stripPattern(value, strip[1], strip[2])
  return undefined
}

function stripPattern(value: string, operator: string, pattern: string): string {
  const literal = pattern.replace(/^\*|\*$/g, '').replace(/\\(.)/g, '$1')
  const isFront = operator.startsWith('#')
  const isLongest = operator.length === 2
  if (!pattern.includes('*')) {
    if (isFront) return value.startsWith(literal) ? value.slice(literal.length) : value
    return value.endsWith(literal) ? value.slice(0, -literal.length) : value
  }
  if (isFront && pattern.startsWith('*')) {
    const at = isLongest ? value.lastIndexOf(literal) : value.indexOf(literal)
    return at < 0 ? value : value.slice(at + literal.length)
  }
  if (!isFront && pattern.endsWith('*')) {
    const at = isLongest ? value.indexOf(literal) : value.lastIndexOf(literal)
    return at < 0 ? value : value.slice(0, at)
  }
  return value
}
