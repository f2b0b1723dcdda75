// What may be said of a containment that stands. Every number is the server's; "Contained" is said only when every session
// that it means was read as held, none is still open, and none runs on. Pure.
import type { ContainmentView } from '../../server/protocol/control-views.ts'
import { plural } from '../ui/format-quantity.ts'

export type StandingTone = 'frozen' | 'warn' | 'critical' | 'quiet'
export type Part = { text: string; tone: StandingTone }
type Counts = Pick<ContainmentView, 'held' | 'enforced' | 'open' | 'troubled' | 'unheld'>

export function isStanding(view: ContainmentView): boolean {
  return view.liftedAtMs === undefined
}

/** It names sessions one by one, and none of them is left: it holds nothing and never will. */
export function isSpent(view: ContainmentView): boolean {
  return isStanding(view) && view.selector.sessions !== undefined && view.held === 0 && view.unheld === 0
}

export function standingWord(view: ContainmentView): Part {
  if (!isStanding(view)) return { text: 'Lifted', tone: 'quiet' }
  if (view.troubled > 0 || view.unheld > 0) return { text: 'Not wholly contained', tone: 'critical' }
  if (view.held === 0)
    return isSpent(view)
      ? { text: 'Nothing left to hold', tone: 'quiet' }
      : { text: 'Stands for later sessions', tone: 'frozen' }
  if (view.open > 0 || view.enforced < view.held) return { text: 'Containing', tone: 'warn' }
  return { text: 'Contained', tone: 'frozen' }
}

/** `10 of 12 enforced`, `1 asked, not confirmed`, `1 in part or failed`, `2 match and are not held by it`. */
export function standingParts(view: Counts): Part[] {
  const { held, enforced, open, troubled, unheld } = view
  const parts: Part[] = []
  if (held > 0) parts.push({ text: `${enforced} of ${held} enforced`, tone: enforced === held ? 'frozen' : 'quiet' })
  if (open > 0) parts.push({ text: `${open} asked, not confirmed`, tone: 'warn' })
  if (troubled > 0) parts.push({ text: `${troubled} in part or failed`, tone: 'critical' })
  if (unheld > 0)
    parts.push({
      text: unheld === 1 ? '1 matches and is not held by it' : `${unheld} match and are not held by it`,
      tone: 'critical',
    })
  if (parts.length === 0) parts.push({ text: 'no running session matches', tone: 'quiet' })
  return parts
}

export type Standing = { views: ContainmentView[]; troubled: number; open: number }

/** What the banner tells: those that stand and still mean something. Sessions are not summed: two may hold the same one. */
export function standingOf(containments: readonly ContainmentView[]): Standing {
  const views = containments.filter((view) => isStanding(view) && !isSpent(view))
  return {
    views,
    troubled: views.filter((view) => view.troubled > 0 || view.unheld > 0).length,
    open: views.filter((view) => view.open > 0).length,
  }
}

/** For several at once: `3 containments stand`, then what is wrong with how many of them. */
export function manyParts({ views, troubled, open }: Standing): Part[] {
  const parts: Part[] = [{ text: `${plural(views.length, 'containment')} stand`, tone: 'frozen' }]
  if (troubled > 0) parts.push({ text: `${troubled} not whole`, tone: 'critical' })
  if (open > 0) parts.push({ text: `${open} asked, not all confirmed`, tone: 'warn' })
  return parts
}

/** `12:31`, `1:02:03`, `2 d 3 h`; never negative. */
export function countdownText(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1_000))
  if (seconds >= 86_400) return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`
  const two = (value: number) => String(value).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** When it ends by itself, or that it does not. */
export function endsText(view: Pick<ContainmentView, 'expiresAtMs'>, nowMs: number): string {
  if (view.expiresAtMs === undefined) return 'until lifted'
  const leftMs = view.expiresAtMs - nowMs
  return leftMs <= 0 ? 'its time is up' : `lifts itself in ${countdownText(leftMs)}`
}
