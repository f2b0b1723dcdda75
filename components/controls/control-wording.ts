// What may be said of a session's control, and when. "Paused" belongs to rows whose state the server read as paused;
// everything before that is "asked, not confirmed", and gets louder the longer it stays so. Pure.
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { type ControlAction, isControlOpen } from '../../server/protocol/control.ts'
import type { Asked } from '../live/view-store.ts'
import { plural } from '../ui/format-quantity.ts'
import { ageText, spanText } from '../ui/format-time.ts'
import { controlName, type Trouble, troubleOf } from './control-trouble.ts'

export type Tone = 'quiet' | 'warn' | 'critical' | 'frozen'

/** Slower than this is worth a look; slower than `overdueAfterMs` needs a person. */
export const slowAfterMs = 1_000
export const overdueAfterMs = 5_000

/** The control that is asked and not yet confirmed, whether the server has told of it or only this browser knows. */
export type Pending = { action: ControlAction; sinceMs: number; delivered: boolean; control: string | undefined }

export function pendingOf(row: SessionRow, asked: Asked | undefined): Pending | undefined {
  if (row.state === 'ended') return undefined
  if (asked) return { action: asked.action, sinceMs: asked.atMs, delivered: false, control: asked.control }
  const { control } = row
  if (!control || !isControlOpen(control.state)) return undefined
  return {
    action: control.action,
    sinceMs: control.requestedAtMs,
    delivered: control.state === 'delivered',
    control: control.control,
  }
}

export function toneOfPending(pending: Pending, nowMs: number): Tone {
  const ageMs = nowMs - pending.sinceMs
  if (ageMs >= overdueAfterMs) return 'critical'
  return ageMs >= slowAfterMs ? 'warn' : 'quiet'
}

export function pendingText(pending: Pending, nowMs: number): string {
  const where = pending.delivered ? 'delivered' : 'asked'
  return `${controlName[pending.action]} ${where}, not confirmed · ${spanText(nowMs - pending.sinceMs)}`
}

export type NoticeKind = 'pending' | 'failure' | 'silent' | 'escaped'
export type Notice = { kind: NoticeKind; tone: Tone; text: string }

/** What must be read about a row's control: its fate first, then what a pause does not cover. At most two. */
export function noticesOf(
  row: SessionRow,
  asked: Asked | undefined,
  nowMs: number,
  silentSinceMs = row.lastEventAtMs,
): Notice[] {
  return [noticeOf(row, asked, nowMs, silentSinceMs), escapedNotice(row)].filter((notice) => notice !== undefined)
}

/** The fate of the newest control; undefined when there is nothing to add to the row's state. */
export function noticeOf(
  row: SessionRow,
  asked: Asked | undefined,
  nowMs: number,
  silentSinceMs = row.lastEventAtMs,
): Notice | undefined {
  const trouble = asked ? undefined : troubleOf(row)
  const pending = pendingOf(row, asked)
  if (row.state === 'silent') {
    const read = row.lastRead ? ` · last read: ${row.lastRead}` : ''
    const silence = `ost silent ${ageText(nowMs - silentSinceMs)}${read}`
    if (trouble && !trouble.settled) {
      const why = trouble.why && ` · ${trouble.why}`
      return { kind: 'failure', tone: 'critical', text: `${troubleHead(trouble, nowMs)} · h${silence}${why}` }
    }
    const wish = pending ? ` · ${pending.action} asked, not confirmed` : ''
    return { kind: 'silent', tone: 'warn', text: `H${silence}${wish}` }
  }
  if (trouble) {
    const why = trouble.why && `: ${trouble.why}`
    const since = trouble.settled ? ` · since read as ${trouble.action === 'pause' ? 'paused' : 'running'}` : ''
    const tone = trouble.settled ? 'warn' : 'critical'
    return { kind: 'failure', tone, text: `${troubleHead(trouble, nowMs)}${why}${since}` }
  }
  if (pending) return { kind: 'pending', tone: toneOfPending(pending, nowMs), text: pendingText(pending, nowMs) }
  return undefined
}

/** The age stands before the reason, so that it is read even where the reason is cut off. */
function troubleHead(trouble: Trouble, nowMs: number): string {
  if (trouble.sinceMs === undefined) return trouble.word
  const ageMs = nowMs - trouble.sinceMs
  return `${trouble.word} ${ageMs < 1_000 ? 'just now' : `${ageText(ageMs)} ago`}`
}

/** Processes outside the session's cgroup: a pause does not hold them, whatever the row's state says. */
export function escapedNotice(row: SessionRow): Notice | undefined {
  const count = row.escapedCount
  if (count <= 0) return undefined
  const processes = plural(count, 'process', 'processes')
  const [run, were, them] = count === 1 ? ['runs', 'was', 'it'] : ['run', 'were', 'them']
  const text =
    row.state === 'paused'
      ? `Paused, but ${processes} ${run} outside its cgroup`
      : row.state === 'silent' && row.lastRead === 'paused'
        ? `Last read paused, but ${processes} ${were} outside its cgroup`
        : row.state === 'ended'
          ? `Ended, but ${processes} ${were} last seen alive outside its cgroup`
          : `${processes} left its cgroup: pause will not hold ${them}`
  return { kind: 'escaped', tone: 'critical', text }
}
