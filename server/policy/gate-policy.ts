// The gate's policy: ordered rules, the first that fits decides. Written by hand, so every refusal says where and what to write instead.
import { z } from 'zod'
import type { DetectionEvent } from '../detection/detection-event.ts'
import { type Flag, severities } from '../detection/flag.ts'
import { compileExpression, type Predicate } from '../detection/sigma/compile-test.ts'
import { EventView, FieldSlots } from '../detection/sigma/event-view.ts'
import { readRuleFile } from '../detection/sigma/read-rule-file.ts'
import type { Problem } from '../detection/sigma/sigma-rule.ts'
import { readYamlDocuments } from '../detection/sigma/yaml-documents.ts'

const capabilities = ['shell', 'files', 'network', 'unknown', 'none'] as const
const Name = z.string().trim().min(1).max(120)
const Texts = z.union([Name.transform((one) => [one]), z.array(Name).min(1).max(100)])

const When = z
  .strictObject({
    /** The action's worst flag is at least so severe. */
    severity: z.enum(severities).optional(),
    behaviours: Texts.optional(),
    rules: Texts.optional(),
    tools: Texts.optional(),
    capabilities: z
      .union([z.enum(capabilities).transform((one) => [one]), z.array(z.enum(capabilities)).min(1)])
      .optional(),
    labels: z.record(Name, Name).optional(),
    /** The session's risk is at least so high. */
    risk: z.number().min(0).optional(),
    /** A Sigma detection on the commands, contents and files of the action: selections and a condition. */
    detection: z.record(z.string(), z.unknown()).optional(),
  })
  .refine(
    (when) => Object.values(when).some((each) => each !== undefined),
    'say when: without a condition it fits everything; use `otherwise`',
  )

/** `90s`, `10m`, `1h`. */
const Within = z
  .string()
  .regex(/^[1-9]\d{0,3}[smh]$/, 'a time is written "90s", "10m" or "1h"')
  .transform((text) => Number(text.slice(0, -1)) * { s: 1_000, m: 60_000, h: 3_600_000 }[text.slice(-1) as 's'])
  .refine((ms) => ms >= 5_000 && ms <= 24 * 3_600_000, 'between 5s and 24h')

const Do = z.enum(['allow', 'deny', 'ask', 'ask-two'], 'write allow, deny, ask or ask-two')

const PolicyFile = z.strictObject({
  rules: z
    .array(z.strictObject({ name: Name, when: When, do: Do, within: Within.optional(), reason: Name.optional() }))
    .max(200)
    .default([]),
  /** What happens to the rest, by capability; `all` where none is named. */
  otherwise: z.partialRecord(z.enum([...capabilities, 'all']), Do).default({}),
})

export type Outcome = 'allow' | 'deny' | 'ask' | 'ask-two'

/** What a policy is asked about. */
export type AskedAction = {
  tool: string
  capability: (typeof capabilities)[number]
  flags: readonly Flag[]
  events: readonly DetectionEvent[]
  labels: Readonly<Record<string, string>>
  risk: number
}

export type PolicyAnswer = {
  outcome: Outcome
  /** Name of the rule that decided. */
  policy: string
  /** For the agent, where the operator wrote one. */
  reason: string | undefined
  withinMs: number
}

export type GatePolicy = { decide(action: AskedAction): PolicyAnswer }

/** In force where a policy cannot be read. */
export const askForAll: GatePolicy = {
  decide: () => ({ outcome: 'ask', policy: 'the policy cannot be read', reason: undefined, withinMs: usualWithinMs }),
}

const usualWithinMs = 10 * 60_000

export const policyTemplate = `# What of an agent's actions runs, waits for a person, or is refused. The first rule that fits decides.
# do: allow, deny, ask (one person), ask-two (two people). within: how long it waits before it is denied.
# when: all that is given must hold.
#   severity, behaviours, rules: what rules say of the action (severity: at least)
#   tools, capabilities (shell, files, network, unknown, none), labels of the session, its risk (at least)
#   detection: a Sigma detection on the action's commands, contents and files
rules:
  - name: What would page waits for a person
    when: { severity: high }
    do: ask
    within: 10m
  - name: What could not be read to its end waits for a person
    when: { rules: vigil-unread-command, severity: medium }
    do: ask
    within: 10m
#  - name: Pushing to a release branch takes two
#    when:
#      detection:
#        push: { Image|endswith: /git, CommandLine|contains: ' push ', CommandLine|endswith: release }
#        condition: push
#    do: ask-two
#    within: 30m
#  - name: The nightly run may reach nothing new
#    when: { labels: { run: nightly }, capabilities: network }
#    do: deny
#    reason: the nightly run works offline
otherwise: { all: allow }
`

