// Parser of `nft -j list table` for our own table. Pure and tolerant: an element that does not fit is left out.
import { z } from 'zod'
import type { Rest } from '../turns.ts'
import { parseEndpoint } from './parse-ss.ts'

/** One remote seen from one local port of one cgroup. `bytes` include IP and UDP headers as the kernel counts them. */
export type NftFlow = {
  set: string
  /** As nft writes it: a path below /sys/fs/cgroup. */
  cgroup: string
  localPort: number
  remoteAddress: string
  remotePort: number
  packets: number
  bytes: number
}

const Listing = z.object({ nftables: z.array(z.record(z.string(), z.unknown())) })
const NftSet = z.object({ name: z.string(), elem: z.array(z.unknown()).optional() })
const Element = z.object({
  elem: z.object({
    val: z.object({ concat: z.tuple([z.string(), z.number(), z.string(), z.number()]) }),
    counter: z.object({ packets: z.number(), bytes: z.number() }).optional(),
  }),
})

export async function parseNftTable(text: string, rest: Rest): Promise<NftFlow[]> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return []
  }
  const listing = Listing.safeParse(json)
  if (!listing.success) return []
  const flows: NftFlow[] = []
  for (const entry of listing.data.nftables) {
    const set = NftSet.safeParse(entry.set)
    if (!set.success) continue
    for (const raw of set.data.elem ?? []) {
      await rest()
      const element = Element.safeParse(raw)
      if (!element.success) continue
      const [cgroup, localPort, address, remotePort] = element.data.elem.val.concat
      const remote = parseEndpoint(`[${address}]:${remotePort}`)
      if (!remote) continue
      const { packets, bytes } = element.data.elem.counter ?? { packets: 0, bytes: 0 }
      flows.push({ set: set.data.name, cgroup, localPort, remoteAddress: remote.address, remotePort, packets, bytes })
    }
  }
  return flows
}

/** UDP payload: the kernel's counter less the headers (20 + 8 for IPv4 without options, 40 + 8 for IPv6). */
export function udpPayloadBytes(flow: NftFlow): number {
  const header = flow.set.startsWith('udp6') ? 48 : 28
  return Math.max(0, flow.bytes - flow.packets * header)
}
