// What a check says of a text, in words and marks. Pure.
import {
  contextDocument,
  policyDocument,
  type RuleCheckView,
  type RuleProblemView,
} from '../../server/protocol/rule-view.ts'
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

export type Purpose = { about: string; understood: string; backtest?: string }

/** Of texts that are no rules; undefined for those that are. */
const purposes: ReadonlyMap<string, Purpose> = new Map([
  [contextDocument, { about: 'what you allow, protect and own', understood: 'The context is understood' }],
  [
    policyDocument,
    {
      about: 'which actions run, wait for a person, or are refused',
      understood: 'The policy is understood',
      backtest:
        'A flag here is an action that would have been held or refused; a page is one that would have been refused.',
    },
  ],
])

export function purposeOf(name: string): Purpose | undefined {
  return purposes.get(name)
}

export function verdictText({ problems, rules }: RuleCheckView, purpose: Purpose | undefined): string {
  const mistakes = blocking(problems).length
  if (mistakes > 0) return `${plural(mistakes, 'mistake')}: as it is, it cannot be saved`
  const unsupported = problems.length
  const found = purpose?.understood ?? `${plural(rules.length, 'rule')} found`
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
