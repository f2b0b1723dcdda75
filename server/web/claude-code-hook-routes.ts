// `POST /hooks/claude-code`: the gate in Claude Code's own words. `PreToolUse` asks the gate; other hooks are recorded. Whatever goes wrong
// with a `PreToolUse`, the answer is a 200 that denies (see `claude-code-hook-answer.ts`), never silence and never "allow".
import { setTimeout as sleep } from 'node:timers/promises'
import { createRoute, z } from '@hono/zod-openapi'
import { canonicalJson } from '../control/canonical-action.ts'
import type { EventInput } from '../protocol/event.ts'
import type { DoorClaim } from '../protocol/gate-health.ts'
import { CallId, SessionId } from '../protocol/ids.ts'
import { longTextMax, ShortText } from '../protocol/text.ts'
import type { ApiApp } from './api-app.ts'
import type { BodyBudget } from './body-budget.ts'
import { claudeCodeHookPath, hookAnswerOf, type PreToolUseAnswer } from './claude-code-hook-answer.ts'
import { type DeliveryPorts, deliverFacts, trustOfFacts } from './deliver-facts.ts'
import type { Gate } from './gate.ts'
import type { GateAnswer } from './gate-decide.ts'
import { type Caller, requireScope, senderOf } from './identity.ts'
import type { Formats } from './ports.ts'
import { ProblemError } from './problem.ts'
import { sourceNameOf } from './source-name.ts'

const format = 'claude-code-hooks'
/** A hook of a call that has ended holds its output. */
const hookBody = { wireBytes: 1024 * 1024, decodedBytes: 1024 * 1024 }
/** Below the 60 s that people give a hook. */
const usualTimeoutMs = 55_000

const Query = z.object({
  session: SessionId.optional().describe(
    'the Vigil session; default: the one of the key or token, else the hook’s own session_id',
  ),
  timeoutMs: z.coerce
    .number()
    .int()
    .min(100)
    .max(3_600_000)
    .default(usualTimeoutMs)
    .describe('we answer before it passes; the hook’s own timeout must be longer'),
  door: z
    .string()
    .regex(/^[\w.-]{1,48}\/[\w.+-]{1,24}$/)
    .optional()
    .describe('name/version of what posts the hook, where it is not Claude Code itself'),
})

const Hook = z.looseObject({ hook_event_name: z.string().min(1).max(128), session_id: z.string().optional() })
const PreToolUse = z.looseObject({
  tool_name: ShortText.min(1),
  tool_input: z.unknown().optional(),
  tool_use_id: CallId,
  cwd: z.string().max(4_096).optional(),
})

