// Everything that the first commands would have to pay for, done before they come: rules compiled, then their own examples read and judged, so
// that the engine's just-in-time compiler has seen the way. Measured: the first hostile commands of a process cost 60 to 100 ms without it, 47 at
// most with it. Nothing depends on it, and nothing is remembered of it but readings of texts.

import type { ReadShell } from './shell/shell-reading.ts'
import type { RuleSet } from './sigma/compile-rules.ts'
import { openWatch } from './watch.ts'

/** Enough for the compiler; all of them would take seconds of one core. */
const examplesMax = 400
/** Texts that are too long to be read as they are go another way: through both ends, leniently between, with more flags than are told. */
const longTexts = 4
const longTextChars = 30_000

/** A step is a few milliseconds at most; the last few are as long as the dearest command. */
export function* rehearse(ruleSet: RuleSet, readShell: ReadShell): Generator<void, void, void> {
  yield* ruleSet.warm()
  const all = ruleSet.examples()
  // From all over the rules: those that stand together are alike.
  const stride = Math.max(1, Math.ceil(all.length / examplesMax))
  const watch = openWatch({ ruleSet, readShell })
  for (let at = 0; at < all.length; at += stride) {
    watch.takeCommand(all[at] as string, { atMs: at, session: undefined, call: undefined })
    yield
  }
  const together = all.join('; ')
  for (let n = 0; n < longTexts; n++) {
    const from = Math.trunc((together.length / longTexts) * n)
    watch.takeCommand(together.slice(from, from + longTextChars), { atMs: n, session: undefined, call: undefined })
    yield
  }
}
