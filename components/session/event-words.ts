// What an event's data holds, in words and parts of a sentence. Everything comes from outside and may be of another shape than
// expected: each reader answers with something that can be shown, and never throws. Pure.
import type { EventView } from '../../server/protocol/browser-messages.ts'
import { Capability, ControlAction } from '../../server/protocol/control.ts'
import { deedName } from '../controls/control-trouble.ts'
import { bytesText, endpointText, plural } from '../ui/format-quantity.ts'
import { clockText, spanText } from '../ui/format-time.ts'

export type PartStyle = 'plain' | 'strong' | 'code' | 'muted'
/** `text` may have been written by the agent, whatever the style. */
export type SentencePart = { text: string; style: PartStyle }
export type Tone = 'normal' | 'good' | 'warn' | 'critical' | 'frozen'

export type Data = EventView['data']

export const text = (data: Data, key: string): string => (typeof data[key] === 'string' ? data[key] : '')
export const number = (data: Data, key: string): number | undefined =>
  typeof data[key] === 'number' ? data[key] : undefined
export const plain = (words: string): SentencePart => ({ text: words, style: 'plain' })
export const strong = (words: string): SentencePart => ({ text: words, style: 'strong' })
export const code = (words: string): SentencePart => ({ text: words, style: 'code' })
export const muted = (words: string): SentencePart => ({ text: words, style: 'muted' })
export const some = (...parts: (SentencePart | undefined)[]) =>
  parts.filter((part) => part !== undefined && part.text !== '') as SentencePart[]

export function argvText(data: Data): string {
  return Array.isArray(data.argv) ? data.argv.filter((part) => typeof part === 'string').join(' ') : ''
}
export function endpoint(data: Data, key: string): string {
  const value = data[key]
  if (typeof value !== 'object' || value === null) return 'unknown address'
  const { address, port } = value as { address?: unknown; port?: unknown }
  return typeof address === 'string' && typeof port === 'number' ? endpointText({ address, port }) : 'unknown address'
}
export function processText(data: Data): string {
  return `${text(data, 'comm') || 'process'}[${number(data, 'pid') ?? '?'}]`
}
export function remoteText(data: Data): string {
  return endpoint(data, 'remote')
}
export function byName(data: Data, key = 'by'): string {
  const by = data[key]
  const name = typeof by === 'object' && by !== null ? (by as { name?: unknown }).name : undefined
  return typeof name === 'string' && name !== '' ? name : 'somebody'
}
/** `Revoke network`; words of a newer server are told as they come. */
export function deedText(data: Data): string {
  const action = ControlAction.safeParse(data.action)
  const capability = Capability.safeParse(data.capability)
  if (!action.success) return text(data, 'action') || 'Control'
  return deedName({ action: action.data, capability: capability.data })
}
export function untilTime(data: Data): string {
  const atMs = number(data, 'expiresAtMs')
  return atMs === undefined || Math.abs(atMs) > 8.64e15 ? 'until it is lifted' : `until ${clockText(atMs)}`
}
export function list(data: Data, key: string): string[] {
  const value = data[key]
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}
export function approval(data: Data): SentencePart | undefined {
  return typeof data.approvedBy === 'object' && data.approvedBy !== null
    ? plain(`confirmed by ${byName(data, 'approvedBy')}`)
    : undefined
}
export function reasonPart(data: Data): SentencePart | undefined {
  return text(data, 'reason') === '' ? undefined : plain(`“${text(data, 'reason')}”`)
}
export function span(data: Data): string {
  const ms = number(data, 'durationMs')
  return ms === undefined ? '' : spanText(ms)
}
export const join = (...words: string[]) => words.filter(Boolean).join(' · ')
export const oneLine = (words: string) => words.replace(/\s+/g, ' ').trim()

export const endedWords: Readonly<Record<string, string>> = {
  enforced: 'Confirmed by the host',
  failed: 'Failed',
  partial: 'Worked only in part',
  expired: 'Expired unconfirmed',
  superseded: 'Superseded by a later control',
  cancelled: 'Cancelled: the session ended first',
  lifted: 'Lifted',
}

