// Rehearses rules in slices between everything else, so that no event pays for many of them: one crafted command may ask hundreds at once. It never
// keeps the process alive.
import { rehearse } from './detection/rehearse.ts'
import type { ReadShell } from './detection/shell/shell-reading.ts'
import type { RuleSet } from './detection/sigma/compile-rules.ts'

/** Of one turn of the loop: a batch of events waits no longer than that. */
const sliceMs = 8

/** Returns what stops it. */
export function warmRules(ruleSet: RuleSet, readShell: ReadShell, onError: (error: unknown) => void): () => void {
  const steps = rehearse(ruleSet, readShell)
  let next: NodeJS.Immediate | undefined
  const plan = () => {
    next = setImmediate(work)
    next.unref()
  }
  function work(): void {
    const untilMs = performance.now() + sliceMs
    try {
      while (performance.now() < untilMs) if (steps.next().done) return
    } catch (error) {
      // What is left is compiled at its first question.
      onError(error)
      return
    }
    plan()
  }
  plan()
  return () => clearImmediate(next)
}
