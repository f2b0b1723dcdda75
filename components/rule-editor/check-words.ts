// What a check says of a text, in words and marks. Pure.
import type { RuleCheckView, RuleProblemView } from '../../server/protocol/rule-view.ts'
import { plural } from '../ui/format-quantity.ts'
import type { Mark } from './text-place.ts'

/** What keeps the text from being saved; what is only not supported does not. */
export function blocking(problems: readonly RuleProblemView[]): RuleProblemView[] {
  return problems.filter(({ construct }) => construct === undefined)
}

export function marksOf(problems: readonly RuleProblemView[]): Mark[] {
  return problems.map(({ line, column, message, construct }) => ({
    line,
    column,
    message: construct === undefined ? message : `not supported, ${construct}: ${message}`,
    isBlocking: construct === undefined,
  }))
}

export function verdictText({ problems, rules }: RuleCheckView, isContext: boolean): string {
  const mistakes = blocking(problems).length
  if (mistakes > 0) return `${plural(mistakes, 'mistake')}: as it is, it cannot be saved`
  const unsupported = problems.length
  const found = isContext ? 'The context is understood' : `${plural(rules.length, 'rule')} found`
  return unsupported === 0 ? found : `${found}; ${plural(unsupported, 'thing')} in it cannot be done here`
}

/** `12 of 14 examples did as expected`; undefined where there is none. */
export function examplesText({ examples }: RuleCheckView): string | undefined {
  if (examples.length === 0) return undefined
  const good = examples.filter(({ isAsExpected }) => isAsExpected).length
  if (good === examples.length) return `${plural(good, 'example')} played, as expected`
  return `${good} of ${plural(examples.length, 'example')} as expected`
}

export const expectWords = { fires: 'should fire', silent: 'should stay silent' } as const
