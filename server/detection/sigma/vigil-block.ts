// Our own block in a rule: why it matters, what to do, and examples that every test run plays. Strict: a misspelled key is told.
import { z } from 'zod'
import { logSources } from '../detection-event.ts'

const sentence = z.string().trim().min(1).max(2_000)

const ExampleEvent = z.strictObject({
  source: z.enum(logSources),
  fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])),
  atMs: z.number().optional(),
  session: z.string().optional(),
  host: z.string().optional(),
  trust: z.enum(['vigil', 'operator', 'firewall', 'kernel', 'host', 'gpu', 'trainer', 'agent']).optional(),
})
export type ExampleEvent = z.infer<typeof ExampleEvent>

/** A whole tool call's command at a time, for what counts commands. */
const ExampleCommand = z.strictObject({
  command: z.string(),
  atMs: z.number().optional(),
  session: z.string().optional(),
})
export type ExampleCommand = z.infer<typeof ExampleCommand>

const ExampleStep = z.union([ExampleEvent, ExampleCommand])

/** A text is a whole tool call's command. */
const Example = z.union([
  z.string(),
  ExampleStep,
  z
    .array(z.union([z.string(), ExampleStep]))
    .min(1)
    .max(2_000),
])
export type Example = z.infer<typeof Example>

export const VigilBlock = z.strictObject({
  behaviour: z.string().regex(/^[a-z][a-z0-9-]*$/, 'small letters, digits and hyphens, as the folder is called'),
  why: sentence,
  response: sentence,
  atlas: z.array(z.string().regex(/^AML\.T\d{4}(\.\d{3})?$/, 'an ATLAS technique looks like AML.T0050')).optional(),
  formerly: z
    .array(z.string().regex(/^attack\.t\d{4}(\.\d{3})?$/, 'a former number looks like attack.t1562.001'))
    .optional(),
  examples: z.strictObject({ fires: z.array(Example).max(200), silent: z.array(Example).max(200) }).optional(),
})
export type VigilBlock = z.infer<typeof VigilBlock>

export type VigilIssue = { path: (string | number)[]; message: string }

export function readVigilBlock(value: unknown): { block: VigilBlock } | { issues: VigilIssue[] } {
  const parsed = VigilBlock.safeParse(withoutBigints(value))
  if (parsed.success) return { block: parsed.data }
  return {
    issues: parsed.error.issues.slice(0, 10).map((issue) => ({
      path: issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step)),
      message: `vigil.${issue.path.map(String).join('.')}: ${explain(issue)}`,
    })),
  }
}

function explain(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return `unknown key ${issue.keys.map((key) => `"${key.slice(0, 40)}"`).join(', ')}; known are behaviour, why, response, atlas, formerly and examples with fires and silent`
  if (issue.code === 'invalid_union')
    return "an example is a text (a tool call's command), {source, fields}, {command, atMs}, or a list of those"
  if (issue.code === 'invalid_type' && issue.input === undefined) return `is missing (${issue.expected})`
  return issue.message
}

/** YAML hands integers over as bigints; here they are times and ports. */
function withoutBigints(value: unknown, depth = 0): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (depth > 12 || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => withoutBigints(item, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutBigints(item, depth + 1)]))
}
