// What long work says of itself. Pure. Nothing is called done that the server does not call done, and no end is guessed where none is known.
import type { JobView } from '../../server/protocol/job.ts'
import { bytesText, countText, plural } from '../ui/format-quantity.ts'
import { ageText, agoText, spanText } from '../ui/format-time.ts'

/** 0 to 1; undefined where nobody knows of how many. */
export function shareOf({ done, of }: Pick<JobView, 'done' | 'of'>): number | undefined {
  return of === undefined || of <= 0 ? undefined : Math.min(1, done / of)
}

/** `hashing and signing · 1,200 of about 45,000 events` */
export function progressText({ phase, done, of, unit }: JobView): string {
  const told = (count: number) => (unit === 'bytes' ? bytesText(count) : countText(count))
  const whole = of === undefined || of <= 0 ? '' : ` of about ${told(of)}`
  const counted = `${told(done)}${whole}${unit === 'bytes' ? '' : ` ${unit}`}`
  const isCounted = done > 0 || (of ?? 0) > 0
  return [phase, isCounted && counted].filter(Boolean).join(' · ') || 'beginning'
}

export type JobWords = { tone: 'plain' | 'ok' | 'warn'; state: string; detail: string }

export function jobWords(job: JobView, nowMs: number): JobWords {
  const { state, startedAtMs, endedAtMs, problem, by } = job
  const ago = endedAtMs === undefined ? '' : `, ${agoText(nowMs - endedAtMs)}`
  switch (state) {
    case 'running':
      return {
        tone: 'plain',
        state: 'running',
        detail: `${progressText(job)} · by ${by}, for ${ageText(nowMs - startedAtMs)}`,
      }
    case 'done':
      return {
        tone: 'ok',
        state: 'done',
        detail: `in ${spanText((endedAtMs ?? startedAtMs) - startedAtMs)}${ago} · by ${by}`,
      }
    case 'cancelled':
      return {
        tone: 'plain',
        state: 'cancelled',
        detail: `${job.done > 0 ? `after ${progressText(job)}` : 'at its beginning'}${ago} · by ${by}`,
      }
    case 'failed':
      return { tone: 'warn', state: 'failed', detail: problem ?? 'The server did not say why: start it again.' }
    case 'lost':
      return { tone: 'warn', state: 'lost', detail: problem ?? 'The server stopped before it ended: start it again.' }
  }
}

export function resultText({ kind, result }: JobView): string {
  if (kind === 'backtest') return 'Open'
  if (kind === 'import') return 'Its source'
  return result?.bytes === undefined ? 'Download' : `Download, ${bytesText(result.bytes)}`
}

/** For the sign in the top bar: what runs, then what went wrong. */
export function headlineOf(jobs: readonly JobView[]): string {
  const count = (wanted: readonly JobView['state'][]) => jobs.filter(({ state }) => wanted.includes(state)).length
  const [running, wrong, done] = [count(['running']), count(['failed', 'lost']), count(['done'])]
  const share = overallShare(jobs)
  return (
    [
      running > 0 && `${countText(running)} running${share === undefined ? '' : `, ${Math.round(share * 100)}%`}`,
      wrong > 0 && `${countText(wrong)} failed or lost`,
      done > 0 && `${countText(done)} done`,
    ]
      .filter(Boolean)
      .join(', ') || plural(jobs.length, 'job')
  )
}

/** Of all that runs together; undefined where one of them does not know its end. */
export function overallShare(jobs: readonly JobView[]): number | undefined {
  const shares = jobs.filter(({ state }) => state === 'running').map(shareOf)
  if (shares.length === 0 || shares.some((share) => share === undefined)) return undefined
  return shares.reduce<number>((sum, share) => sum + (share ?? 0), 0) / shares.length
}
