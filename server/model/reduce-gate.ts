// What was seen of a session's gate: who asked, what was answered, and whether what ran had asked. Bounded; what is forgotten for want of room
// counts against the gate, never for it. By the server's clock alone: the times of agents' events are the agents'.
import type { EventOf } from '../protocol/event.ts'
import { canaryTool, type GateDoor, type GateHealthView } from '../protocol/gate-health.ts'
import type { SessionState } from './state.ts'

const doorsMax = 4
const answersMax = 256
const unnamed = 'POST /api/gate'

export type GateHealth = GateHealthView & {
  /** By call id, oldest first. A call that is held may still be allowed; one that was denied stays so, or an agent could ask for another as it. */
  answers: { call: string; tool: string; is: 'allowed' | 'denied' | 'held' }[]
}

function healthOf(session: SessionState): GateHealth {
  session.gateHealth ??= { doors: [], ran: 0, unasked: 0, answers: [] }
  return session.gateHealth
}

export function applyGateDecided(session: SessionState, data: EventOf<'gate.decided'>['data'], seenAtMs: number): void {
  const health = healthOf(session)
  const isCanary = data.tool === canaryTool
  remember(health, { call: data.call, tool: data.tool, is: data.decision === 'allow' ? 'allowed' : 'denied' })
  // A canary that was let through takes the older proof away.
  if (isCanary && data.decision === 'deny') health.canaryAtMs = seenAtMs
  else if (isCanary) delete health.canaryAtMs
  const name = data.door?.name ?? unnamed
  const known = health.doors.find((each) => each.name === name)
  const door: GateDoor = {
    name,
    ...(data.door?.version !== undefined && { version: data.door.version }),
    ...(data.deadlineMs !== undefined && { deadlineMs: data.deadlineMs }),
    lastAskedAtMs: seenAtMs,
    lastDecision: data.decision,
    ...(known?.canaryAtMs !== undefined && { canaryAtMs: known.canaryAtMs }),
    ...(isCanary && data.decision === 'deny' && { canaryAtMs: seenAtMs }),
  }
  health.doors = [door, ...health.doors.filter((each) => each !== known)].slice(0, doorsMax)
}

/** It waits for a person: until it is decided it must not run. */
export function applyGateHeld(session: SessionState, { call, tool }: { call: string; tool: string }): void {
  remember(healthOf(session), { call, tool, is: 'held' })
}

/** A tool call was reported to have run. A session that never asked the gate is none of its business. */
export function applyRanCall(session: SessionState, data: EventOf<'action.ended'>['data'], seenAtMs: number): void {
  const health = session.gateHealth
  if (health === undefined || (data.outcome !== 'ok' && data.outcome !== 'error')) return
  health.ran += 1
  const answer = health.answers.find((each) => each.call === data.call)
  if (answer === undefined) {
    health.unasked += 1
    health.lastUnaskedAtMs = seenAtMs
  } else if (answer.is === 'allowed') health.lastAskedRanAtMs = seenAtMs
  else health.bypassed ??= { call: data.call.slice(0, 128), tool: answer.tool.slice(0, 128), atMs: seenAtMs }
}

function remember(health: GateHealth, answer: GateHealth['answers'][number]): void {
  const at = health.answers.findIndex((each) => each.call === answer.call)
  if (health.answers[at]?.is === 'denied') return
  if (at !== -1) health.answers.splice(at, 1)
  health.answers.push(answer)
  if (health.answers.length > answersMax) health.answers.shift()
}
