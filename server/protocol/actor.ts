// Who caused something inside Vigil.
import { z } from 'zod'
import { ShortText } from './text.ts'

/** A signed-in operator, an API key, or the server itself (a rule's automatic response is the server's, with the rule's id). */
export const Actor = z.strictObject({ type: z.enum(['operator', 'key', 'server']), id: ShortText, name: ShortText })
export type Actor = z.infer<typeof Actor>
