// What the banner says of a bundle's check. "Verified" is said only of a file that is whole; of whose key it is, only what was compared.
import type { ShownBundle } from '../../server/protocol/shown-bundle.ts'

export function verdictWords({ whole, firstDamageAt, key, pin, unreadable }: ShownBundle): {
  isGood: boolean
  word: string
  detail: string
} {
  const lost = unreadable > 0 ? `; ${unreadable} lines could not be read and are not shown` : ''
  if (firstDamageAt !== undefined)
    return { isGood: false, word: 'NOT verified', detail: `changed from byte ${firstDamageAt} on${lost}` }
  if (pin === 'differs' || !whole)
    return { isGood: false, word: 'NOT verified', detail: `signed by another key${lost}` }
  const short = `${key.slice(0, 8)}…`
  return {
    isGood: lost === '',
    word: 'verified',
    detail:
      pin === 'matches'
        ? `signed by the key that was given, ${short}${lost}`
        : `signed by ${short}, not compared with a known key${lost}`,
  }
}
