// A proposed exception in words. Pure.
import type { ProposalView } from '../../server/protocol/proposal-view.ts'
import type { BacktestView } from '../../server/protocol/rule-view.ts'
import { differenceOf } from '../rule-editor/backtest-words.ts'
import { countText, plural } from '../ui/format-quantity.ts'
import { dayText } from '../ui/format-time.ts'

/** How much of what was judged it fits: of what is true, none. */
export function coverText({ noise, real, sinceMs, proposal }: ProposalView): string {
  const kept = real === 0 ? 'Nobody has judged one true' : `None of the ${countText(real)} judged true fits`
  return `It surely fits ${countText(proposal?.hides ?? 0)} of ${plural(noise, 'flag')} that ${noise === 1 ? 'was' : 'were'} noise. ${kept}. Verdicts since ${dayText(sinceMs)}; the backtest shows the rest.`
}

export function noProposalText({ none, noise, real }: ProposalView): string {
  if (none === 'would-hide-true')
    return `No proposal: what the ${countText(noise)} that were noise have in common, one of the ${countText(real)} judged true has too, or may have as far as it is known.`
  if (none === 'nothing-common')
    return `No proposal: the ${countText(noise)} that were noise have nothing in common that an exception could say, beside the host.`
  return `No proposal yet: ${noise === 0 ? 'no flag was' : `${plural(noise, 'flag')} was`} judged noise, and it takes two to have something in common.`
}

/** What an exception does to flags that page is to make them notes: that is as good as gone for who is woken. */
export function quietedText(test: Pick<BacktestView, 'appeared' | 'disappeared'>): string | undefined {
  const quieted = differenceOf(test).shifted.filter(({ from }) => from.verdict === 'true').length
  if (quieted === 0) return undefined
  return `${countText(quieted)} of those that would be notes ${quieted === 1 ? 'was' : 'were'} judged: it is so.`
}
