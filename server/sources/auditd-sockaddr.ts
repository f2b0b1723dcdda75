// The kernel's `struct sockaddr` as the audit log dumps it: hex, with whatever lay behind it in memory. Only addresses are read from it.
import type { NetEnd } from '../protocol/signal.ts'
import { hexBytes } from './auditd-values.ts'
import { endOf } from './normal-values.ts'

export type SocketAddress =
  | { family: 'internet'; end: NetEnd }
  | { family: 'unix' | 'netlink' | 'none' | 'other' }
  | undefined

/** Undefined for what is no hex or is cut before its address ends. */
export function socketAddressOf(hex: string | undefined): SocketAddress {
  const bytes = hex === undefined ? undefined : hexBytes(hex)
  if (bytes === undefined || bytes.length < 2) return undefined
  // The family is in the machine's own byte order, the port never is.
  const little = bytes.readUInt16LE(0)
  const family = little > 0xff ? bytes.readUInt16BE(0) : little
  switch (family) {
    case 0:
      return { family: 'none' }
    case 1:
      return { family: 'unix' }
    case 2: {
      if (bytes.length < 8) return undefined
      return internet(bytes.subarray(4, 8).join('.'), bytes.readUInt16BE(2))
    }
    case 10: {
      if (bytes.length < 24) return undefined
      return internet(ipv6Text(bytes.subarray(8, 24)), bytes.readUInt16BE(2))
    }
    case 16:
      return { family: 'netlink' }
    default:
      return { family: 'other' }
  }
}

function internet(address: string, port: number): SocketAddress {
  const end = endOf(address, port)
  return end === undefined ? undefined : { family: 'internet', end }
}

/** In the shortest form, as other sensors write it: ends are compared as text. */
function ipv6Text(bytes: Uint8Array): string {
  const mapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff
  if (mapped) return bytes.subarray(12).join('.')
  const groups: string[] = []
  for (let at = 0; at < 16; at += 2) groups.push((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
