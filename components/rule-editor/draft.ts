// Text that was not saved, kept in the tab: it survives a reload and a walk through the console, and nobody else sees it.
import { z } from 'zod'

/** `base`: the console's version on which it was written. */
const Draft = z.object({ text: z.string(), base: z.number() })
export type Draft = z.infer<typeof Draft>

/** What of `sessionStorage` is used. */
export type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** A new text has no name yet. */
const keyOf = (name: string) => `vigil-rule-text:${name}`

export function readDraft(kept: Kept, name: string): Draft | undefined {
  try {
    const read = Draft.safeParse(JSON.parse(kept.getItem(keyOf(name)) ?? 'null'))
    return read.success ? read.data : undefined
  } catch {
    return undefined
  }
}

/** False where the browser keeps nothing: then the text lives as long as the page does. */
export function keepDraft(kept: Kept, name: string, draft: Draft): boolean {
  try {
    kept.setItem(keyOf(name), JSON.stringify(draft))
    return true
  } catch {
    return false
  }
}

export function dropDraft(kept: Kept, name: string): void {
  try {
    kept.removeItem(keyOf(name))
  } catch {
    // Nothing is kept then.
  }
}
