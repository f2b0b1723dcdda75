// Reads back what the egress cut's tables hold: parser of `nft -y list table`. Pure and strict: whatever does not read exactly as it
// was declared is not in force.
import { chainsOf, type DeviceCut, deviceChains } from './egress-script.ts'

export type CutListing = {
  /** Both drop rules stand alone in their chains, and the table is awake. */
  drops: boolean
  /** The rules that count what got past the drop are there. */
  watches: boolean
  /** Packets by element: a cgroup id as decimal text, or a path below /sys/fs/cgroup where nft has resolved it. */
  cut: ReadonlyMap<string, number>
  passed: ReadonlyMap<string, number>
}

export type DeviceListing = { chains: ReadonlyMap<string, { header: string; dropped: number | undefined }> }

export const noListing: CutListing = { drops: false, watches: false, cut: new Map(), passed: new Map() }

export function parseCutListing(text: string, level: number): CutListing {
  const { loose, blocks } = divide(text)
  const intact = (drops: boolean) =>
    chainsOf(level)
      .filter((chain) => chain.drops === drops)
      .every(({ name, header, rule }) => blocks.get(`chain ${name}`)?.join('\n') === `${header}\n${rule}`)
  const cut = blocks.get('set cut')
  const passed = blocks.get('set passed')
  // A loose line in a table is a flag, and the one flag there is puts the whole table to sleep.
  const awake = loose.length === 0
  return {
    drops: awake && cut !== undefined && intact(true),
    watches: awake && passed !== undefined && intact(false),
    cut: elements(cut),
    passed: elements(passed),
  }
}

export function parseDeviceListing(text: string): DeviceListing {
  const chains = new Map<string, { header: string; dropped: number | undefined }>()
  const { loose, blocks } = divide(text)
  for (const [title, [header = '', rule, ...more]] of blocks) {
    if (!title.startsWith('chain ')) continue
    const counted = /^counter packets (\d+) bytes \d+ drop$/.exec(rule ?? '')
    const stands = counted !== null && more.length === 0 && loose.length === 0
    chains.set(title.slice('chain '.length), { header, dropped: stands ? Number(counted[1]) : undefined })
  }
  return { chains }
}

/** Packets dropped by both chains of a device; undefined when one of them is missing or changed. */
export function droppedAtDevice(listing: DeviceListing, cut: DeviceCut): number | undefined {
  let dropped = 0
  for (const { name, header } of deviceChains(cut)) {
    const chain = listing.chains.get(name)
    if (chain?.dropped === undefined || chain.header !== header) return undefined
    dropped += chain.dropped
  }
  return dropped
}

/** Whose chain this is, from its name and header; undefined for a chain that is not one of ours. */
export function parseDeviceChain(name: string, header: string): DeviceCut | undefined {
  const match = /^(?:in|e)gress_(\d+)_(\d+)_(\d+)$/.exec(name)
  const device = / device "([^"]*)"/.exec(header)?.[1]
  if (!match || device === undefined) return undefined
  return { device, ifindex: Number(match[1]), netns: Number(match[2]), cgroupId: Number(match[3]) }
}

/** Lines of every `set x {` and `chain x {` of the one table, and the lines outside of them. */
function divide(text: string): { loose: string[]; blocks: Map<string, string[]> } {
  const loose: string[] = []
  const blocks = new Map<string, string[]>()
  let block: string[] | undefined
  for (const line of text.split('\n')) {
    const opened = /^\t((?:set|chain) [\w/.\\]+) \{$/.exec(line)?.[1]
    if (opened !== undefined) {
      block = []
      blocks.set(opened, block)
    } else if (line === '\t}') block = undefined
    else if (block) block.push(line.trim())
    else if (line.startsWith('\t')) loose.push(line.trim())
  }
  return { loose, blocks }
}

function elements(block: readonly string[] | undefined): Map<string, number> {
  const found = new Map<string, number>()
  const text = block?.join('\n') ?? ''
  for (const match of text.matchAll(/(?:"([^"\n]+)"|\b(\d+)) counter packets (\d+) bytes \d+/g)) {
    found.set(match[1] ?? match[2] ?? '', Number(match[3]))
  }
  return found
}
