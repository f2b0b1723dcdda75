// What a host can do to a session, said before anyone clicks.
import { z } from 'zod'
import { ShortText } from './text.ts'

export const AbilityName = z.enum(['pause', 'end', 'network', 'shell', 'gpu', 'files', 'credentials'])
export type AbilityName = z.infer<typeof AbilityName>

/** `proven`: the effect is read back from the kernel. `best-effort`: tried, and labelled so. `no`: cannot be done here. */
export const Ability = z.strictObject({
  name: AbilityName,
  can: z.enum(['proven', 'best-effort', 'no']),
  /** The enforcer's name, for example `cgroup-freeze`; empty when there is none. */
  enforcer: ShortText,
  /** One sentence for the operator: how it is done, or why it cannot be. */
  detail: ShortText,
})
export type Ability = z.infer<typeof Ability>

/** What the probe can see. `no` always comes with the reason in `detail`. */
export const Observer = z.strictObject({
  name: z.enum(['processes', 'tcp', 'udp', 'cpu', 'memory', 'gpu']),
  can: z.enum(['yes', 'partly', 'no']),
  detail: ShortText,
})
export type Observer = z.infer<typeof Observer>
