// Framing of one spooled event: `number crc32 json\n`. Pure. A line that does not fit exactly is damage, never a guess.
import { crc32 } from 'node:zlib'

export type SpoolLine = { n: number; json: string }

const linePattern = /^(\d{1,15}) ([0-9a-f]{8}) (.*)$/s

export function frameLine(n: number, json: string): string {
  return `${n} ${checksum(json)} ${json}\n`
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0')
}

function parseLine(line: string): SpoolLine | undefined {
  const match = linePattern.exec(line)
  if (!match) return undefined
  const [, n, crc, json] = match
  if (n === undefined || json === undefined || crc !== checksum(json)) return undefined
  return { n: Number(n), json }
}

export type SegmentReading = {
  /** Whole lines in order; numbers strictly rising, not always dense when something between was damaged. */
  lines: SpoolLine[]
  /** Bytes after the last newline: a line whose write was cut short. It was never sent. */
  tornBytes: number
  /** Lines in the middle that could not be read. */
  damagedLines: number
}

/** Reads a segment's whole content. Never throws. */
export function readSegment(content: Buffer): SegmentReading {
  const end = content.lastIndexOf(0x0a) + 1
  const lines: SpoolLine[] = []
  let damagedLines = 0
  let last = 0
  if (end > 0) {
    for (const text of content.toString('utf8', 0, end - 1).split('\n')) {
      const line = parseLine(text)
      if (line && line.n > last) {
        lines.push(line)
        last = line.n
      } else damagedLines += 1
    }
  }
  return { lines, tornBytes: content.length - end, damagedLines }
}
