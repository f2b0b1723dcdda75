// Checks a bundle without anything but its bytes, and says which byte is the first that is not as it was signed. It cannot say whose key it should
// have been: whoever forges everything signs with a key of his own, so the key is to be compared with one known from elsewhere (`pin`).

import { markOf } from './block-mark.ts'
import { type BundleBytes, type BundleCrypto, firstDifference } from './bytes.ts'
import { type BadBlock, checkBlocks } from './check-blocks.ts'
import { type Damage, explainBlock } from './explain-damage.ts'
import { type Layout, layoutOf, prefixOf } from './layout.ts'
import type { BundleManifest } from './manifest.ts'
import { recoverPrefix } from './recover-prefix.ts'

export type { Damage } from './explain-damage.ts'

export type BundleVerdict = {
  /** Every byte is as it was signed, and the signer is the one that was asked for, if one was. */
  whole: boolean
  bytes: number
  /** As it was signed, also where the file holds another one now. Absent: no signature could be confirmed. */
  manifest?: BundleManifest
  pin: 'not asked' | 'matches' | 'differs'
  /** In the order of the file: the first one is the first change. */
  damage: Damage[]
  /** Damaged blocks beyond those. */
  more: number
}

export function verifyBundle(file: BundleBytes, algorithms: BundleCrypto, pin?: string): BundleVerdict {
  const found = recoverPrefix(file, algorithms)
  if (!('manifest' in found)) {
    const { at, until, cut, why } = found
    const damage: Damage[] = [{ kind: cut ? 'cut' : 'unsigned', at, until, where: whereUnsigned(cut), note: why }]
    return { whole: false, bytes: file.length, pin: 'not asked', damage, more: 0 }
  }
  const { manifest, manifestBytes, signatureBytes } = found
  const layout = layoutOf(manifest, manifestBytes.length)
  const damage: Damage[] = []

  const prefix = prefixOf(manifestBytes, signatureBytes, layout.blocksBytes)
  const read = file.read(0, prefix.length)
  for (let at = firstDifference(prefix, read); at !== undefined && at < read.length && damage.length < 16; ) {
    const change: BadBlock = { at, until: at + 1, is: read[at] as number, was: prefix[at] as number }
    damage.push(explainBlock(change, { file, layout, manifest, algorithms }))
    const after = at + 1
    const next = firstDifference(prefix.subarray(after), read.subarray(after))
    at = next === undefined ? undefined : after + next
  }
  const padding = paddingOfBlocks(file, layout)
  if (padding !== undefined) damage.push(explainBlock(padding, { file, layout, manifest, algorithms }))
  const { bad, more } = checkBlocks(file, manifest, layout, markOf(algorithms))
  for (const block of bad) damage.push(explainBlock(block, { file, layout, manifest, algorithms }, damage.length === 0))
  if (file.length < layout.totalBytes) {
    const note = `${layout.totalBytes - file.length} of ${layout.totalBytes} bytes are gone`
    damage.push({ kind: 'cut', at: file.length, until: file.length, ...placeOf(file, layout, file.length), note })
  }
  if (file.length > layout.totalBytes && bad.length === 0) {
    const note = `${file.length - layout.totalBytes} bytes follow that were never part of it`
    damage.push({ kind: 'grown', at: layout.totalBytes, until: file.length, where: 'behind the end', note })
  }
  damage.sort((a, b) => a.at - b.at)
  const signer = pin === undefined ? 'not asked' : pin === manifest.key ? 'matches' : 'differs'
  return { whole: damage.length === 0 && signer !== 'differs', bytes: file.length, manifest, pin: signer, damage, more }
}

/** Between the last hash and the content: empty, and of no block. */
function paddingOfBlocks(file: BundleBytes, { blocksAt, blocksBytes, contentAt }: Layout): BadBlock | undefined {
  const from = blocksAt + blocksBytes
  const place = file.read(from, contentAt - from).findIndex((byte) => byte !== 0)
  if (place < 0) return undefined
  return { at: from + place, until: from + place + 1, is: file.read(from + place, 1)[0] as number, was: 0 }
}

const whereUnsigned = (cut: boolean) => (cut ? 'the end of the file' : 'manifest.json and manifest.sig')

function placeOf(file: BundleBytes, layout: Layout, at: number): { where: string; line?: number } {
  const { where, line } = explainBlock({ at, until: at, is: 0, was: 0 }, { file, layout })
  return { where, ...(line !== undefined && { line }) }
}
