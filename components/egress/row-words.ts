// What a row says of a fact: when, what, between whom, how much, and what it was tied to. Pure. Titles, names and addresses are hostile text.
import type { SignalView, TieView } from '../../server/protocol/signal-view.ts'
import { levelWords, scoreText } from '../session/attribution-words.ts'
import { endText } from '../session/signal-words.ts'
import { bytesText, countText } from '../ui/format-quantity.ts'
import { clockText, dayText, preciseClockText, spanText } from '../ui/format-time.ts'
import type { Tab, Ties } from './egress-url.ts'

export const tabNames: Readonly<Record<Tab, string>> = {
  alerts: 'Alerts',
  flows: 'Flows',
  lookups: 'Lookups',
  // Not "Sessions": in this console those are of agents.
  sessions: 'Protocols',
  host: 'Host',
}

/** One and many, as a sentence says them. */
export const factNames: Readonly<Record<Tab, readonly [string, string]>> = {
  alerts: ['alert', 'alerts'],
  flows: ['flow', 'flows'],
  lookups: ['lookup', 'lookups'],
  sessions: ['SSH, TLS, HTTP or file record', 'SSH, TLS, HTTP and file records'],
  host: ['host report', 'host reports'],
}

const kindNames: Readonly<Record<string, string>> = {
  'alert.raised': 'alert',
  'gpu.fault': 'GPU fault',
  'flow.observed': 'flow',
  'dns.queried': 'lookup',
  'ssh.observed': 'SSH',
  'tls.observed': 'TLS',
  'http.requested': 'HTTP',
  'file.transferred': 'file',
  'connection.reported': 'connection',
  'process.reported': 'process',
  'file.reported': 'file use',
  'login.reported': 'login',
}

export function kindText(kind: string): string {
  return Object.hasOwn(kindNames, kind) ? (kindNames[kind] ?? kind) : kind
}

/** `11-21 14:27:56.000Z`: the moment as its source wrote it. `2021-11-21 14:27:56Z` where it was seen in another year than it happened. */
export function happenedText({ atMs, seenAtMs }: Pick<SignalView, 'atMs' | 'seenAtMs'>): string {
  const day = dayText(atMs)
  if (day.slice(0, 4) !== dayText(seenAtMs).slice(0, 4)) return `${day} ${clockText(atMs)}`
  return `${day.slice(5)} ${preciseClockText(atMs)}`
}

/** Less is the way of a log line; more is worth knowing before times are compared. */
const lateAfterMs = 5_000

/** `seen 5.2 s later`; empty where it came in good time. */
export function delayText({ atMs, seenAtMs }: Pick<SignalView, 'atMs' | 'seenAtMs'>): string {
  const lateMs = seenAtMs - atMs
  if (lateMs > lateAfterMs) return `seen ${spanText(lateMs)} later`
  return lateMs < -lateAfterMs ? `its clock ${spanText(-lateMs)} ahead` : ''
}

export type OutcomeWords = { word: string; stopped: boolean }

/** Undefined where the source did not say. */
export function outcomeWords({ kind, outcome }: Pick<SignalView, 'kind' | 'outcome'>): OutcomeWords | undefined {
  if (outcome === 'allowed') return { word: 'allowed', stopped: false }
  if (outcome === 'denied') return { word: kind === 'alert.raised' ? 'blocked' : 'denied', stopped: true }
  return undefined
}

/** `10.0.4.17:51834`; empty where the sensor knew no such end. */
export function endWords(end: SignalView['from']): string {
  return end === undefined ? '' : endText(end)
}

/** `(a.example, b.example and 2 more)`; a name that is the address again, or stands in the title, says nothing new. */
export function namesWords({ names, to, title }: Pick<SignalView, 'names' | 'to' | 'title'>): string {
  const telling = names.filter((name) => name !== to?.address && !title.includes(name))
  if (telling.length === 0) return ''
  return `(${telling.slice(0, 2).join(', ')}${telling.length > 2 ? ` and ${countText(telling.length - 2)} more` : ''})`
}

/** The kind under a title; empty where the title begins with that very word: `flow to 203.0.113.40:22`. */
export function kindBeside({ kind, title }: Pick<SignalView, 'kind' | 'title'>): string {
  const word = kindText(kind)
  return title.toLowerCase().startsWith(`${word.toLowerCase()} `) ? '' : word
}

/** Empty where the source did not know it: a sensor writes that as a word. */
export function protocolWords({ protocol }: Pick<SignalView, 'protocol'>): string {
  return protocol === undefined || protocol.toLowerCase() === 'unknown' ? '' : protocol
}

export function bytesWords({ bytesOut, bytesIn }: Pick<SignalView, 'bytesOut' | 'bytesIn'>): string[] {
  return [
    bytesOut === undefined ? '' : `${bytesText(bytesOut)} out`,
    bytesIn === undefined ? '' : `${bytesText(bytesIn)} in`,
  ].filter(Boolean)
}

/** `likely 0.93`; what is confirmed rests on a key and not on a number. */
export function certaintyWords({ level, score }: Pick<TieView, 'level' | 'score'>): string {
  return level === 'confirmed' ? levelWords[level] : `${levelWords[level]} ${scoreText(score)}`
}

/** Why is told where there is room for it: in the fact's detail. */
export const untiedWords = 'not tied'
/** It left the list of untied ones: saying that it is not tied would be wrong, saying to what a guess. */
export const changedWords = 'changed since: open it to see'

/** `12 new`, `more than 200 new`; empty where none wait. */
export function waitingText({ waiting, gap }: { waiting: number; gap: boolean }): string {
  if (waiting === 0) return ''
  return `${gap ? 'more than ' : ''}${countText(waiting)} new`
}

/** `200 of 683`, or `12 shown` where words narrow them: how many match is not known before the last page. */
export function shownText(shown: number, { q, ties }: { q: string; ties: Ties }, count: Count | undefined): string {
  if (q.trim() !== '' || count === undefined) return `${countText(shown)} shown`
  const all = { all: count.kept, tied: count.kept - count.untied, untied: count.untied }[ties]
  // The counts are of another moment than the rows, which may be held.
  return shown >= all ? `${countText(shown)} shown` : `${countText(shown)} of ${countText(all)}`
}

type Count = { kept: number; untied: number }

/** `12 · 3 untied`, for those who hear it. */
export function countWords({ kept, untied }: Count): string {
  return `${countText(kept)}, ${untied === 0 ? 'all of them tied' : `${countText(untied)} untied`}`
}