export const restrictionWords: Readonly<Record<string, string>> = {
  actions: 'Tool calls',
  network: 'Network',
  gpu: 'GPU',
  pause: 'Execution',
  shell: 'Shell',
  files: 'Files',
  credentials: 'Credentials',
}
export function restrictionText(data: Data, key: string): string {
  const name = text(data, key)
  return Object.hasOwn(restrictionWords, name) ? (restrictionWords[name] ?? name) : name || 'Something'
}
export function fromPart(data: Data): SentencePart | undefined {
  return text(data, 'observedFrom') === '' ? undefined : muted(`· from ${text(data, 'observedFrom')}`)
}
export function leftPart(data: Data): SentencePart | undefined {
  const left = list(data, 'left')
  return left.length === 0 ? undefined : strong(`Left: ${left.join(', ')}`)
}
export function sentenceCase(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Which part of a snapshot this event is; undefined for one that this console does not know. */
export function evidencePart(data: Data): string | undefined {
  const evidence = data.evidence
  if (typeof evidence !== 'object' || evidence === null) return undefined
  const { part } = evidence as { part?: unknown }
  return typeof part === 'string' ? part : undefined
}
export const evidenceWords: Readonly<Record<string, [string, string]>> = {
  processes: ['process', 'processes'],
  sockets: ['socket', 'sockets'],
  files: ['open file', 'open files'],
  gpu: ['GPU process', 'GPU processes'],
  actions: ['last action', 'last actions'],
}
export function evidenceText(data: Data): string {
  const part = evidencePart(data) ?? ''
  const items = (data.evidence as { items?: unknown } | undefined)?.items
  const count = Array.isArray(items) ? items.length : 0
  const [one, many] = (Object.hasOwn(evidenceWords, part) ? evidenceWords[part] : undefined) ?? ['item', 'items']
  return count === 0 ? `no ${many}` : plural(count, one, many)
}
export function selectorText(data: Data): string {
  const selector = data.selector
  if (typeof selector !== 'object' || selector === null) return ''
  const fields = Object.entries(selector).map(([name, value]) =>
    Array.isArray(value) ? plural(value.length, 'named session') : `${name} ${String(value)}`,
  )
  return fields.length === 0 ? 'every session' : fields.join(', ')
}
export function proposalText(data: Data): string {
  const what = data.what
  if (typeof what !== 'object' || what === null) return 'do something'
  const { type, session, policy, value } = what as Data
  if (type === 'lift')
    return `${deedText(what as Data).toLowerCase()} ${typeof session === 'string' ? session : ''}`.trim()
  if (type === 'lift-containment') return 'lift a containment'
  return type === 'policy'
    ? `turn ${typeof policy === 'string' ? policy : 'a policy'} ${value === true ? 'on' : 'off'}`
    : 'do something'
}

export function exitText(data: Data): string {
  const signal = text(data, 'signal')
  if (signal !== '') return signal
  const exit = number(data, 'exitCode')
  return exit === undefined ? '' : `exit ${exit}`
}
export function trafficText(data: Data): string {
  const out = number(data, 'bytesOut')
  const into = number(data, 'bytesIn')
  return join(out === undefined ? '' : `${bytesText(out)} out`, into === undefined ? '' : `${bytesText(into)} in`)
}
export function tokensText(data: Data): string {
  const into = number(data, 'inputTokens')
  const out = number(data, 'outputTokens')
  return join(into === undefined ? '' : `${into} tokens in`, out === undefined ? '' : `${out} out`)
}
export function outcomeTone(data: Data): Tone {
  const outcome = text(data, 'outcome')
  return outcome === 'denied' ? 'critical' : outcome === 'error' ? 'warn' : 'normal'
}
export function controlTone(outcome: string): Tone {
  if (outcome === 'enforced') return 'frozen'
  return outcome === 'failed' || outcome === 'partial' || outcome === 'expired' ? 'critical' : 'normal'
}
