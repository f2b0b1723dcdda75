// What looks like a secret in text that an agent wrote, and how it is shown instead. Pure; the log keeps the original.
// A mask must never become a place to hide in: apart from key blocks nothing that is masked holds white space or a sign that a shell acts on.
// Every pattern is bounded and no two of its parts can eat the same text, so hostile text costs linear time.
import { z } from 'zod'

export const SecretKind = z.enum([
  'AWS access key',
  'GitHub token',
  'GitLab token',
  'Slack token',
  'API key',
  'JSON web token',
  'private key',
  'bearer token',
  'password in an address',
  'password',
])
export type SecretKind = z.infer<typeof SecretKind>

/** How many of each kind; only kinds that are there. */
export const SecretCounts = z.partialRecord(SecretKind, z.number())
export type SecretCounts = z.infer<typeof SecretCounts>

/** Where it stands in the text: UTF-16 units, `end` not included. */
export type Secret = { kind: SecretKind; start: number; end: number }

export type MaskedText = { text: string; counts: SecretCounts }

/** Beginning of every mask; where an agent writes it itself, it is rewritten: see `asWritten`. */
export const maskMark = '‹masked:'
const asWritten = '‹as written: masked:'

export function maskOf(kind: SecretKind, characters: number): string {
  return `${maskMark} ${kind}, ${characters} characters›`
}

type Pattern = {
  kind: SecretKind
  /** Group 1 is what is masked; what goes before it is looked at only. */
  pattern: RegExp
  /** A last look, for what a pattern alone cannot tell. */
  isSecret?: (value: string, after: string, whole: string) => boolean
}

const named = [
  'passw(?:or)?d',
  'passphrase',
  'passwort',
  'pwd',
  '(?:aws_)?secret(?:[_-]?(?:access[_-]?)?key)?',
  'client[_-]?secret',
  'api[_-]?key',
  'access[_-]?key',
  '(?:access|auth|private|refresh)?[_-]?token',
].join('|')

/** Neither white space nor quotes nor anything by which a shell or a programme goes on: see the file's head. */
const value = '[^\\s"\'`\\\\,;&|<>()\\[\\]{}$‹›*]{4,512}'

