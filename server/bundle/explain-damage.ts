// What happened to a block that is another one than was signed: where it lies for a person, and whether bytes were put in, taken out, or lines
// changed places. It only ever explains: that there is damage was found before.
import { blockBytes, markBytes, markOf, missingByte } from './block-mark.ts'
import { type BundleBytes, type BundleCrypto, firstDifference, hexOf, isEqual, join } from './bytes.ts'
import type { BadBlock } from './check-blocks.ts'
import { isNdjson, type Layout, lineNumberIn, type Part, partAt } from './layout.ts'
import type { BundleManifest } from './manifest.ts'

export type Damage = {
  /**
   * `byte`: exactly this one byte; `moved`: lines changed places, `at` is the first byte that is another one; `put-in`, `taken-out`: so many bytes at
   * `at`; `block`: somewhere from `at` to before `until`; `cut`: the file ends; `grown`: something follows; `unsigned`: no signature fits.
   */
  kind: 'byte' | 'moved' | 'put-in' | 'taken-out' | 'block' | 'cut' | 'grown' | 'unsigned'
  /** From the beginning of the bundle, from 0. */
  at: number
  until: number
  is?: number
  was?: number
  /** The file in it, or what lies between two. */
  where: string
  /** From 1, in files of text. */
  line?: number
  note?: string
}

type Surroundings = { file: BundleBytes; layout: Layout; manifest?: BundleManifest; algorithms?: BundleCrypto }

/** `isFirst`: worth a closer look, since what follows may only be shifted. */
export function explainBlock(block: BadBlock, around: Surroundings, isFirst = false): Damage {
  const { is, was } = block
  if (is !== undefined && was !== undefined) return { kind: 'byte', ...block, ...placeOf(block.at, around) }
  const closer = isFirst ? (shifted(block, around) ?? moved(block, around)) : undefined
  if (closer) return closer
  const note = isFirst ? numberingNote(block, around) : undefined
  return {
    kind: 'block',
    at: block.at,
    until: block.until,
    ...placeOf(block.at, around),
    ...(note !== undefined && { note }),
  }
}

function placeOf(at: number, { file, layout }: Surroundings): { where: string; line?: number } {
  const part = partAt(layout, at)
  if (!part) return { where: 'behind the end' }
  if (!part.isFile || !/\.(ndjson|json|txt|sig)$/.test(part.name)) return { where: part.name }
  const before = file.read(part.at, at - part.at)
  return { where: part.name, line: 1 + before.reduce((lines, byte) => lines + (byte === 10 ? 1 : 0), 0) }
}

/** The file is longer or shorter: does taking out what is too much, or putting in the one byte that lacks, give back the block? */
function shifted(block: BadBlock, around: Surroundings): Damage | undefined {
  const { file, layout, manifest, algorithms } = around
  if (!manifest || !algorithms) return undefined
  const excess = file.length - layout.totalBytes
  const length = block.until - block.at
  const wanted = wantedMark(block, around)
  if (wanted === undefined || excess === 0 || excess < -1) return undefined
  const mark = markOf(algorithms)
  const fits = (parts: Uint8Array[]) => isEqual(mark(join(parts)), wanted)
  if (excess > 0) {
    const bytes = file.read(block.at, length + excess)
    for (let at = 0; at < length; at += 1) {
      if (!fits([bytes.subarray(0, at), bytes.subarray(at + excess, length + excess)])) continue
      const place = block.at + at
      const note = `${excess} ${excess === 1 ? 'byte was' : 'bytes were'} put in here`
      return { kind: 'put-in', at: place, until: place + excess, ...placeOf(place, around), note }
    }
    return undefined
  }
  const missing = missingByte(file.read(block.at, length - 1), wanted, mark)
  if (missing === undefined) return undefined
  const place = block.at + missing.at
  const note = '1 byte was taken out here'
  return { kind: 'taken-out', at: place, until: place, was: missing.was, ...placeOf(place, around), note }
}

/** Only of the content: the marks above it are re-read, as they were found whole. */
function wantedMark(block: BadBlock, { file, layout, manifest }: Surroundings): Uint8Array | undefined {
  if (!manifest || block.at < layout.contentAt) return undefined
  const index = Math.floor((block.at - layout.contentAt) / blockBytes)
  const leaves = Math.ceil(manifest.contentBytes / blockBytes) * markBytes
  if (layout.blocksBytes < leaves) return undefined // they stand in the manifest: a bundle of a few lines
  return file.read(layout.blocksAt + layout.blocksBytes - leaves + index * markBytes, markBytes)
}

/** Lines carry their number: are they all there, in another order? */
function moved(block: BadBlock, { file, layout, manifest, algorithms }: Surroundings): Damage | undefined {
  if (!manifest || !algorithms) return undefined
  for (const part of partsOf(block, layout)) {
    const bytes = file.read(part.at, part.until - part.at)
    const lines = linesOf(bytes)
    const numbered = lines.map((line) => ({ line, number: lineNumberIn(line) ?? 0 }))
    const restored = join([...numbered].sort((a, b) => a.number - b.number).map(({ line }) => line))
    const at = firstDifference(restored, bytes)
    const signed = manifest.files.find(({ name }) => name === part.name)?.sha256
    if (at === undefined || hexOf(algorithms.sha256(restored)) !== signed) continue
    const strayed = numbered.flatMap(({ number }, index) => (number === index + 1 ? [] : [number]))
    const named =
      strayed.length > 4 ? `${strayed.slice(0, 4).join(', ')} and ${strayed.length - 4} more` : strayed.join(', ')
    const place = part.at + at
    const note = `lines are in another order: here stand ${named}`
    return { kind: 'moved', at: place, until: part.until, where: part.name, line: lineAt(bytes, at), note }
  }
  return undefined
}

/** The first line that does not have the number of its place. */
function numberingNote(block: BadBlock, { file, layout }: Surroundings): string | undefined {
  for (const part of partsOf(block, layout)) {
    const numbers = linesOf(file.read(part.at, part.until - part.at)).map(lineNumberIn)
    const wrong = numbers.findIndex((number, index) => number !== undefined && number !== index + 1)
    if (wrong >= 0) return `where line ${wrong + 1} of ${part.name} belongs stands line ${numbers[wrong]}`
  }
  return undefined
}

const partsOf = (block: BadBlock, { parts }: Layout): Part[] =>
  parts.filter((part) => isNdjson(part.name) && part.at < block.until && part.until > block.at)

/** Each with its line end. */
function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = []
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from)
    const until = end < 0 ? bytes.length : end + 1
    lines.push(bytes.subarray(from, until))
    from = until
  }
  return lines
}

const lineAt = (bytes: Uint8Array, at: number): number =>
  1 + bytes.subarray(0, at).reduce((lines, byte) => lines + (byte === 10 ? 1 : 0), 0)
