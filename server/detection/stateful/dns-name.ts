// What a looked-up name carries besides its domain. Names are chosen by whoever asks.

export type DnsName = {
  /** The part that somebody registers, as far as can be told without a list of all suffixes: its last two labels, or three. */
  domain: string
  /** Characters in front of the domain, dots left out. */
  carried: number
  /** It carries what looks like encoded data rather than words. */
  isEncoded: boolean
}

const nameMax = 255
/** From here on a label is too long for a word; a digest or a key is about as long, so one alone says nothing. */
const encodedMin = 24

/** Undefined for the root, single labels and reverse lookups: those carry addresses. */
export function readDnsName(raw: string): DnsName | undefined {
  const name = (raw.length > nameMax ? raw.slice(0, nameMax) : raw).replace(/\.$/, '').toLowerCase()
  const labels = name.split('.')
  const { length } = labels
  if (length < 2 || name.endsWith('.arpa')) return undefined
  const top = labels[length - 1] ?? ''
  const second = labels[length - 2] ?? ''
  // `co.uk`, `com.au`: short under a country's.
  const own = length > 2 && top.length === 2 && second.length <= 3 ? 3 : 2
  const front = labels.slice(0, length - own)
  let carried = 0
  let encoded = 0
  for (const label of front) {
    carried += label.length
    if (looksEncoded(label)) encoded += label.length
  }
  // A tunnel straight to its own server needs no domain: the data runs to the end of the name.
  if (looksEncoded(top) || looksEncoded(second)) {
    encoded += encodedMin
    carried += second.length + top.length
  }
  return { domain: labels.slice(length - own).join('.'), carried, isEncoded: encoded >= encodedMin }
}

/** Long, and mixed of letters and digits without the hyphens between words: hex, base32, base36 and base64 do, names do not. */
function looksEncoded(label: string): boolean {
  if (label.length < encodedMin) return false
  let digits = 0
  let letters = 0
  let hyphens = 0
  let changes = 0
  let before = 0
  for (let index = 0; index < label.length; index += 1) {
    const code = label.charCodeAt(index)
    const kind = code >= 48 && code <= 57 ? 1 : code === 45 ? 3 : 2
    if (kind === 1) digits += 1
    else if (kind === 2) letters += 1
    else hyphens += 1
    if (kind !== before) changes += 1
    before = kind
  }
  return digits * 12 >= label.length && letters * 12 >= label.length && hyphens <= 2 && changes * 5 >= label.length
}