const patterns: readonly Pattern[] = [
  { kind: 'AWS access key', pattern: /(?<![A-Za-z0-9])((?:AKIA|ASIA)[A-Z0-9]{16})(?![A-Za-z0-9])/g },
  { kind: 'GitHub token', pattern: /(?<![A-Za-z0-9])(gh[pousr]_[A-Za-z0-9]{36,255})(?![A-Za-z0-9])/g },
  { kind: 'GitHub token', pattern: /(?<![A-Za-z0-9])(github_pat_[A-Za-z0-9_]{22,255})(?![A-Za-z0-9])/g },
  { kind: 'GitLab token', pattern: /(?<![A-Za-z0-9])(glpat-[A-Za-z0-9_-]{20,255})/g },
  { kind: 'Slack token', pattern: /(?<![A-Za-z0-9])((?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,255})/g, isSecret: hasDigit },
  {
    kind: 'Slack token',
    pattern: /hooks\.slack\.com\/services\/(T[A-Z0-9]{6,16}\/B[A-Z0-9]{6,16}\/[A-Za-z0-9]{16,64})/g,
  },
  { kind: 'API key', pattern: /(?<![A-Za-z0-9])(sk-[A-Za-z0-9_-]{20,255})/g, isSecret: looksDrawn },
  { kind: 'API key', pattern: /(?<![A-Za-z0-9])([sr]k_(?:live|test)_[A-Za-z0-9]{16,255})/g },
  { kind: 'API key', pattern: /(?<![A-Za-z0-9])(AIza[A-Za-z0-9_-]{35})(?![A-Za-z0-9_-])/g },
  { kind: 'API key', pattern: /(?<![A-Za-z0-9])((?:npm|hf)_[A-Za-z0-9]{30,64})(?![A-Za-z0-9])/g },
  {
    kind: 'JSON web token',
    pattern: /(?<![A-Za-z0-9_-])(eyJ[A-Za-z0-9_-]{10,2048}\.[A-Za-z0-9_-]{10,4096}\.[A-Za-z0-9_-]{16,1024})/g,
  },
  {
    kind: 'private key',
    // The two header lines are those of an encrypted key, to the letter: nothing else may stand in what is masked.
    pattern:
      /(-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY-----(?:(?:\\{1,4}[nr]|\s){1,4}(?:Proc-Type: 4,ENCRYPTED|DEK-Info: [A-Z0-9-]{3,20},[0-9A-Fa-f]{8,64})){0,2}(?:(?:\\{1,4}[nr]|\s){1,4}[A-Za-z0-9+/=]{40,8192}){1,400}(?:(?:\\{1,4}[nr]|\s){1,4}[A-Za-z0-9+/=]{1,39}(?=(?:\\{1,4}[nr]|\s){0,4}-----END))?(?:(?:\\{1,4}[nr]|\s){0,4}-----END [A-Z0-9 ]{0,30}PRIVATE KEY-----)?)/g,
  },
  {
    kind: 'bearer token',
    pattern: /(?<![A-Za-z0-9])bearer[ \t]{1,4}([A-Za-z0-9._~+/=-]{8,4096})/gi,
    isSecret: looksDrawn,
  },
  {
    kind: 'bearer token',
    pattern:
      /(?<![A-Za-z0-9])authorization["'\\]{0,4}[ \t]{0,4}:[ \t"'\\]{0,6}(?:basic|token)[ \t]{1,4}([A-Za-z0-9._~+/=-]{6,4096})/gi,
  },
  {
    kind: 'password in an address',
    pattern: /:\/\/[^\s/:@"'`\\<>]{0,128}:([^\s/:@"'`\\<>()[\]{}$;&|‹›*]{1,256})@/g,
  },
  {
    kind: 'password',
    pattern: new RegExp(`(?:${named})["'\\\\]{0,4}[ \\t]{0,4}[=:](?![=:])[ \\t]{0,4}["'\\\\]{0,4}(${value})`, 'gi'),
    isSecret: isNamedSecret,
  },
  {
    kind: 'password',
    pattern: new RegExp(`(?<![A-Za-z0-9-])--(?:[a-z]{1,16}-){0,2}(?:${named})[ \\t]{1,4}["'\\\\]{0,4}(${value})`, 'gi'),
    isSecret: isNamedSecret,
  },
]

/** Almost every text has none of these, and is done with. */
const worthALook =
  /A[KS]IA|gh[pousr]_|github_pat_|glpat-|xox|xapp-|slack|sk-|[sr]k_|AIza|npm_|hf_|eyJ|PRIVATE KEY|bearer|authorization|:\/\/|passw|passp|pwd|secret|api.?key|access.?key|token|‹masked:/i

function hasDigit(text: string): boolean {
  return /\d/.test(text)
}

/** Drawn by chance, not a word or words with dashes: it has a digit, and is long or of both cases. */
function looksDrawn(text: string): boolean {
  return hasDigit(text) && (text.length >= 24 || (/[a-z]/.test(text) && /[A-Z]/.test(text)))
}

const plainWords =
  /^(?:true|false|null|none|nil|undefined|yes|no|string|str|text|bytes|number|bool|boolean|int|optional|required|password|passwd|passphrase|secret|token|api[_-]?key|hidden|redacted|masked|example|changeme|todo|x{3,}|\.{3,}|-.*|%.*|@.*|=.*|:.*)$/i
const path = /^(?:\.{0,2}|~)(?:\/[\w.-]{1,255}){1,32}\/?$/
/** `settings.PASSWORD`, `process.env.TOKEN`: where it is read from, not what it is. */
const reference = /^(?:self|this|os|process|env|config|settings|args|options|ctx|secrets)(?:\.[A-Za-z_]\w{0,63}){1,8}$/

function isNamedSecret(text: string, after: string, whole = ''): boolean {
  // A sentence about one: "the password: please change it".
  if (/:[ \t]{1,4}[A-Za-z]{1,512}$/.test(whole)) return false
  // It goes on as code (`getpass(`, `env[`, `a$(b)`): shown whole, so that nobody hides a command behind a password's name.
  if (/^[($[{`]/.test(after)) return false
  return !plainWords.test(text) && !path.test(text) && !reference.test(text)
}

/** Everything that looks like a secret, in the order of the text; no two overlap. */
export function findSecrets(text: string): Secret[] {
  if (!worthALook.test(text)) return []
  let found: Secret[] = []
  for (const { kind, pattern, isSecret } of patterns) {
    const more: Secret[] = []
    // Both lists rise and neither overlaps itself: one look along them is enough. An agent chooses how many there are.
    let at = 0
    for (const match of text.matchAll(pattern)) {
      const piece = match[1] ?? ''
      const end = match.index + match[0].length
      if (isSecret && !isSecret(piece, text.slice(end, end + 1), match[0])) continue
      // The piece is the last part of its match, except where a sign follows that only closes it.
      const start = match.index + match[0].lastIndexOf(piece)
      while ((found[at]?.end ?? Number.POSITIVE_INFINITY) <= start) at += 1
      if ((found[at]?.start ?? Number.POSITIVE_INFINITY) >= start + piece.length)
        more.push({ kind, start, end: start + piece.length })
    }
    // Two rising runs: sorting them is merging them.
    if (more.length > 0) found = [...found, ...more].sort((a, b) => a.start - b.start)
  }
  return found
}

/** The text as everybody may read it. What is no secret stays as it is, apart from masks that an agent wrote itself. */
export function maskText(text: string): MaskedText {
  if (!worthALook.test(text)) return { text, counts: {} }
  const counts: SecretCounts = {}
  let masked = ''
  let at = 0
  for (const { kind, start, end } of findSecrets(text)) {
    masked += text.slice(at, start).replaceAll(maskMark, asWritten) + maskOf(kind, end - start)
    counts[kind] = (counts[kind] ?? 0) + 1
    at = end
  }
  return { text: masked + text.slice(at).replaceAll(maskMark, asWritten), counts }
}

/**
 * What a person wrote, for a place that keeps it: secrets are masked, and a mask that they read and wrote again stays as it is. Doing it
 * twice changes nothing. Never for an agent's text, which could forge a mask: see `maskText`.
 */
export function withoutSecrets(text: string): string {
  // What stands before a mask may look like a secret only now (`--token password=password=`): until nothing does. Each turn leaves fewer.
  for (let shown = text, turns = 0; ; turns += 1) {
    const next = maskedOnce(shown)
    if (next === shown || turns === 16) return next
    shown = next
  }
}

function maskedOnce(text: string): string {
  let masked = ''
  let at = 0
  for (const { kind, start, end } of findSecrets(text)) {
    masked += text.slice(at, start) + maskOf(kind, end - start)
    at = end
  }
  return masked + text.slice(at)
}

const flagOfSecret = new RegExp(`^--?(?:[a-z]{1,16}-){0,2}(?:${named})$`, 'i')

/** An argument list: as text by text, and the argument after `--password` is one too. */
export function maskArguments(args: readonly string[]): { args: string[]; counts: SecretCounts } {
  const counts: SecretCounts = {}
  const masked = args.map((arg, index) => {
    const before = args[index - 1]
    if (
      before !== undefined &&
      flagOfSecret.test(before) &&
      new RegExp(`^${value}$`).test(arg) &&
      isNamedSecret(arg, '')
    ) {
      addCounts(counts, { password: 1 })
      return maskOf('password', arg.length)
    }
    const one = maskText(arg)
    addCounts(counts, one.counts)
    return one.text
  })
  return { args: masked, counts }
}

export function addCounts(total: SecretCounts, more: SecretCounts): void {
  for (const kind of SecretKind.options) {
    const count = more[kind]
    if (count !== undefined) total[kind] = (total[kind] ?? 0) + count
  }
}

/** Masks every text in a value of any shape (an event's data, a flag, an approval); lists of texts are read as argument lists. */
export function maskValue(value: unknown, counts: SecretCounts): unknown {
  if (typeof value === 'string') {
    const one = maskText(value)
    addCounts(counts, one.counts)
    return one.text
  }
  if (Array.isArray(value)) {
    if (value.every((each) => typeof each === 'string')) {
      const list = maskArguments(value as string[])
      addCounts(counts, list.counts)
      return list.args
    }
    return value.map((each) => maskValue(each, counts))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, maskValue(each, counts)]))
}
