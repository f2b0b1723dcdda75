// What a person typed into the palette, and what of it is found: bounded, ranked, over ten thousand sessions at every key. Pure.
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { Capability } from '../../server/protocol/control.ts'
import { riskNow } from '../../server/protocol/flag.ts'
import { sessionText } from '../sessions/session-filter.ts'
import { endpointText } from '../ui/format-quantity.ts'

export const verbs = ['pause', 'resume', 'contain', 'release', 'revoke', 'restore', 'snapshot', 'end'] as const
export type Verb = (typeof verbs)[number]

/** `Revoke network of ep-0417` is the verb, the capability and the words that name the target. */
export type Wish = { verb: Verb | undefined; capability: Capability | undefined; words: readonly string[] }

const fillers = new Set(['of', 'the', 'go', 'to', 'open', 'for', 'session'])
const charactersRead = 300

/** Only what comes first is a verb: an agent that calls itself "pause" is found by its name all the same. */
export function wishOf(text: string): Wish {
  const words = text.slice(0, charactersRead).toLowerCase().split(/\s+/).filter(Boolean)
  const verb = verbs.find((each) => each === words[0])
  if (!verb) {
    const first = words.findIndex((word) => !fillers.has(word))
    return { verb: undefined, capability: undefined, words: first === -1 ? [] : words.slice(first) }
  }
  const rest = words.slice(1)
  const capability = Capability.options.find((each) => each === rest[0])
  const named = capability && (verb === 'revoke' || verb === 'restore') ? rest.slice(1) : rest
  return {
    verb,
    capability: named === rest ? undefined : capability,
    words: named.filter((word, at) => at > 0 || !fillers.has(word)),
  }
}

/** Smaller is better; undefined: it is not meant. The whole name comes before its beginning, that before a part, that before other words. */
function fitOf(row: SessionRow, words: readonly string[], whole: string): number | undefined {
  if (words.length === 0) return 4
  const text = sessionText(row)
  for (const word of words) if (!text.includes(word)) return undefined
  const id = row.session.toLowerCase()
  const name = row.name?.toLowerCase() ?? ''
  if (id === whole || name === whole) return 0
  if (id.startsWith(whole) || name.startsWith(whole)) return 1
  if (id.includes(whole) || name.includes(whole)) return 2
  return 3
}

type Found = { row: SessionRow; fit: number; risk: number }

/** Better name first; then what still runs, then risk as it is now, then the newest. */
function isBefore(a: Found, b: Found): boolean {
  if (a.fit !== b.fit) return a.fit < b.fit
  const [endedA, endedB] = [a.row.state === 'ended', b.row.state === 'ended']
  if (endedA !== endedB) return endedB
  if (a.risk !== b.risk) return a.risk > b.risk
  return a.row.lastSeq > b.row.lastSeq
}

export function findSessions(
  rows: Iterable<SessionRow>,
  words: readonly string[],
  max: number,
  nowMs: number,
): SessionRow[] {
  const whole = words.join(' ')
  const best: Found[] = []
  for (const row of rows) {
    const how = fitOf(row, words, whole)
    if (how === undefined) continue
    const found = { row, fit: how, risk: row.risk === undefined ? 0 : riskNow(row.risk, nowMs) }
    const last = best[max - 1]
    if (last !== undefined && !isBefore(found, last)) continue
    const at = best.findIndex((each) => isBefore(found, each))
    best.splice(at === -1 ? best.length : at, 0, found)
    if (best.length > max) best.pop()
  }
  return best.map((each) => each.row)
}

/** Far ends that sessions talk to, of which every word is a part; each once. */
export function findAddresses(rows: Iterable<SessionRow>, words: readonly string[], max: number): string[] {
  const found = new Set<string>()
  if (words.join('').length < 2) return []
  for (const row of rows) {
    for (const { remote } of row.remotes) {
      const address = endpointText(remote)
      if (words.every((word) => address.includes(word))) found.add(address)
      if (found.size === max) return [...found]
    }
  }
  return [...found]
}

/** Things with a name of which every word is a part; a name that begins so comes first. At most `max`. */
export function findNamed<T>(
  things: Iterable<T>,
  nameOf: (thing: T) => string,
  words: readonly string[],
  max: number,
): T[] {
  const whole = words.join(' ')
  const found: { thing: T; begins: boolean }[] = []
  for (const thing of things) {
    const name = nameOf(thing).toLowerCase()
    if (words.every((word) => name.includes(word))) found.push({ thing, begins: name.startsWith(whole) })
  }
  return found
    .sort((a, b) => Number(b.begins) - Number(a.begins))
    .slice(0, max)
    .map(({ thing }) => thing)
}
