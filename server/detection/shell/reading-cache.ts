// Agents repeat themselves: readings of short texts are kept, those that were not asked for lately are forgotten. Bounded by entries and by
// characters. There are two halves, of which the older is dropped whole: an order of single entries costs as much as a tenth of all reading.
import type { ShellReading } from './shell-reading.ts'

const mostEntriesOfHalf = 2048
const mostCharsOfHalf = 1_000_000
const longestText = 2048

export class ReadingCache {
  private newer = new Map<string, ShellReading>()
  private older: ReadonlyMap<string, ShellReading> = new Map()
  private chars = 0

  get(text: string): ShellReading | undefined {
    if (text.length > longestText) return undefined
    const known = this.newer.get(text)
    if (known !== undefined) return known
    const reading = this.older.get(text)
    if (reading !== undefined) this.set(text, reading)
    return reading
  }

  set(text: string, reading: ShellReading): void {
    if (text.length > longestText) return
    if (this.newer.size >= mostEntriesOfHalf || this.chars >= mostCharsOfHalf) {
      this.older = this.newer
      this.newer = new Map()
      this.chars = 0
    }
    this.newer.set(text, reading)
    this.chars += text.length
  }
}
