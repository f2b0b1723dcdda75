// The arguments of a tool, exactly as they came. Not `z.record`: that leaves out a key "__proto__", and what is shown to the person who decides
// must be all of what runs.
import { z } from 'zod'

export const ToolInput = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be an object',
)
