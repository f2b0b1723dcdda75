// Regular expressions of rules run on RE2: time grows with the text, never explodes, whatever an attacker writes. What RE2 cannot do is told.
import { RE2JS } from 're2js'

const patternMaxChars = 2_000
const programMax = 20_000

export type RegexFlags = { i?: boolean; m?: boolean; s?: boolean }

export function compileRegex(
  source: string,
  { i = false, m = false, s = false }: RegexFlags,
): { regex: RE2JS } | { unsupported: string; construct: string } | { wrong: string } {
  if (source.length > patternMaxChars) return { wrong: `The pattern is longer than ${patternMaxChars} characters` }
  const flags = (i ? RE2JS.CASE_INSENSITIVE : 0) | (m ? RE2JS.MULTILINE : 0) | (s ? RE2JS.DOTALL : 0)
  try {
    const regex = RE2JS.compile(source, flags)
    if (regex.programSize() > programMax)
      return { wrong: 'The pattern is too large once its repetitions are written out' }
    return { regex }
  } catch (error) {
    return whyNot(source, error instanceof Error ? error.message : 'it does not compile')
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
export function matchesRegex(regex: RE2JS, text: string): boolean {
  return regex.test(text) || (text.endsWith('\n') && regex.test(text.slice(0, -1)))
}
