// What a person is told of an import: records read = understood + skipped + refused, each reason with its first example.
import type { Imported } from './import.ts'

const reasonsShown = 12

/** Names and examples come from files that an agent may have written: nothing in them may steer a terminal. */
const visible = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`)

export function importReport({ file, format, counts, sent }: Omit<Imported, 'tookMs'>): string {
  const { records, understood, skipped, refused, events, samples } = counts
  const sum = (list: readonly { count: number }[]) => list.reduce((total, { count }) => total + count, 0)
  const made = [`${number(events)} events`, ...(samples > 0 ? [`${number(samples)} GPU readings`] : [])].join(', ')
  const lines = [
    `${visible(file)}  ${format}  ${number(records)} records = ${number(sum(understood))} understood + ${number(sum(skipped))} skipped + ${number(sum(refused))} refused → ${made}`,
  ]
  if (sent) {
    const fresh = sent.accepted - sent.duplicates
    lines.push(`  in the log: ${number(fresh)} new, ${number(sent.duplicates)} known before`)
  }
  const list = (word: string, reasons: readonly { reason: string; count: number; example: string }[]) => {
    for (const { reason, count, example } of reasons.slice(0, reasonsShown))
      lines.push(
        `  ${word} ${number(count)} × ${visible(reason)}${example === '' || example === '""' ? '' : `, first ${visible(example)}`}`,
      )
    if (reasons.length > reasonsShown) lines.push(`  … ${reasons.length - reasonsShown} more reasons`)
  }
  list('skipped', skipped)
  list('refused', refused)
  if (sent && sent.notAdmitted > 0) {
    lines.push(`  not admitted by the log: ${number(sent.notAdmitted)} events`)
    for (const [reason, count] of sent.reasons) lines.push(`    ${number(count)} × ${visible(reason)}`)
  }
  return `${lines.join('\n')}\n`
}

const number = (value: number) => value.toLocaleString('en-US')
