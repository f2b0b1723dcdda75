// Regular expressions of rules run on RE2: time grows with the text, never explodes, whatever an attacker writes. What RE2 cannot do is told.
import { RE2JS } from 're2js'
import { fold } from './fold.ts'
import { type Literals, regexLiterals } from './regex-literals.ts'
import { type RegexTexts, regexTexts } from './regex-texts.ts'

const patternMaxChars = 2_000
const programMax = 20_000
/** Characters with their repetitions written out: far below what `programMax` and RE2's own limits allow. */
const certainMax = 5_000
const certainMaxChars = 1_500
/** Longer texts are searched in parts. */
const partChars = 1_024

export type RegexFlags = { i?: boolean; m?: boolean; s?: boolean }

/** Most patterns of a rule pack are never asked, and compiling takes a third of a millisecond: it is done at the first question. */
export class Regex {
  readonly #source: string
  readonly #flags: RegexFlags
  #compiled: RE2JS | undefined
  #literals: readonly Literals[] | undefined
  /** Null: not asked yet. */
  #texts: RegexTexts | undefined | null = null
  #lastText = ''
  #lastAnswer: boolean | undefined

  constructor(source: string, flags: RegexFlags, compiled?: RE2JS) {
    this.#source = source
    this.#flags = flags
    this.#compiled = compiled
  }

  test(text: string): boolean {
    // The text of a tool call stands in each of its commands, and what showed a match is asked again.
    if (this.#lastAnswer === undefined || text !== this.#lastText) {
      this.#lastText = text
      this.#lastAnswer = this.#regex().test(text)
    }
    return this.#lastAnswer
  }

  /** About where the first match begins. Places take longer to find than answers: in a long text only the part that matches is searched. */
  placeIn(text: string): number {
    if (this.texts !== undefined) return placeOfOne(this.texts, text)
    const regex = this.#regex()
    let from = 0
    while (from + partChars < text.length && !regex.test(text.slice(from, from + partChars))) from += partChars / 2
    const found = regex.exec(text.slice(from, from + partChars)) as { index: number } | null
    return found === null ? 0 : from + found.index
  }

  /** What must occur in whatever it matches. Asked by the index, by what judges and by what shows a match: it takes longer than compiling. */
  get literals(): readonly Literals[] {
    this.#literals ??= regexLiterals(this.#source)
    return this.#literals
  }

  /** The texts that it is written out into; undefined where it is more than that. */
  get texts(): RegexTexts | undefined {
    const { i, m } = this.#flags
    if (this.#texts === null) this.#texts = regexTexts(this.#source, `${i ? 'i' : ''}${m ? 'm' : ''}`)
    return this.#texts
  }

  /** Ahead of the first question; false where that was done, or is never needed. */
  compile(): boolean {
    if (this.#compiled !== undefined || this.texts !== undefined) return false
    this.#regex()
    return true
  }

  #regex(): RE2JS {
    this.#compiled ??= RE2JS.compile(this.#source, re2Flags(this.#flags))
    return this.#compiled
  }
}

function placeOfOne({ texts, ignoresCase }: RegexTexts, text: string): number {
  const searched = ignoresCase ? fold(text) : text
  for (const each of texts) {
    const at = searched.indexOf(ignoresCase ? fold(each) : each)
    if (at >= 0) return at
  }
  return 0
}

function re2Flags({ i = false, m = false, s = false }: RegexFlags): number {
  return (i ? RE2JS.CASE_INSENSITIVE : 0) | (m ? RE2JS.MULTILINE : 0) | (s ? RE2JS.DOTALL : 0)
}

export function compileRegex(
  source: string,
  flags: RegexFlags,
): { regex: Regex } | { unsupported: string; construct: string } | { wrong: string } {
  if (source.length > patternMaxChars) return { wrong: `The pattern is longer than ${patternMaxChars} characters` }
  if (isCertain(source)) return { regex: new Regex(source, flags) }
  try {
    const compiled = RE2JS.compile(source, re2Flags(flags))
    if (compiled.programSize() > programMax)
      return { wrong: 'The pattern is too large once its repetitions are written out' }
    return { regex: new Regex(source, flags, compiled) }
  } catch (error) {
    return whyNot(source, error instanceof Error ? error.message : 'it does not compile')
  }
}

/** What the two dialects do not read alike: groups with a `?`, escapes of letters and digits, classes that begin with their end or hold `\b`. */
const uncertain = /\(\?(?!:)|\\[^dDsSwWbBnrt]|\[\^?\]|\[[^\]]*\\[bB]|[^\n\t -~]/

/** Whether RE2 certainly takes it. JavaScript's stricter mode reads a pattern in a hundredth of the time; where it doubts, RE2 is asked at once. */
function isCertain(source: string): boolean {
  const pattern = source.replace(/^\(\?[ims]+\)/, '')
  // Escaped signs stand for themselves in both.
  if (source.length > certainMaxChars || uncertain.test(pattern.replace(/\\[^\w\s]/g, '_'))) return false
  let writtenOut = source.length
  for (const [, least, most] of pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g))
    writtenOut *= Math.max(1, Number(least), Number(most ?? 0))
  if (writtenOut > certainMax) return false
  try {
    new RegExp(pattern, 'u')
    return true
  } catch {
    return false
  }
}

function whyNot(source: string, message: string): { unsupported: string; construct: string } | { wrong: string } {
  const plain = source.replace(/\\\\/g, '')
  const found = [
    {
      is: /\(\?<?[=!]/,
      construct: 'look-around',
      instead: 'say what must not be there in a selection of its own, behind `not`',
    },
    { is: /\\[1-9]|\\k[<{']|\(\?P=/, construct: 'back-reference', instead: 'write the repeated part out' },
    {
      is: /\(\?>|[*+?}]\+/,
      construct: 'atomic group or possessive repetition',
      instead: 'leave it out: nothing backtracks here',
    },
    { is: /\(\?\(|\(\?R\)|\(\?&|\(\?[0-9]/, construct: 'recursion or condition in a pattern', instead: 'write it out' },
  ].find(({ is }) => is.test(plain))
  if (found !== undefined)
    return {
      construct: found.construct,
      unsupported: `The pattern uses a ${found.construct}, which a linear-time engine cannot do; ${found.instead}`,
    }
  return { wrong: `The pattern does not compile: ${message.replace(/^error parsing regexp: /, '').slice(0, 200)}` }
}

/** As PCRE does, `$` also stands before a last line break. */
export function matchesRegex(regex: Regex, text: string): boolean {
  return regex.test(text) || (text.endsWith('\n') && regex.test(text.slice(0, -1)))
}
