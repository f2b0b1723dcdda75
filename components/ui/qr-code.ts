// A QR code (ISO/IEC 18004, model 2) of a short text: byte mode, error correction M, versions 1 to 15. Pure, and of our own because a
// secret is drawn with it: nothing else is to see it. Names are the standard's.

/** Rows of modules, dark or not, without the quiet zone around them. */
export type QrCode = readonly (readonly boolean[])[]

/** Of level M, by version. */
const checkWords = [0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24]
const blockCounts = [0, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10]
const versionMax = 15
/** Two bits that say M. */
const levelBits = 0

/** Undefined where the text is too long: 412 bytes. */
export function qrCode(text: string): QrCode | undefined {
  const bytes = new TextEncoder().encode(text)
  for (let version = 1; version <= versionMax; version++) {
    const words = dataWords(version)
    const countBits = version < 10 ? 8 : 16
    if (4 + countBits + bytes.length * 8 > words * 8) continue
    return drawn(version, interleaved(version, padded(bytes, countBits, words)))
  }
  return undefined
}

/** Modules that carry data and checks, after finders, timing, alignment, format and version took theirs. */
function rawWords(version: number): number {
  let modules = (16 * version + 128) * version + 64
  if (version >= 2) {
    const count = Math.floor(version / 7) + 2
    modules -= (25 * count - 10) * count - 55
    if (version >= 7) modules -= 36
  }
  return Math.floor(modules / 8)
}

function dataWords(version: number): number {
  return rawWords(version) - at(checkWords, version) * at(blockCounts, version)
}

function padded(bytes: Uint8Array, countBits: number, words: number): number[] {
  const bits: number[] = []
  const push = (value: number, count: number) => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push((value >>> bit) & 1)
  }
  push(0b0100, 4)
  push(bytes.length, countBits)
  for (const byte of bytes) push(byte, 8)
  push(0, Math.min(4, words * 8 - bits.length))
  push(0, (8 - (bits.length % 8)) % 8)
  const out: number[] = []
  for (let start = 0; start < bits.length; start += 8)
    out.push(bits.slice(start, start + 8).reduce((word, bit) => (word << 1) | bit, 0))
  for (let pad = 0xec; out.length < words; pad ^= 0xec ^ 0x11) out.push(pad)
  return out
}

/** Blocks with their checks, one word of each in turn: dirt on one spot costs each block a little. */
function interleaved(version: number, words: readonly number[]): number[] {
  const count = at(blockCounts, version)
  const checks = at(checkWords, version)
  const shortLength = Math.floor(words.length / count)
  const shortCount = count - (words.length % count)
  const generator = generatorOf(checks)
  const blocks: { data: readonly number[]; check: readonly number[] }[] = []
  let start = 0
  for (let index = 0; index < count; index++) {
    const data = words.slice(start, start + shortLength + (index < shortCount ? 0 : 1))
    start += data.length
    blocks.push({ data, check: remainderOf(data, generator) })
  }
  const out: number[] = []
  for (let n = 0; n <= shortLength; n++) for (const { data } of blocks) if (n < data.length) out.push(at(data, n))
  for (let n = 0; n < checks; n++) for (const { check } of blocks) out.push(at(check, n))
  return out
}

/** In the field of 256 elements over x⁸+x⁴+x³+x²+1. */
function times(a: number, b: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d)
    product ^= ((b >>> bit) & 1) * a
  }
  return product
}

function generatorOf(degree: number): number[] {
  const out: number[] = Array.from({ length: degree }, (_, n) => (n === degree - 1 ? 1 : 0))
  let root = 1
  for (let n = 0; n < degree; n++) {
    for (let k = 0; k < degree; k++) out[k] = times(at(out, k), root) ^ (k + 1 < degree ? at(out, k + 1) : 0)
    root = times(root, 2)
  }
  return out
}

function remainderOf(data: readonly number[], generator: readonly number[]): number[] {
  const out = generator.map(() => 0)
  for (const word of data) {
    const factor = word ^ (out.shift() ?? 0)
    out.push(0)
    for (const [n, coefficient] of generator.entries()) out[n] = at(out, n) ^ times(coefficient, factor)
  }
  return out
}

type Canvas = { size: number; dark: boolean[][]; taken: boolean[][] }

function set({ dark, taken, size }: Canvas, x: number, y: number, isDark: boolean): void {
  if (x < 0 || y < 0 || x >= size || y >= size) return
  const row = dark[y]
  const mine = taken[y]
  if (!row || !mine) return
  row[x] = isDark
  mine[x] = true
}

