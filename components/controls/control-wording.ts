// What may be said of a session's control, and when. "Paused" belongs to rows whose state the server read as paused;
// everything before that is "asked, not confirmed", and gets louder the longer it stays so. Pure.
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { isControlOpen, isLift, restrictionsOf, stepName } from '../../server/protocol/control.ts'
import type { ControlView, RestrictionView } from '../../server/protocol/control-views.ts'
import type { Asked } from '../live/view-store.ts'
import { plural } from '../ui/format-quantity.ts'
import { ageText, agoText, spanText } from '../ui/format-time.ts'
import { notInForce } from './containment-state.ts'
import { type Deed, deedName, isRunDeed, type Trouble, troubleOf } from './control-trouble.ts'
import { wantedWord } from './hold-words.ts'

export type Tone = 'quiet' | 'warn' | 'critical' | 'frozen'

/** Slower than this is worth a look; slower than `overdueAfterMs` needs a person. */
export const slowAfterMs = 1_000
export const overdueAfterMs = 5_000
/** Verifying takes three seconds of quiet by design: its own clock starts at the control's end. */
export const slowToVerifyAfterMs = 5_000
export const unverifiedAfterMs = 10_000

/** The control that is asked and not yet confirmed, whether the server has told of it or only this browser knows. */
export type Pending = Deed & { sinceMs: number; delivered: boolean; control: string | undefined }

export function pendingOf(row: SessionRow, asked: Asked | undefined): Pending | undefined {
  if (row.state === 'ended') return undefined
  if (asked) {
    const { action, capability, atMs, control } = asked
    return { action, capability, sinceMs: atMs, delivered: false, control }
  }
  const { control } = row
  if (!control || !isControlOpen(control.state)) return undefined
  return {
    action: control.action,
    capability: control.capability,
    sinceMs: control.requestedAtMs,
    delivered: control.state === 'delivered',
    control: control.control,
  }
}

/** What the row's one button waits for: a pending snapshot or revocation must not take the button that stops it. */
export function pendingRunOf(row: SessionRow, asked: Asked | undefined): Pending | undefined {
  const pending = pendingOf(row, asked && isRunDeed(asked.action) ? asked : undefined)
  return pending && isRunDeed(pending.action) ? pending : undefined
}

export function toneOfPending(pending: Pending, nowMs: number): Tone {
  const ageMs = nowMs - pending.sinceMs
  if (ageMs >= overdueAfterMs) return 'critical'
  return ageMs >= slowAfterMs ? 'warn' : 'quiet'
}

export function pendingText(pending: Pending, nowMs: number): string {
  const where = pending.delivered ? 'delivered' : 'asked'
  return `${deedName(pending)} ${where}, not confirmed · ${spanText(nowMs - pending.sinceMs)}`
}

export type NoticeKind = 'pending' | 'failure' | 'restriction' | 'held' | 'silent' | 'escaped'
export type Notice = { kind: NoticeKind; tone: Tone; text: string }

/** What must be read about a row: the fate of its control, then what is not in force, then what a pause does not cover. */
export function noticesOf(
  row: SessionRow,
  asked: Asked | undefined,
  nowMs: number,
  silentSinceMs = row.lastEventAtMs,
): Notice[] {
  return [noticeOf(row, asked, nowMs, silentSinceMs), restrictionNotice(row), escapedNotice(row)].filter(
    (notice) => notice !== undefined,
  )
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
    const wish = pending ? ` · ${wishText(pending)} asked, not confirmed` : ''
    return { kind: 'silent', tone: 'warn', text: `H${silence}${wish}` }
  }
  if (trouble) {
    const why = trouble.why && `: ${trouble.why}`
    const since = trouble.settled ? ` · since read as ${settledWord(trouble)}` : ''
    const tone = trouble.settled ? 'warn' : 'critical'
    return { kind: 'failure', tone, text: `${troubleHead(trouble, nowMs)}${why}${since}` }
  }
  if (pending) return { kind: 'pending', tone: toneOfPending(pending, nowMs), text: pendingText(pending, nowMs) }
  return unverifiedNotice(row, nowMs) ?? stillHeldNotice(row)
}

function wishText(pending: Pending): string {
  const name = deedName(pending)
  return name.charAt(0).toLowerCase() + name.slice(1)
}

function settledWord({ action }: Trouble): string {
  if (action === 'pause' || action === 'contain') return action === 'pause' ? 'paused' : 'contained'
  if (action === 'revoke') return 'revoked'
  return action === 'restore' ? 'restored' : 'running'
}

/** When the verification of this control was due to begin; undefined when none is owed, or it was told. */
export function awaitsVerificationSince(control: ControlView, isStanding: boolean): number | undefined {
  if (!isStanding || control.state !== 'enforced' || !control.plan.includes(stepName.verified)) return undefined
  const told = control.steps.some((step) => step.name === stepName.verified || step.name === stepName.notVerified)
  return told ? undefined : control.endedAtMs
}

/** Enforced by the enforcer's own word, and nobody has seen it hold: a step that was not observed is told in red with its age. */
function unverifiedNotice({ control, holds }: SessionRow, nowMs: number): Notice | undefined {
  const isStanding = control !== undefined && holds.some((hold) => hold.control === control.control)
  const sinceMs = control && awaitsVerificationSince(control, isStanding)
  if (!control || sinceMs === undefined || nowMs - sinceMs < unverifiedAfterMs) return undefined
  return {
    kind: 'failure',
    tone: 'critical',
    text: `${deedName(control)} not verified for ${ageText(nowMs - sinceMs)}`,
  }
}

/** One cause was lifted, and the session stays as it is because of others: whose, and why. */
function stillHeldNotice({ control, holds }: SessionRow): Notice | undefined {
  if (control?.state !== 'lifted' || !isLift(control.action) || holds.length === 0) return undefined
  const causes = holds.map((hold) => {
    const why = hold.reason === undefined ? '' : ` “${hold.reason}”`
    return `${wantedWord(hold)} by ${hold.by.name}${why}`
  })
  return { kind: 'held', tone: 'quiet', text: `One cause lifted; still held: ${causes.join(', ')}` }
}

const restrictionName: Readonly<Record<RestrictionView['restriction'], string>> = {
  actions: 'tool calls: held',
  network: 'network: revoked',
  gpu: 'GPU: revoked',
  pause: 'pause: wanted',
  shell: 'shell: revoked',
  files: 'files: revoked',
  credentials: 'credentials: revoked',
}

/** What is wanted and was read as not in force, unless the fate of the control that wanted it says so already. */
function restrictionNotice(row: SessionRow): Notice | undefined {
  const trouble = troubleOf(row)
  const told = trouble && !trouble.settled ? restrictionsOf(trouble.action, trouble.capability) : []
  const broken = notInForce(row).filter(({ restriction }) => !told.includes(restriction))
  if (broken.length === 0) return undefined
  const text = broken
    .map(({ restriction, enforced, left }) => {
      const what = enforced === 'partly' ? 'in force only in part' : enforced === 'no' ? 'not in force' : 'not read'
      return `${restrictionName[restriction]}, ${what}${left[0] === undefined ? '' : ` (${left.join(', ')})`}`
    })
    .join(' · ')
  return { kind: 'restriction', tone: 'critical', text }
}

/** The age stands before the reason, so that it is read even where the reason is cut off. */
function troubleHead(trouble: Trouble, nowMs: number): string {
  if (trouble.sinceMs === undefined) return trouble.word
  const ageMs = nowMs - trouble.sinceMs
  return `${trouble.word} ${agoText(ageMs)}`
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
