// Does an allowlist's entry cover this destination? Addresses are compared as numbers; names by whole labels, never by their letters.
import { ipv4Number, ipv6Groups } from '../events/destination-scope.ts'

type Network = { groups: readonly number[]; bits: number }
export type ParsedDestination = { network: Network } | { host: string; isSuffix: boolean } | { wrong: string }

const hostPattern = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*$/

export function parseDestination(text: string): ParsedDestination {
  const slash = text.indexOf('/')
  const address = slash < 0 ? text : text.slice(0, slash)
  const groups = groupsOf(address)
  if (groups !== undefined) {
    const isFour = !address.includes(':')
    const most = isFour ? 32 : 128
    const bits = slash < 0 ? most : Number(text.slice(slash + 1))
    if (!Number.isInteger(bits) || bits < 0 || bits > most || !/^\d*$/.test(slash < 0 ? '' : text.slice(slash + 1)))
      return { wrong: `"${text}": a network is written "10.2.0.0/16", its bits 1 to ${most}` }
    if (bits < (isFour ? 4 : 8)) return { wrong: `"${text}" allows nearly every address: name a smaller network` }
    return { network: { groups, bits: isFour ? 96 + bits : bits } }
  }
  const isSuffix = text.startsWith('.') || text.startsWith('*.')
  const host = text
    .replace(/^\*?\./, '')
    .replace(/\.$/, '')
    .toLowerCase()
  if (/:\/\//.test(text)) return { wrong: `"${text}" is a URL: write the host alone` }
  if (/:\d+$/.test(text)) return { wrong: `"${text}": write the port under "ports"` }
  if (!hostPattern.test(host)) return { wrong: `"${text}" is no address, network or host name` }
  if (isSuffix && !host.includes('.') && !['internal', 'local', 'lan', 'corp', 'home', 'lab'].includes(host))
    return { wrong: `".${host}" allows a whole top-level domain: name a domain below it` }
  return { host, isSuffix }
}

/** An IPv4 address stands as one that is mapped into IPv6, so that both spellings are the same. */
function groupsOf(address: string): readonly number[] | undefined {
  const four = ipv4Number(address)
  return four === undefined ? ipv6Groups(address) : [0, 0, 0, 0, 0, 0xffff, four >>> 16, four & 0xffff]
}

export function coversAddress(parsed: ParsedDestination, address: string): boolean {
  if (!('network' in parsed)) return false
  const groups = groupsOf(address)
  if (groups === undefined) return false
  let left = parsed.network.bits
  for (let index = 0; index < 8 && left > 0; index += 1) {
    const mask = left >= 16 ? 0xffff : (0xffff << (16 - left)) & 0xffff
    if (((groups[index] ?? 0) & mask) !== ((parsed.network.groups[index] ?? 0) & mask)) return false
    left -= 16
  }
  return true
}

export function coversName(parsed: ParsedDestination, name: string): boolean {
  if (!('host' in parsed)) return false
  const asked = name.toLowerCase().replace(/\.$/, '')
  return asked === parsed.host || (parsed.isSuffix && asked.endsWith(`.${parsed.host}`))
}

export function coversPort(ports: readonly (number | string)[] | undefined, port: number | undefined): boolean {
  if (ports === undefined) return true
  if (port === undefined) return false
  return ports.some((each) => {
    if (typeof each === 'number') return each === port
    const [from = 0, to = 0] = each.split('-').map(Number)
    return port >= from && port <= to
  })
}

/**
 * Everything in a command line that may be a machine: addresses, dotted names, addresses written as one number. Rather one too many: an
 * allowlist counts only where it covers them all.
 */
export function machinesIn(line: string): string[] {
  const found = new Set<string>()
  for (const word of line.slice(0, 16_384).split(/[\s"'`=,;|&<>(){}]+/)) {
    if (found.size > 64) break
    for (const [authority] of word.matchAll(/(?<=:\/\/)[^/?#]{1,300}/g)) addMachines(authority, found)
    // Behind a scheme the path is the server's business; a plain path is no machine.
    if (!word.includes('://') && !/^(?:[/~]|\.\.?\/)/.test(word)) addMachines(word, found)
  }
  return [...found]
}

function addMachines(word: string, found: Set<string>): void {
  for (const [, inner = ''] of word.matchAll(/\[([0-9a-f:.]{2,45})\]/gi)) found.add(inner)
  if (word.split(':').length > 2 && groupsOf(word) !== undefined) found.add(word)
  for (const part of word.split(/[:@[\]/]/))
    if (/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+\.?$/i.test(part) || /^(?:\d{8,10}|0x[0-9a-f]{6,8})$/i.test(part))
      found.add(part)
}