function drawn(version: number, words: readonly number[]): QrCode {
  const size = version * 4 + 17
  const grid = () => Array.from({ length: size }, () => Array.from({ length: size }, () => false))
  const canvas: Canvas = { size, dark: grid(), taken: grid() }
  for (let n = 0; n < size; n++) {
    set(canvas, 6, n, n % 2 === 0)
    set(canvas, n, 6, n % 2 === 0)
  }
  for (const [x, y] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const)
    square(canvas, x, y, 4, (ring) => ring !== 2 && ring !== 4)
  const places = alignments(version)
  const last = places.length - 1
  for (const [i, x] of places.entries())
    for (const [j, y] of places.entries()) {
      const isFinder = (i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0)
      if (!isFinder) square(canvas, x, y, 2, (ring) => ring !== 1)
    }
  drawFormat(canvas, 0)
  if (version >= 7) drawVersion(canvas, version)
  drawWords(canvas, words)
  let best: { penalty: number; mask: number } | undefined
  for (let mask = 0; mask < 8; mask++) {
    applyMask(canvas, mask)
    drawFormat(canvas, mask)
    const penalty = penaltyOf(canvas.dark)
    if (!best || penalty < best.penalty) best = { penalty, mask }
    applyMask(canvas, mask)
  }
  const mask = best?.mask ?? 0
  applyMask(canvas, mask)
  drawFormat(canvas, mask)
  return canvas.dark
}

function square(
  canvas: Canvas,
  centreX: number,
  centreY: number,
  reach: number,
  isDark: (ring: number) => boolean,
): void {
  for (let y = -reach; y <= reach; y++)
    for (let x = -reach; x <= reach; x++)
      set(canvas, centreX + x, centreY + y, isDark(Math.max(Math.abs(x), Math.abs(y))))
}

function alignments(version: number): number[] {
  if (version === 1) return []
  const count = Math.floor(version / 7) + 2
  const step = Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2
  const out = [6]
  for (let n = 0; n < count - 1; n++) out.splice(1, 0, version * 4 + 10 - n * step)
  return out
}

/** Bits with the remainder of their division by `divisor` behind them. */
function withRemainder(value: number, divisor: number, degree: number): number {
  let rest = value
  for (let n = 0; n < degree; n++) rest = (rest << 1) ^ ((rest >>> (degree - 1)) * divisor)
  return (value << degree) | rest
}

function drawFormat(canvas: Canvas, mask: number): void {
  const bits = withRemainder((levelBits << 3) | mask, 0x537, 10) ^ 0x5412
  const isDark = (n: number) => ((bits >>> n) & 1) === 1
  const { size } = canvas
  for (let n = 0; n <= 5; n++) set(canvas, 8, n, isDark(n))
  set(canvas, 8, 7, isDark(6))
  set(canvas, 8, 8, isDark(7))
  set(canvas, 7, 8, isDark(8))
  for (let n = 9; n < 15; n++) set(canvas, 14 - n, 8, isDark(n))
  for (let n = 0; n < 8; n++) set(canvas, size - 1 - n, 8, isDark(n))
  for (let n = 8; n < 15; n++) set(canvas, 8, size - 15 + n, isDark(n))
  set(canvas, 8, size - 8, true)
}

function drawVersion(canvas: Canvas, version: number): void {
  const bits = withRemainder(version, 0x1f25, 12)
  for (let n = 0; n < 18; n++) {
    const isDark = ((bits >>> n) & 1) === 1
    const [a, b] = [canvas.size - 11 + (n % 3), Math.floor(n / 3)]
    set(canvas, a, b, isDark)
    set(canvas, b, a, isDark)
  }
}

/** Up and down in pairs of columns from the right, past what is taken. */
function drawWords({ size, dark, taken }: Canvas, words: readonly number[]): void {
  let bit = 0
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5
    for (let step = 0; step < size; step++) {
      const isUp = ((right + 1) & 2) === 0
      const y = isUp ? size - 1 - step : step
      for (const x of [right, right - 1]) {
        const row = dark[y]
        if (!row || taken[y]?.[x] || bit >= words.length * 8) continue
        row[x] = ((at(words, bit >>> 3) >>> (7 - (bit & 7))) & 1) === 1
        bit++
      }
    }
  }
}

const masks: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
]

function applyMask({ dark, taken }: Canvas, mask: number): void {
  const isFlipped = masks[mask]
  for (const [y, row] of dark.entries())
    for (const x of row.keys()) if (!taken[y]?.[x] && isFlipped?.(x, y)) row[x] = !row[x]
}

/** How hard it is to read: long runs, blocks, what looks like a finder, and too much of one colour. */
function penaltyOf(dark: readonly (readonly boolean[])[]): number {
  const size = dark.length
  const columns = dark.map((_, x) => dark.map((row) => row[x] === true))
  let penalty = 0
  for (const line of [...dark, ...columns]) {
    const text = line.map((each) => (each ? '1' : '0')).join('')
    for (const run of text.match(/0{5,}|1{5,}/g) ?? []) penalty += run.length - 2
    penalty += 40 * (text.match(/(?=10111010000|00001011101)/g) ?? []).length
  }
  for (let y = 0; y + 1 < size; y++)
    for (let x = 0; x + 1 < size; x++) {
      const first = dark[y]?.[x]
      if (dark[y]?.[x + 1] === first && dark[y + 1]?.[x] === first && dark[y + 1]?.[x + 1] === first) penalty += 3
    }
  const share = dark.flat().filter(Boolean).length / (size * size)
  return penalty + 10 * Math.floor(Math.abs(share - 0.5) * 20)
}

function at(list: readonly number[], index: number): number {
  const value = list[index]
  if (value === undefined) throw new RangeError(`no word at ${index}`)
  return value
}
