// Settings that change who may do what. Each is off until somebody turns it on, and turning it off takes what it asks for.
import { z } from 'zod'

/** `two-person-release`: letting a contained session go takes two operators. `two-person-policy`: so does changing these settings. */
export const PolicyName = z.enum(['two-person-release', 'two-person-policy'])
export type PolicyName = z.infer<typeof PolicyName>