export function readGatePolicy(text: string, file: string): { policy: GatePolicy } | { problems: Problem[] } {
  const { documents, problems } = readYamlDocuments(text, file)
  if (problems.length > 0) return { problems }
  const [first, second] = documents
  const told = (message: string, path: (string | number)[] = []): Problem => {
    const place = first?.placeOf(path) ?? { file, line: 1, column: 1 }
    return { ...place, rule: undefined, message: path.length === 0 ? message : `${path.join('.')}: ${message}` }
  }
  if (second) return { problems: [told('One document alone: leave out the "---"')] }
  const parsed = PolicyFile.safeParse(withNumbers(first?.value ?? {}))
  if (!parsed.success)
    return {
      problems: parsed.error.issues.slice(0, 50).map(({ path, message }) =>
        told(
          message,
          path.map((step) => (typeof step === 'symbol' ? String(step) : step)),
        ),
      ),
    }
  const wrong: Problem[] = []
  const rules = parsed.data.rules.map((rule, index) => {
    const detection = rule.when.detection && compileDetection(rule.when.detection)
    if (detection && 'wrong' in detection) wrong.push(told(detection.wrong, ['rules', index, 'when', 'detection']))
    return { ...rule, fits: detection && 'fits' in detection ? detection.fits : undefined }
  })
  if (wrong.length > 0) return { problems: wrong }
  const { otherwise } = parsed.data
  return {
    policy: {
      decide(action) {
        for (const { name, when, do: outcome, within, reason, fits } of rules)
          if (holds(when, fits, action)) return { outcome, policy: name, reason, withinMs: within ?? usualWithinMs }
        const outcome = otherwise[action.capability] ?? otherwise.all ?? 'allow'
        return { outcome, policy: `otherwise, ${action.capability}`, reason: undefined, withinMs: usualWithinMs }
      },
    },
  }
}

function holds(
  when: z.infer<typeof When>,
  fits: ((events: readonly DetectionEvent[]) => boolean) | undefined,
  { tool, capability, flags, events, labels, risk }: AskedAction,
): boolean {
  const rank = (severity: Flag['severity']) => severities.indexOf(severity)
  const { severity } = when
  // What is asked of flags must hold for one and the same.
  const asksFlags = severity !== undefined || when.behaviours !== undefined || when.rules !== undefined
  const isMeant = (flag: Flag) =>
    (severity === undefined || rank(flag.severity) >= rank(severity)) &&
    (when.behaviours === undefined || (flag.behaviour !== undefined && when.behaviours.includes(flag.behaviour))) &&
    (when.rules === undefined || when.rules.includes(flag.rule))
  return (
    (!asksFlags || flags.some(isMeant)) &&
    (when.tools === undefined || when.tools.some((each) => each.toLowerCase() === tool.toLowerCase())) &&
    (when.capabilities === undefined || when.capabilities.includes(capability)) &&
    (when.labels === undefined || Object.entries(when.labels).every(([name, value]) => labels[name] === value)) &&
    (when.risk === undefined || risk >= when.risk) &&
    (when.detection === undefined || fits?.(events) === true)
  )
}

/** The same reader as for rules: the detection is put into one. */
function compileDetection(
  detection: Record<string, unknown>,
): { fits: (events: readonly DetectionEvent[]) => boolean } | { wrong: string } {
  const rule = (category: string) =>
    JSON.stringify({
      title: 'Policy',
      id: 'policy',
      level: 'low',
      logsource: { product: 'vigil', category },
      detection,
    })
  const read = (['command', 'content', 'file', 'action'] as const).map((source) => {
    const file = readRuleFile(rule(source), 'policy.yml')
    return { source, rule: file.rules[0], wrong: file.problems[0] ?? file.unsupported[0] }
  })
  const able = read.filter((each) => each.rule !== undefined && each.wrong === undefined)
  if (able.length === 0) return { wrong: read[0]?.wrong?.message ?? 'it cannot be read' }
  const slots = new FieldSlots()
  const predicates = new Map<string, Predicate>(
    able.flatMap(({ source, rule }) => (rule ? [[source, compileExpression(rule.when, slots)]] : [])),
  )
  const view = new EventView(slots)
  return {
    fits: (events) =>
      events.some((event) => {
        const predicate = predicates.get(event.source)
        if (!predicate) return false
        view.show(event)
        return predicate(view)
      }),
  }
}

function withNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(withNumbers)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withNumbers(item)]))
}
