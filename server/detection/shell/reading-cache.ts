// Agents repeat themselves: readings of short texts are kept, the least recently used ones are forgotten. Bounded by entries and by characters.
import type { ShellReading } from './shell-reading.ts'

const mostEntries = 4096
const mostChars = 2_000_000
const longestText = 2048

export class ReadingCache {
  private readonly readings = new Map<string, ShellReading>()
  private chars = 0

  get(text: string): ShellReading | undefined {
    if (text.length > longestText) return undefined
    const reading = this.readings.get(text)
    if (!reading) return undefined
    this.readings.delete(text)
    this.readings.set(text, reading)
    return reading
  }

  set(text: string, reading: ShellReading): void {
    if (text.length > longestText) return
    this.readings.set(text, reading)
    this.chars += text.length
    for (const oldest of this.readings.keys()) {
      if (this.readings.size <= mostEntries && this.chars <= mostChars) break
      this.readings.delete(oldest)
      this.chars -= oldest.length
    }
  }
}