const Answer = z.object({
  hookSpecificOutput: z
    .object({
      hookEventName: z.literal('PreToolUse'),
      permissionDecision: z.enum(['allow', 'deny']),
      permissionDecisionReason: z.string(),
      updatedInput: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
})

const route = createRoute({
  method: 'post',
  path: claudeCodeHookPath,
  summary: 'A hook of Claude Code: PreToolUse asks the gate, the others are recorded',
  request: { query: Query },
  responses: {
    200: {
      description:
        'what Claude Code is to do. A failure is a 200 as well, and denies: Claude Code lets calls run after other statuses',
      content: { 'application/json': { schema: Answer } },
    },
  },
})

export type ClaudeCodeHookOptions = { gate: Gate; formats: Formats; ports: DeliveryPorts; budget: BodyBudget }

export function claudeCodeHookRoutes({ gate, formats, ports, budget }: ClaudeCodeHookOptions) {
  const { pipeline, clock } = ports

  return (app: ApiApp): void => {
    app.openapi(route, async (c) => {
      const { session: named, timeoutMs, door } = c.req.valid('query')
      const untilMs = clock.nowMs() + timeoutMs
      const caller = c.get('caller')
      const text = await budget.withBody(c.env.incoming, hookBody, async (body) => body.toString('utf8'))
      const hook = Hook.safeParse(parseJson(text)).data
      if (!hook) throw unfit('it is no hook of Claude Code: it names no hook_event_name')
      const session = SessionId.safeParse(named ?? boundSessionOf(caller) ?? hook.session_id).data
      if (session === undefined) throw unfit('it names no session: add ?session= to the address of the hook')
      if (hook.hook_event_name === 'PreToolUse')
        return c.json(
          await preToolUse(caller, session, hook, { untilMs, door: doorOf(door), gone: c.req.raw.signal }),
          200,
        )
      await record(requireScope(caller, 'ingest'), session, hook)
      return c.json({}, 200)
    })
  }

  async function preToolUse(
    asker: Caller | undefined,
    session: SessionId,
    hook: z.infer<typeof Hook>,
    { untilMs, door, gone }: { untilMs: number; door: DoorClaim; gone: AbortSignal },
  ): Promise<PreToolUseAnswer> {
    const caller = gate.requireMayAsk(asker, session)
    const read = PreToolUse.safeParse(hook)
    if (!read.success) {
      const field = read.error.issues[0]?.path.join('.') ?? 'hook'
      const isOld = field === 'tool_use_id'
      throw unfit(isOld ? 'it names no call: update Claude Code (2.0.43 or newer)' : `${field} does not fit`)
    }
    const { tool_name: tool, tool_input: input, tool_use_id: callId, cwd } = read.data
    // More could not be shown to the person who is to allow it.
    if (canonicalJson(input).length > longTextMax)
      throw unfit(`its input is longer than ${longTextMax} characters: do it in smaller steps`)
    await makeKnown(caller, session, cwd, untilMs)
    const deadlineMs = untilMs - clock.nowMs()
    const answer = await gate.ask(caller, { session, callId, tool, input, cwd, door, deadlineMs, gone })
    // Not waited for: the decision is on record, and the call is not to wait longer for more.
    if (mayIngest(caller) && pipeline.state.sessions.has(session))
      void record(caller, session, recordOf(hook, answer)).catch(() => undefined)
    return hookAnswerOf(answer)
  }

  /** Asking alone makes nobody known; a key that may ingest may say so itself, and what the hook says of it is the agent's word. */
  async function makeKnown(caller: Caller, session: SessionId, cwd: string | undefined, untilMs: number) {
    if (pipeline.state.sessions.has(session) || caller.type !== 'key' || !mayIngest(caller)) return
    const event: EventInput = {
      v: 1,
      kind: 'session.started',
      atMs: clock.nowMs(),
      session,
      ...(caller.key.host && { host: caller.key.host }),
      data: { agent: 'claude-code', held: 'none', abilities: [], ...(cwd !== undefined && { cwd }) },
    }
    const submitted = pipeline.submit({ sender: senderOf(caller), events: [event], trust: 'agent' }).then(
      () => true,
      () => false,
    )
    const stop = new AbortController()
    const waitMs = Math.min(10_000, (untilMs - clock.nowMs()) / 2)
    const timeUp = sleep(waitMs, false, { signal: stop.signal }).catch(() => false)
    const isKnown = await Promise.race([submitted, timeUp])
    stop.abort()
    if (!isKnown) throw new ProblemError(503, 'Not decided', 'the session could not be put on record in time')
  }

  async function record(caller: Caller, session: SessionId, hook: z.infer<typeof Hook>): Promise<void> {
    // It is resumed under the same id, and what an ended session asks is denied: its end is not Claude Code's to say here.
    if (hook.hook_event_name === 'SessionEnd') return
    const known = formats.get(format)
    if (!known) return
    const sender = senderOf(caller)
    const sourceId = ports.sources.idOf(format, sourceNameOf(caller))
    const delivery = deliverFacts(ports, { sender, trust: trustOfFacts(caller, known), sourceId })
    const host = sender.type === 'source' ? sender.host : undefined
    const intake = formats.open(format, { nowMs: clock.nowMs(), host, boundSession: session }, delivery)
    if (!intake) return
    intake.push(Buffer.from(JSON.stringify(hook)))
    intake.end()
    await delivery.finish(intake.counts)
  }
}

/** What became of the call, as Claude Code itself would tell it: a call that was denied was tried all the same, and rules judge it. */
function recordOf(hook: z.infer<typeof Hook>, { decision, reason, input }: GateAnswer): z.infer<typeof Hook> {
  if (decision === 'deny') return { ...hook, hook_event_name: 'PermissionDenied', reason }
  return decision === 'edit' ? { ...hook, tool_input: input } : hook
}

/** Claude Code posts its hooks itself, and names no version of its own. */
function doorOf(claimed: string | undefined): DoorClaim {
  const [name = '', version = ''] = (claimed ?? '').split('/')
  return claimed === undefined ? { name: 'claude-code-http-hook' } : { name, version }
}

function mayIngest(caller: Caller): boolean {
  return caller.type === 'session-token' || (caller.type === 'key' && caller.key.scopes.includes('ingest'))
}

function boundSessionOf(caller: Caller | undefined): SessionId | undefined {
  if (caller?.type === 'session-token') return caller.session
  return caller?.type === 'key' ? caller.key.session : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ProblemError(400, 'Malformed request', 'the body is not valid JSON')
  }
}

function unfit(detail: string): ProblemError {
  return new ProblemError(422, 'Hook does not fit', detail)
}
