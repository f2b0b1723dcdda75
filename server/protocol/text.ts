// Bounds for text that an agent can write. Longer text is cut by the source that reads it, with a visible mark,
// never refused silently: these limits are what the log will store at most.
import { z } from 'zod'

export const shortTextMax = 512
export const longTextMax = 65_536

/** A name, a path, an address: at most 512 UTF-16 units. */
export const ShortText = z.string().max(shortTextMax)
/** A command line, an argument object, an output: at most 65,536 UTF-16 units. */
export const LongText = z.string().max(longTextMax)

/** Cuts text to `max` UTF-16 units and says how much is missing. Never splits a surrogate pair. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text
  const mark = `… [${text.length - max} more characters cut]`
  let end = Math.max(0, max - mark.length)
  const last = text.charCodeAt(end - 1)
  if (last >= 0xd800 && last <= 0xdbff) end -= 1
  return (text.slice(0, end) + mark).slice(0, max)
}
