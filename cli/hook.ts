// `vigil hook claude-code`: Claude Code's command hook. Exit code 2 blocks a call and every other failure lets it run, so whatever goes wrong
// here before an answer was printed must end in 2: no server, no time, no sense in what came in, a fault of our own.
import { randomUUID } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import type { Command } from 'commander'
import { askUntil } from '../client/gate.ts'
import { gateReachOf } from './gate-client.ts'
import { secondsOption } from './seconds-option.ts'

/** Below the 60 s that the settings give the hook: one that Claude Code itself ends lets the call run. */
export const usualHookSeconds = 55
/** A hook that decides nothing must not hold up the agent. */
const recordWithinMs = 5_000

const door = 'claude-code-command-hook/0.1.0'
/** A start that waits for more is worse than one without proof. */
const canaryWithinMs = 10_000
const canaryTool = 'vigil.canary'
const blocked = 2
const failed = 1

type Hook = { hook_event_name: string; [field: string]: unknown }

export type HookIo = {
  input: NodeJS.ReadableStream
  /** Resolves when the text has left. */
  out: (text: string) => Promise<void>
  explain: (text: string) => void
  env: NodeJS.ProcessEnv
}

/** Resolves to the exit code; never throws. */
export async function claudeCodeHook(options: { timeoutMs: number; session?: string | undefined }, io: HookIo) {
  let code = blocked
  let timer: NodeJS.Timeout | undefined
  try {
    const untilMs = Date.now() + options.timeoutMs
    const timeUp = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no hook came on standard input in time')), options.timeoutMs)
    })
    const hook = parseHook((await Promise.race([buffer(io.input), timeUp])).toString('utf8'))
    const isAsked = hook.hook_event_name === 'PreToolUse'
    // Blocked, other hooks would do harm: a blocked `Stop`, for one, never lets the agent end.
    if (!isAsked) code = failed
    const reach = gateReachOf(io.env)
    const session = options.session ?? io.env.VIGIL_SESSION
    const request = (timeoutMs: number) => {
      const query = new URLSearchParams({ timeoutMs: String(timeoutMs), door, ...(session && { session }) })
      return { path: `/hooks/claude-code?${query}`, body: hook }
    }
    if (!isAsked) {
      await askUntil(reach, request, () => true, Math.min(untilMs, Date.now() + recordWithinMs))
      return 0
    }
    const answer = await askUntil(reach, request, preToolUseAnswerOf, untilMs)
    await io.out(`${JSON.stringify(answer)}\n`)
    return 0
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    io.explain(code === blocked ? `vigil: this call is denied: ${why}\n` : `vigil: the hook is not recorded: ${why}\n`)
    return code
  } finally {
    clearTimeout(timer)
  }
}

// By hand and not by zod, as elsewhere: that takes a third of the time of a hook, which is started for every call.
function parseHook(text: string): Hook {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('standard input is not the JSON of a hook')
  }
  if (!isHook(value)) throw new Error('standard input is no hook of Claude Code: it names no hook_event_name')
  return value
}

function isHook(value: unknown): value is Hook {
  return isObject(value) && typeof value.hook_event_name === 'string' && value.hook_event_name !== ''
}

/** Only what we know of it is passed on; undefined where it does not say clearly what is to be done. */
function preToolUseAnswerOf(said: unknown) {
  const told = isObject(said) ? said.hookSpecificOutput : undefined
  if (!isObject(told) || told.hookEventName !== 'PreToolUse') return undefined
  const { hookEventName, permissionDecision, permissionDecisionReason, updatedInput } = told
  if (permissionDecision !== 'allow' && permissionDecision !== 'deny') return undefined
  if (typeof permissionDecisionReason !== 'string') return undefined
  if (updatedInput !== undefined && !isObject(updatedInput)) return undefined
  const decided = { hookEventName, permissionDecision, permissionDecisionReason }
  return { hookSpecificOutput: updatedInput === undefined ? decided : { ...decided, updatedInput } }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The canary goes the way of a call, and must come back denied: Claude Code runs this at `SessionStart`, a person by hand with `--session`.
 * Resolves to 0 when it was denied; prints nothing, because Claude Code would give it to the model. Never throws.
 */
export async function claudeCodeCanary(options: { timeoutMs: number; session?: string | undefined }, io: HookIo) {
  try {
    const untilMs = Date.now() + options.timeoutMs
    const session = options.session ?? io.env.VIGIL_SESSION
    const hook = options.session === undefined ? parseHook((await buffer(io.input)).toString('utf8')) : {}
    const call = {
      hook_event_name: 'PreToolUse',
      tool_name: canaryTool,
      tool_input: {},
      tool_use_id: `canary-${randomUUID()}`,
    }
    const request = (timeoutMs: number) => {
      const query = new URLSearchParams({ timeoutMs: String(timeoutMs), door, ...(session && { session }) })
      return { path: `/hooks/claude-code?${query}`, body: { ...hook, ...call } }
    }
    const answer = await askUntil(gateReachOf(io.env), request, preToolUseAnswerOf, untilMs)
    const { permissionDecision, permissionDecisionReason } = answer.hookSpecificOutput
    if (permissionDecision === 'deny' && permissionDecisionReason.includes('canary')) return 0
    io.explain(`vigil: the canary came back with "${permissionDecision}: ${permissionDecisionReason}"\n`)
  } catch (error) {
    io.explain(`vigil: the canary was not answered: ${error instanceof Error ? error.message : String(error)}\n`)
  }
  return failed
}

export function addHookCommand(program: Command, io: HookIo): void {
  const hook = program.command('hook').description('the gate as a command hook of an agent').exitOverride()
  hook
    .command('claude-code')
    .description('asks the gate for each PreToolUse; whatever goes wrong blocks the call (exit code 2)')
    .option(
      '--timeout <seconds>',
      'a call is denied after so long; the timeout of the hook in the settings must be longer',
      secondsOption,
      usualHookSeconds * 1_000,
    )
    .option('--session <id>', 'the Vigil session (VIGIL_SESSION, else the one of the key, else Claude Code’s own id)')
    .option(
      '--canary',
      'ask for a harmless call that is always denied, so that the console can show that this door blocks',
    )
    .action(async ({ timeout, session, canary }: { timeout: number; session?: string; canary?: boolean }) => {
      if (canary) {
        process.exitCode = await claudeCodeCanary({ timeoutMs: Math.min(timeout, canaryWithinMs), session }, io)
        return
      }
      const block = (why: string) => {
        process.stderr.write(`vigil: this call is denied: ${why}\n`)
        process.exit(blocked)
      }
      for (const fault of ['uncaughtException', 'unhandledRejection'] as const)
        process.on(fault, (error: unknown) => block(error instanceof Error ? error.message : String(error)))
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => block(`${signal} came`))
      process.exitCode = await claudeCodeHook({ timeoutMs: timeout, session }, io)
    })
}
