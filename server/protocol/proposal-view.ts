// An exception that is proposed from what people said of a rule's flags, and what it is asked to be tried out with.
import { z } from 'zod'
import { AtMs } from './ids.ts'
import { backtestHoursMax, ExceptionCondition } from './rule-view.ts'

/** `GET /api/rules/{id}/proposal`; either `proposal` or `none` is there. */
export const ProposalView = z.object({
  rule: z.string(),
  /** Verdicts since then are looked at. */
  sinceMs: AtMs,
  /** Flags that were judged noise, drills left out, and those that were judged true. */
  noise: z.number(),
  real: z.number(),
  proposal: z
    .object({
      /** Hostile text: values are what agents wrote and hosts told. */
      when: z.array(ExceptionCondition),
      /** Of the noise, so many fit surely. None that was judged true does. */
      hides: z.number(),
      /** Nothing of it is told by a host or a trainer: an agent could do the same to stay unseen. */
      isImitable: z.boolean(),
    })
    .optional(),
  /**
   * `too-few`: one verdict says nothing of what several share. `would-hide-true`: whatever the noise shares, a flag that was judged true shares
   * or may share, as far as it is known.
   */
  none: z.enum(['too-few', 'nothing-common', 'would-hide-true']).optional(),
})
export type ProposalView = z.infer<typeof ProposalView>

/** `POST /api/rules/{id}/exceptions/backtest` -> 202; then `GET /api/backtests/{id}`. */
export const ExceptionBacktestRequest = z.strictObject({
  when: z.array(ExceptionCondition).min(1).max(8),
  hours: z.int().min(1).max(backtestHoursMax),
})
export type ExceptionBacktestRequest = z.infer<typeof ExceptionBacktestRequest>
