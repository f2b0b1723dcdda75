// Who asks the gate for the tool calls that come over MCP: a session that Vigil knows, or that a key makes known with its first call.
import { randomUUID } from 'node:crypto'
import { askUntil, type GateAnswer, type GateReach, gate } from '../client/gate.ts'
import { canaryTool } from '../server/protocol/gate-health.ts'
import { SessionId } from '../server/protocol/ids.ts'
import { gateReachOf } from './gate-client.ts'

/** A proof that this door is answered is old after ten minutes. */
const canaryEveryMs = 4 * 60_000

export type AskerOptions = { session?: string; timeout: number }
export type AskForCall = (
  call: { tool: string; input: unknown; callId?: string | undefined },
  signal?: AbortSignal,
) => Promise<GateAnswer>

/** `door`: how operators see who asks. Throws an Error with one line where nobody can ask. What it returns may throw too, which is a denial. */
export function openAsker(options: AskerOptions, env: NodeJS.ProcessEnv, door: string): AskForCall {
  const reach = gateReachOf(env)
  const session = SessionId.safeParse(options.session ?? env.VIGIL_SESSION)
  if (!session.success)
    throw new Error(
      'whose calls are these? Give --session ID of a session that Vigil knows, or start it under "vigil run"',
    )
  const run = randomUUID().slice(0, 13)
  let calls = 0
  let canaryAtMs = Number.NEGATIVE_INFINITY
  // Asking alone makes no session known; a key may say that there is one. A session's token need not: its host does.
  let isKnown = !(env.VIGIL_KEY && options.session)
  return async ({ tool, input, callId }, signal) => {
    calls += 1
    const call = callId ?? `mcp-${run}-${calls}`
    const untilMs = Date.now() + options.timeout
    if (!isKnown) await makeKnown(reach, session.data, untilMs, signal)
    isKnown = true
    const action = { session: session.data, callId: call, tool, input, cwd: process.cwd() }
    const asking = { ...reach, door: { name: door, version: '0.1.0' } }
    const answer = await gate(action, { ...asking, deadlineMs: untilMs - Date.now(), signal })
    if (Date.now() - canaryAtMs >= canaryEveryMs) {
      canaryAtMs = Date.now()
      // Nobody waits for it, and it never rejects: what it proves is seen on the server.
      const canary = { ...action, callId: `canary-${randomUUID()}`, tool: canaryTool, input: {} }
      void gate(canary, { ...asking, deadlineMs: 10_000 })
    }
    return answer
  }
}

async function makeKnown(reach: GateReach, session: SessionId, untilMs: number, signal: AbortSignal | undefined) {
  const data = { held: 'none', abilities: [] }
  const body = { v: 1, kind: 'session.started', atMs: Date.now(), session, data }
  await askUntil(
    reach,
    () => ({ path: '/api/ingest/events', body }),
    () => true,
    untilMs,
    signal,
  )
}
