// What a command prints when that follows from its words and its known input alone: `echo`, `printf`, decoders and simple filters. This is how
// text that hides behind base64 or hex is read. Undefined: not known.
import { resolveEscapes } from './escape-sequence.ts'
import { limits } from './read-budget.ts'

export type StaticOutput = { text: string; origin: 'echo' | 'base64' | 'hex' | undefined }

export function staticOutput(
  name: string,
  argv: readonly string[],
  input: string | undefined,
  readFile: (path: string) => string | undefined,
): StaticOutput | undefined {
  const output = outputOf(name, argv, input, readFile)
  return output && output.text.length <= limits.contentChars ? output : undefined
}

function outputOf(
  name: string,
  argv: readonly string[],
  input: string | undefined,
  readFile: (path: string) => string | undefined,
): StaticOutput | undefined {
  switch (name) {
    case 'echo':
      return { text: echoed(argv), origin: 'echo' }
    case 'printf':
      return { text: printed(argv), origin: argv[1]?.includes('\\x') ? 'hex' : 'echo' }
    case 'cat':
    case 'tee':
    case 'head':
    case 'tail': {
      const files = argv.slice(1).filter((word) => !word.startsWith('-') && word !== '-')
      if (name !== 'cat' || files.length === 0)
        return plain(name === 'cat' || argv.length === 1 || name === 'tee' ? input : undefined)
      const texts = files.map(readFile)
      return texts.some((text) => text === undefined) ? undefined : plain(texts.join(''))
    }
    case 'rev':
      return input === undefined
        ? undefined
        : plain(
            input
              .split('\n')
              .map((line) => [...line].reverse().join(''))
              .join('\n'),
          )
    case 'tr':
      return translated(argv, input)
    case 'base64':
    case 'base32':
    case 'basenc':
    case 'openssl':
    case 'xxd':
      return decoded(name, argv, input, readFile)
    default:
      return undefined
  }
}

function plain(text: string | undefined): StaticOutput | undefined {
  return text === undefined ? undefined : { text, origin: undefined }
}

function echoed(argv: readonly string[]): string {
  let i = 1
  let isEscaped = false
  let newline = '\n'
  for (; /^-[neE]+$/.test(argv[i] ?? ''); i++) {
    const flags = argv[i] ?? ''
    if (flags.includes('n')) newline = ''
    if (flags.includes('e')) isEscaped = true
    if (flags.includes('E')) isEscaped = false
  }
  const text = argv.slice(i).join(' ')
  return (isEscaped ? resolveEscapes(text) : text) + newline
}

function printed(argv: readonly string[]): string {
  const at = argv[1] === '--' ? 2 : 1
  const format = argv[at] ?? ''
  const args = argv.slice(at + 1)
  let result = ''
  let next = 0
  // The format is used again while arguments are left, as printf does.
  for (let round = 0; round < 256 && (round === 0 || next < args.length); round++) {
    const before = next
    result += format.replace(
      /%%|%[-0-9.+# ]*([sbcdioxXufq])|\\(?:x[0-9a-fA-F]{1,2}|[0-7]{1,3}|u[0-9a-fA-F]{1,4}|.)/g,
      (whole, verb) => {
        if (whole === '%%') return '%'
        if (whole.startsWith('\\')) return resolveEscapes(whole)
        const arg = args[next++] ?? ''
        if (verb === 'b') return resolveEscapes(arg)
        if (verb === 'c') return arg.slice(0, 1)
        if (verb === 'x') return Number(arg).toString(16)
        if (verb === 'o') return Number(arg).toString(8)
        return arg
      },
    )
    if (next === before || result.length > limits.contentChars) break
  }
  return result
}

function translated(argv: readonly string[], input: string | undefined): StaticOutput | undefined {
  if (input === undefined) return undefined
  const sets = argv
    .slice(1)
    .filter((word) => !/^-[cCdst]+$/.test(word))
    .map(characters)
  const [from, to] = sets
  if (from === undefined) return undefined
  if (argv.includes('-d')) return plain([...input].filter((c) => !from.includes(c)).join(''))
  if (to === undefined || argv.some((word) => /^-[cCs]/.test(word))) return undefined
  return plain([...input].map((c) => (from.includes(c) ? (to[from.lastIndexOf(c)] ?? to.at(-1) ?? c) : c)).join(''))
}

/** A set of `tr`: ranges and escapes spelled out. */
function characters(set: string): string {
  return resolveEscapes(set.replace(/^\[(.*)\]$/, '$1')).replace(
    /([\s\S])-([\s\S])/g,
    (whole, from: string, to: string) => {
      const first = from.charCodeAt(0)
      const last = to.charCodeAt(0)
      if (last < first || last - first > 256) return whole
      return Array.from({ length: last - first + 1 }, (_, i) => String.fromCharCode(first + i)).join('')
    },
  )
}

function decoded(
  name: string,
  argv: readonly string[],
  input: string | undefined,
  readFile: (path: string) => string | undefined,
): StaticOutput | undefined {
  const words = argv.slice(1)
  const isDecode =
    name === 'xxd'
      ? words.some((word) => /^-[a-z]*r/.test(word)) &&
        words.some((word) => /^-[a-z]*p/.test(word) || word === '-ps' || word === '-plain')
      : name === 'openssl'
        ? words.some((word) => /^(?:base64|enc)$/.test(word)) && words.includes('-d')
        : words.some((word) => /^-[a-zA-Z]*[dD]/.test(word) || word === '--decode')
  if (!isDecode) return undefined
  const file = words.find(
    (word, i) => !word.startsWith('-') && words[i - 1] !== '-w' && word !== 'base64' && word !== 'enc',
  )
  const source = file === undefined || name === 'openssl' ? input : readFile(file)
  if (source === undefined) return undefined
  if (name === 'xxd' || words.includes('--base16')) return { text: fromBytes(hexBytes(source)), origin: 'hex' }
  if (name === 'base32' || words.includes('--base32')) return { text: fromBytes(base32Bytes(source)), origin: 'base64' }
  return { text: fromBytes(base64Bytes(source)), origin: 'base64' }
}

const base64Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const base32Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function base64Bytes(text: string): number[] {
  return bits(text.replace(/-/g, '+').replace(/_/g, '/'), base64Digits, 6)
}

function base32Bytes(text: string): number[] {
  return bits(text.toUpperCase(), base32Digits, 5)
}

function bits(text: string, digits: string, width: number): number[] {
  const bytes: number[] = []
  let pending = 0
  let count = 0
  for (const c of text.slice(0, limits.contentChars * 2)) {
    const value = digits.indexOf(c)
    if (value < 0) continue
    pending = (pending << width) | value
    count += width
    if (count >= 8) {
      count -= 8
      bytes.push((pending >> count) & 255)
      pending &= (1 << count) - 1
    }
  }
  return bytes
}

function hexBytes(text: string): number[] {
  const digits = text.slice(0, limits.contentChars * 2).replace(/0x|\\x|[^0-9a-fA-F]/g, '')
  const bytes: number[] = []
  for (let i = 0; i + 1 < digits.length; i += 2) bytes.push(Number.parseInt(digits.slice(i, i + 2), 16))
  return bytes
}

/** Bytes as UTF-8 text; what is no UTF-8 shows as the replacement character. */
function fromBytes(bytes: readonly number[]): string {
  return new TextDecoder().decode(Uint8Array.from(bytes)).replaceAll('\0', '')
}
