// How requests of the same shape were decided before, in one line. Pure.
import { historyDays, type ShapeHistory } from '../../server/protocol/approval-reading.ts'
import { ageText } from '../ui/format-time.ts'

/** The name of who decided last stands between `text` and `ago`: it is an operator's own text. */
export function historyWords(
  before: ShapeHistory,
  nowMs: number,
): { text: string; by: string | undefined; ago: string } {
  const { asked, allowed, denied, lapsed, isMore, last } = before
  const span = `in ${historyDays} days`
  if (asked === 0) return { text: `Nothing of the same shape was asked before ${span}.`, by: undefined, ago: '' }
  const of = (count: number) => `${count} of ${isMore ? 'the newest ' : ''}${asked}`
  const parts = [
    allowed > 0 && `allowed ${of(allowed)}`,
    denied > 0 && `denied ${of(denied)}`,
    lapsed > 0 && `undecided and denied ${of(lapsed)}`,
  ].filter((each) => each !== false)
  const text = parts.length === 0 ? `Same shape: ${asked} more wait` : `Same shape ${span}: ${parts.join(', ')}`
  if (!last || last.decision === 'lapsed') return { text, by: undefined, ago: '' }
  const age = ageText(nowMs - last.atMs)
  return { text: `${text}; last ${last.decision}`, by: last.by, ago: age === 'now' ? ', just now' : `, ${age} ago` }
}
