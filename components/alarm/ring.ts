// What is news, and who rings for it. Pure.
import type { OccasionView } from '../../server/protocol/notification-view.ts'

/** Keys that were rung for already, in this browser, and are open still. */
export type Rung = readonly string[]

const rungMax = 500

/** What is open and was not rung for. */
export function newsOf(occasions: readonly OccasionView[], rung: Rung): OccasionView[] {
  const known = new Set(rung)
  return occasions.filter((each) => !known.has(each.key))
}

/**
 * What is over is forgotten, so that it rings when it opens again. `isWhole`: the list has everything that is open; else nothing can be said
 * to be over.
 */
export function rungAfter(occasions: readonly OccasionView[], rung: Rung, isWhole: boolean): string[] {
  const open = new Set(occasions.map((each) => each.key))
  const kept = isWhole ? rung.filter((key) => open.has(key)) : [...rung]
  return [...new Set([...kept, ...open])].slice(-rungMax)
}

/** Of several tabs the one that a person looks at claims the ring first, then one that may make a sound. */
export function claimAfterMs(tab: { isLookedAt: boolean; maySound: boolean }): number {
  return (tab.isLookedAt ? 0 : 200) + (tab.maySound ? 0 : 400)
}

/** `(2) Live · Vigil`; `undefined`: nobody knows how many. */
export function markedTitle(title: string, count: number | undefined): string {
  const bare = title.replace(/^\((\d+|\?)\) /, '')
  if (count === 0) return bare
  return `(${count ?? '?'}) ${bare}`
}

/** The tab's icon with a count on it, as a data address. */
export function markedIcon(count: number | undefined): string {
  const text = count === undefined ? '?' : count > 9 ? '9+' : String(count)
  const size = text.length > 1 ? 15 : 19
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#e9ebee"/><g transform="translate(4 4)" fill="none" stroke="#0a0b0d" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><path d="M2.1 12.3a1 1 0 0 1 0-.7 10.8 10.8 0 0 1 19.8 0 1 1 0 0 1 0 .7 10.8 10.8 0 0 1-19.8 0"/><circle cx="12" cy="12" r="3"/></g><circle cx="21" cy="21" r="11" fill="#c81e1e"/><text x="21" y="${21 + size / 3}" font-family="sans-serif" font-weight="700" font-size="${size}" text-anchor="middle" fill="#fff">${text}</text></svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}
