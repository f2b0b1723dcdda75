// IP addresses and blocks of them as bytes. An IPv4 address inside IPv6 (`::ffff:10.0.0.1`) is that IPv4 address: else a rule about 10.0.0.0/8
// would be blind to it.

export type CidrBlock = { bytes: readonly number[]; prefix: number }

/** 4 or 16 bytes; undefined where the text is no address. A zone (`%eth0`) is left out. */
export function readAddress(text: string): number[] | undefined {
  if (text.length > 64) return undefined
  if (!text.includes(':')) return readIpv4(text)
  const zone = text.indexOf('%')
  const bytes = readIpv6(zone < 0 ? text : text.slice(0, zone))
  if (bytes === undefined) return undefined
  const isMapped = bytes[10] === 0xff && bytes[11] === 0xff && bytes.slice(0, 10).every((byte) => byte === 0)
  return isMapped ? bytes.slice(12) : bytes
}

function readIpv4(text: string): number[] | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (match === null) return undefined
  const bytes = match.slice(1).map(Number)
  return bytes.every((byte) => byte <= 255) ? bytes : undefined
}

function readIpv6(text: string): number[] | undefined {
  let source = text
  const dotted = /^(.*:)(\d{1,3}(?:\.\d{1,3}){3})$/.exec(source)
  if (dotted !== null) {
    const [a = 0, b = 0, c = 0, d = 0] = readIpv4(dotted[2] ?? '') ?? []
    if (readIpv4(dotted[2] ?? '') === undefined) return undefined
    source = `${dotted[1]}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  }
  const halves = source.split('::')
  if (halves.length > 2) return undefined
  const [left = [], right = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - left.length - right.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...left, ...Array<string>(halves.length === 1 ? 0 : missing).fill('0'), ...right]
  const bytes: number[] = []
  for (const group of groups) {
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined
    const value = Number.parseInt(group, 16)
    bytes.push(value >> 8, value & 255)
  }
  return bytes
}

/** `10.0.0.0/8`, `2001:db8::/32`, or one address. Says what is wrong in words. */
export function readCidr(text: string): CidrBlock | { wrong: string } {
  const slash = text.indexOf('/')
  const bytes = readAddress(slash < 0 ? text : text.slice(0, slash))
  if (bytes === undefined)
    return { wrong: `"${text.slice(0, 60)}" is no IP address or block; write for example 10.0.0.0/8` }
  const bits = bytes.length * 8
  const prefixText = slash < 0 ? String(bits) : text.slice(slash + 1)
  const prefix = /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : -1
  if (prefix < 0 || prefix > bits)
    return { wrong: `"${text.slice(0, 60)}": after the slash stands a number from 0 to ${bits}` }
  const network = bytes.map((byte, index) => byte & maskOf(prefix, index))
  if (network.some((byte, index) => byte !== bytes[index]))
    return {
      wrong: `"${text.slice(0, 60)}" has bits set after the first ${prefix}; did you mean ${printAddress(network)}/${prefix}?`,
    }
  return { bytes: network, prefix }
}

export function isInBlock(block: CidrBlock, address: readonly number[]): boolean {
  if (block.bytes.length !== address.length) return false
  return block.bytes.every((byte, index) => byte === ((address[index] ?? 0) & maskOf(block.prefix, index)))
}

function maskOf(prefix: number, index: number): number {
  const bits = Math.min(8, Math.max(0, prefix - index * 8))
  return (0xff << (8 - bits)) & 0xff
}

function printAddress(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups: string[] = []
  for (let index = 0; index < 16; index += 2)
    groups.push((((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0)).toString(16))
  return groups.join(':').replace(/(?:^|:)0(?::0)+(?::|$)/, '::')
}
