// What is said of a session's gate, in words. "Gated" is said only while it is proven.
import type { GateDoor, GateHealthView } from '../../server/protocol/gate-health.ts'
import { gateVerdict } from '../../server/protocol/gate-health.ts'
import { agoText } from '../ui/format-time.ts'

export type GateTone = 'ok' | 'muted' | 'warn' | 'critical'
export type GateWords = { tone: GateTone; title: string; detail: string }

/** `heard`: the server tells what is so now. */
export function gateWords(health: GateHealthView | undefined, nowMs: number, heard: boolean): GateWords {
  if (!heard)
    return {
      tone: 'muted',
      title: 'Not known',
      detail: 'The server is not heard: nobody knows whether the gate holds.',
    }
  const verdict = gateVerdict(health, nowMs)
  switch (verdict.is) {
    case 'none':
      return {
        tone: 'muted',
        title: 'No gate',
        detail: 'This session has not asked before a tool call: nothing of it can be held or denied there.',
      }
    case 'bypassed':
      return {
        tone: 'critical',
        title: 'Bypassed',
        detail:
          'A call that was not allowed was reported to have run all the same. Pause the session: its gate holds nothing.',
      }
    case 'ungated':
      return {
        tone: 'warn',
        title: 'In part',
        detail: `${verdict.unasked} of ${verdict.ran} calls that were reported had not asked under that id.`,
      }
    case 'proven':
      return {
        tone: 'ok',
        title: 'Gated',
        detail: `A canary was denied ${agoText(verdict.ageMs)}, and nothing that was reported since ran unasked.`,
      }
    case 'unproven':
      return { tone: 'muted', title: 'Asked, not proven', detail: `It asks, but ${verdict.why}.` }
  }
}

/** What a door says of itself, and what it was last told. */
export function doorWords(door: GateDoor, nowMs: number): string {
  const parts = [
    door.deadlineMs === undefined ? undefined : `waits ${Math.round(door.deadlineMs / 1_000)} s`,
    `${door.lastDecision === 'allow' ? 'allowed' : 'denied'} ${agoText(nowMs - door.lastAskedAtMs)}`,
    door.canaryAtMs === undefined ? 'no canary yet' : `canary denied ${agoText(nowMs - door.canaryAtMs)}`,
  ]
  return parts.filter((part) => part !== undefined).join(' · ')
}
