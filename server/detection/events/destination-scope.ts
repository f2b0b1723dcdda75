// Where an address lies, seen from the operator's network: IPv4, IPv6, and IPv4 inside of IPv6 in its usual disguises.

export type DestinationScope = 'loopback' | 'private' | 'link-local' | 'metadata' | 'documentation' | 'public'

type Range = { base: number; mask: number; scope: DestinationScope }

function range(cidr: string, scope: DestinationScope): Range {
  const [address = '', bits = '32'] = cidr.split('/')
  const mask = bits === '0' ? 0 : (0xffffffff << (32 - Number(bits))) >>> 0
  return { base: ((ipv4Number(address) ?? 0) & mask) >>> 0, mask, scope }
}

/** First match counts. Source: https://www.iana.org/assignments/iana-ipv4-special-registry */
const ranges: readonly Range[] = [
  // Instance metadata of AWS, GCP and Azure; AWS tasks and pods; Alibaba; Azure's wire server.
  range('169.254.169.254/32', 'metadata'),
  range('169.254.170.2/32', 'metadata'),
  range('169.254.170.23/32', 'metadata'),
  range('100.100.100.200/32', 'metadata'),
  range('168.63.129.16/32', 'metadata'),
  range('127.0.0.0/8', 'loopback'),
  // A connection to "this host" goes to loopback.
  range('0.0.0.0/8', 'loopback'),
  range('10.0.0.0/8', 'private'),
  range('172.16.0.0/12', 'private'),
  range('192.168.0.0/16', 'private'),
  range('100.64.0.0/10', 'private'),
  range('198.18.0.0/15', 'private'),
  range('169.254.0.0/16', 'link-local'),
  // Multicast and broadcast stay near.
  range('224.0.0.0/4', 'link-local'),
  range('255.255.255.255/32', 'link-local'),
  range('192.0.2.0/24', 'documentation'),
  range('198.51.100.0/24', 'documentation'),
  range('203.0.113.0/24', 'documentation'),
]

/** Undefined for what is no address. */
export function scopeOf(address: string): DestinationScope | undefined {
  const four = ipv4Number(address)
  if (four !== undefined) return scopeOfIpv4(four)
  const groups = ipv6Groups(address)
  return groups === undefined ? undefined : scopeOfIpv6(groups)
}

function scopeOfIpv4(number: number): DestinationScope {
  for (const { base, mask, scope } of ranges) if ((number & mask) >>> 0 === base) return scope
  return 'public'
}

function scopeOfIpv6(groups: readonly number[]): DestinationScope {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups
  const inner = g * 0x10000 + h
  const isLow = a === 0 && b === 0 && c === 0 && d === 0
  if (isLow && e === 0 && f === 0 && (inner === 0 || inner === 1)) return 'loopback'
  // ::ffff:a.b.c.d (mapped), ::a.b.c.d (of old), 64:ff9b::a.b.c.d (NAT64), 2002:aabb:ccdd:: (6to4).
  if (isLow && ((e === 0 && f === 0xffff) || (e === 0xffff && f === 0) || (e === 0 && f === 0)))
    return scopeOfIpv4(inner)
  if (a === 0x64 && b === 0xff9b) return scopeOfIpv4(inner)
  if (a === 0x2002) return scopeOfIpv4(b * 0x10000 + c)
  if (a === 0xfd00 && b === 0xec2 && h === 0x254) return 'metadata'
  if ((a & 0xfe00) === 0xfc00) return 'private'
  // Unicast of the link, of the site (of old), and multicast.
  if ((a & 0xff80) === 0xfe80 || (a & 0xff00) === 0xff00) return 'link-local'
  if ((a === 0x2001 && b === 0xdb8) || (a === 0x3fff && b < 0x1000)) return 'documentation'
  return 'public'
}

/** An address in dotted decimal as a number; undefined for anything else, short and octal forms included. */
export function ipv4Number(text: string): number | undefined {
  let number = 0
  let part = -1
  let parts = 0
  for (let index = 0; index <= text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code >= 48 && code <= 57) {
      if (part === 0) return undefined
      part = (part < 0 ? 0 : part * 10) + code - 48
      if (part > 255) return undefined
    } else if ((code === 46 || Number.isNaN(code)) && part >= 0) {
      number = number * 256 + part
      parts += 1
      part = -1
    } else return undefined
  }
  return parts === 4 ? number : undefined
}

/** Its eight groups of 16 bits; a zone is left out. */
export function ipv6Groups(text: string): number[] | undefined {
  const zone = text.indexOf('%')
  const bare = zone < 0 ? text : text.slice(0, zone)
  if (bare.length > 45 || !bare.includes(':')) return undefined
  const halves = bare.split('::')
  if (halves.length > 2) return undefined
  const head = groupsOf(halves[0] ?? '')
  const tail = halves.length === 2 ? groupsOf(halves[1] ?? '') : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  return [...head, ...new Array<number>(missing).fill(0), ...tail]
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return []
  const words = text.split(':')
  const groups: number[] = []
  for (const [index, word] of words.entries()) {
    const four = index === words.length - 1 && word.includes('.') ? ipv4Number(word) : undefined
    if (four !== undefined) groups.push(four >>> 16, four & 0xffff)
    else if (/^[0-9a-f]{1,4}$/i.test(word)) groups.push(Number.parseInt(word, 16))
    else return undefined
  }
  return groups
}
