// Every word about an approval, and the one place that says in which state a card is. Pure: the server's time comes in.
import type { ApprovalView } from '../../server/protocol/approval.ts'
import { type GateHealthView, gateVerdict } from '../../server/protocol/gate-health.ts'
import type { Staleness } from '../live/staleness.ts'
import { clockText } from '../ui/format-time.ts'

/** `over`: its time has passed and the server's word for it is on its way; it can only be a denial. `unheard`: nobody knows. */
export type CardState = 'waiting' | 'unheard' | 'over' | 'decided'

export function cardState({ decided, expiresAtMs }: ApprovalView, nowMs: number, heard: boolean): CardState {
  if (decided) return 'decided'
  // Somebody may have decided in time, and we not have heard of it.
  if (!heard) return 'unheard'
  return nowMs >= expiresAtMs ? 'over' : 'waiting'
}

/** Why what is on screen cannot be trusted to be so still; undefined where it can. */
export function whyUnheard({ tone, word, rest }: Staleness): string | undefined {
  if (tone === 'ok') return undefined
  if (tone === 'warn') return `${word} ${rest}`.toLowerCase()
  return tone === 'quiet' ? 'connecting' : 'not connected'
}

export function titleOf({ heldFor, policy }: ApprovalView): string {
  return heldFor[0]?.title ?? policy
}

/** `3:22`, `1:04:09`; never below zero. */
export function countdownText(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1_000))
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3_600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** Less than a minute is left: it is worth a colour. */
export function isSoon(leftMs: number): boolean {
  return leftMs < 60_000
}

export function headlineTime(
  approval: ApprovalView,
  state: CardState,
  nowMs: number,
  unheard: string | undefined,
): string {
  if (state === 'waiting') return `denies itself in ${countdownText(approval.expiresAtMs - nowMs)}`
  if (state === 'unheard') return `${unheard ?? 'not connected'}: nobody knows whether it still waits`
  if (state === 'over') return overText
  return ''
}

/**
 * What may be said of a call that waits. That it does not run meanwhile is the gate's doing, and is said only while that is proven. `row`
 * undefined: its session is not known here.
 */
export function heldText(
  row: { gate?: GateHealthView | undefined } | undefined,
  nowMs: number,
): { words: string; isBypassed: boolean } {
  const verdict = gateVerdict(row?.gate, nowMs)
  if (verdict.is === 'bypassed')
    return {
      words: 'Its gate was bypassed: a call that was not allowed ran all the same. Deny it and pause its session.',
      isBypassed: true,
    }
  const words =
    verdict.is === 'proven'
      ? 'The agent is held before the call: nothing of it has run.'
      : 'Its caller waits for the answer. That the call does not run until then is not proven.'
  return { words, isBypassed: false }
}

export const overText = 'its time was over: denied'

/**
 * What its session keeps while it waits, and what that comes to if it was so all the while: how many GPUs it had a moment ago, and whether it
 * used them for something else, is not known here. Empty where it keeps none that is known.
 */
export function holdingText(gpus: number, askedAtMs: number, nowMs: number): string {
  if (gpus === 0) return ''
  const gpuMinutes = (gpus * Math.max(0, nowMs - askedAtMs)) / 60_000
  const amount = gpuMinutes < 60 ? `${gpuMinutes.toFixed(1)} GPU-min` : `${(gpuMinutes / 60).toFixed(2)} GPU-h`
  const own = gpus === 1 ? '1 GPU' : `${gpus} GPUs`
  return `Its session keeps ${own} now: ${amount} if ${gpus === 1 ? 'it has' : 'they have'} idled since it waits.`
}

/** `needs 2 people · 1 of 2`; empty where one is enough. */
export function peopleText({ people, endorsedBy }: ApprovalView): string {
  if (people < 2) return ''
  return endorsedBy.length === 0 ? 'needs 2 people' : `needs 2 people · ${endorsedBy.length} of 2`
}

export type DecidedTone = 'ok' | 'critical' | 'warn' | 'info' | 'quiet'
export type DecidedWords = { word: string; tone: DecidedTone; sentence: string }

const looks: Readonly<
  Record<NonNullable<ApprovalView['decided']>['decision'], { word: string; tone: DecidedTone; says: string }>
> = {
  approved: { word: 'Approved', tone: 'ok', says: 'let it run' },
  edited: { word: 'Edited', tone: 'info', says: 'let an edited action run instead' },
  denied: { word: 'Denied', tone: 'critical', says: 'denied it' },
  expired: { word: 'Expired → denied', tone: 'warn', says: overText },
  withdrawn: { word: 'Withdrawn', tone: 'quiet', says: 'withdrawn: its session has ended, nothing of it runs' },
}

const scopeWords = { once: '', session: ' for this session', hour: ' for 1 hour' } as const

/** `me`: the operator who looks, whose own decision is told as "You". */
export function decidedWords(decided: NonNullable<ApprovalView['decided']>, me?: string): DecidedWords {
  const { decision, by, scope, atMs } = decided
  const { word, tone, says } = looks[decision]
  const at = `at ${clockText(atMs)}`
  if (decision === 'expired' || decision === 'withdrawn') return { word, tone, sentence: `${says}, ${at}` }
  const who = isMe(by, me) ? 'You' : by.name
  return { word, tone, sentence: `${who} ${says}${scopeWords[scope ?? 'once']} ${at}` }
}

/** Who decided, for a list; the server's clock is nobody. */
export function deciderOf({ decision, by }: NonNullable<ApprovalView['decided']>, me?: string): string {
  if (decision === 'expired' || decision === 'withdrawn') return ''
  return isMe(by, me) ? 'you' : by.name
}

function isMe(by: { type: string; id: string }, me: string | undefined): boolean {
  return by.type === 'operator' && by.id === me
}

/** An approval is a permission: whether anything came to use it is another fact. */
export function usedText({ decided, used }: ApprovalView): string {
  if (decided?.decision !== 'approved' && decided?.decision !== 'edited') return ''
  if (used === 0) return 'No call has come for it yet.'
  return used === 1 ? 'One call was let through with it.' : `${used} calls were let through with it.`
}

/** `9f2c…41aa` */
export function shortDigest(digest: string): string {
  return `${digest.slice(0, 4)}…${digest.slice(-4)}`
}

export function heading(count: number): string {
  return count === 1 ? '1 action waits for a person' : `${count} actions wait for a person`
}
