// Which keys do something on the present page: each part of it says so while it is there, and the help tells just those.
import { capsOf, meaningOfKey, type Shortcut, shortcutOrder } from './shortcuts.ts'

export type Meanings = Partial<Record<Shortcut, string>>
export type HelpLine = { keys: readonly string[]; means: string }

/** Keys with a modifier, of the rule's editor only. */
export type OtherKeys = readonly HelpLine[]

type Bound = { shortcuts: readonly Shortcut[]; means: Meanings } | { other: OtherKeys }

export function createBoundKeys() {
  const parts = new Set<Bound>()
  return {
    /** Returns what takes it back. */
    bind(part: Bound): () => void {
      parts.add(part)
      return () => parts.delete(part)
    },
    /** Every key that is bound now, each once with each meaning, in one order. */
    help(): HelpLine[] {
      const lines: HelpLine[] = []
      for (const shortcut of shortcutOrder) {
        const meanings = new Set<string>()
        for (const part of parts) {
          if ('shortcuts' in part && part.shortcuts.includes(shortcut))
            meanings.add(part.means[shortcut] ?? meaningOfKey[shortcut])
        }
        for (const means of meanings) lines.push({ keys: capsOf(shortcut), means })
      }
      return joined([...[...parts].flatMap((part) => ('other' in part ? part.other : [])), ...lines])
    },
  }
}

/** `o` and `Enter` that mean the same are one line. */
function joined(lines: readonly HelpLine[]): HelpLine[] {
  const byMeaning = new Map<string, HelpLine>()
  for (const line of lines) {
    const known = byMeaning.get(line.means)
    byMeaning.set(line.means, known ? { ...known, keys: [...known.keys, ...line.keys] } : line)
  }
  return [...byMeaning.values()]
}

/** Of this page. */
export const boundKeys = createBoundKeys()
