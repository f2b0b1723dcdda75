// A line that says how far a long reading is. Only on a terminal: a log file is spared.
import type { Input } from './import-input.ts'

const everyMs = 100
const barWidth = 24

export type Progress = { show(records: number): void; clear(): void }

export function progressOn(
  output: { explain(text: string): void; isTerminal: boolean },
  input: Pick<Input, 'fileName' | 'sizeBytes' | 'readBytes'>,
  nowMs: () => number = () => performance.now(),
): Progress {
  if (!output.isTerminal) return { show: () => undefined, clear: () => undefined }
  const startedMs = nowMs()
  let shownMs = Number.NEGATIVE_INFINITY
  let width = 0
  return {
    show(records) {
      const atMs = nowMs()
      if (atMs - shownMs < everyMs) return
      shownMs = atMs
      const line = progressLine(input, records, atMs - startedMs)
      output.explain(`\r${line.padEnd(width)}`)
      width = line.length
    },
    clear() {
      if (width > 0) output.explain(`\r${' '.repeat(width)}\r`)
    },
  }
}

export function progressLine(
  { fileName, sizeBytes, readBytes }: Pick<Input, 'fileName' | 'sizeBytes' | 'readBytes'>,
  records: number,
  elapsedMs: number,
): string {
  const read = readBytes()
  const seconds = Math.max(0.001, elapsedMs / 1_000)
  const rate = `${Math.round(records / seconds).toLocaleString('en-US')} records/s, ${(read / seconds / 1e6).toFixed(1)} MB/s`
  const name = fileName.length > 32 ? `…${fileName.slice(-31)}` : fileName
  if (sizeBytes === undefined || sizeBytes === 0) return `${name}  ${(read / 1e6).toFixed(1)} MB  ${rate}`
  const share = Math.min(1, read / sizeBytes)
  const bar = '█'.repeat(Math.round(share * barWidth)).padEnd(barWidth, '░')
  const leftSeconds = share > 0.01 ? Math.round((seconds / share) * (1 - share)) : undefined
  const left = leftSeconds === undefined ? '' : `, ${leftSeconds} s left`
  return `${name}  ${bar} ${Math.round(share * 100)} %  ${rate}${left}`
}
