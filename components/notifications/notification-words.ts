// Routes and deliveries in words. Pure.
import type {
  DeliveryView,
  NotificationKind,
  NotificationRouteView,
  OccasionAbout,
} from '../../server/protocol/notification-view.ts'
import { spanText } from '../ui/format-time.ts'

export const kindName: Readonly<Record<NotificationKind, string>> = {
  slack: 'Slack',
  pagerduty: 'PagerDuty',
  email: 'E-mail',
  webhook: 'Signed webhook',
}

export const aboutName: Readonly<Record<OccasionAbout, string>> = {
  approval: 'an action waits',
  session: 'a session is flagged',
  control: 'a control failed',
  host: 'a host is lost',
}

export function coversText({ minSeverity, abouts, afterMinutes }: NotificationRouteView): string {
  const what = abouts.map((each) => aboutName[each]).join(', ')
  const severity =
    minSeverity === 'critical'
      ? 'critical'
      : minSeverity === 'informational'
        ? 'any severity'
        : `${minSeverity} and worse`
  const when = afterMinutes === 0 ? 'at once' : `when nobody has taken it for ${afterMinutes} min`
  return `${when}: ${what} (${severity})`
}

const stepName: Readonly<Record<DeliveryView['step'], string>> = {
  trigger: 'told',
  acknowledge: 'told that it is taken',
  resolve: 'told that it is over',
  test: 'test',
}

export function stepText({ step }: Pick<DeliveryView, 'step'>): string {
  return stepName[step]
}

export type DeliveryTone = 'ok' | 'warn' | 'critical' | 'quiet'

/** What became of it: `waiting` after a failed attempt is a failure that is tried again. */
export function outcomeOf(
  { state, attempts, nextAtMs, detail }: Pick<DeliveryView, 'state' | 'attempts' | 'nextAtMs' | 'detail'>,
  nowMs: number,
): { tone: DeliveryTone; text: string } {
  const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`
  const why = detail === undefined ? '' : `: ${detail}`
  if (state === 'delivered') return { tone: 'ok', text: `Taken after ${tries}${why}` }
  if (state === 'failed') return { tone: 'critical', text: `Failed after ${tries}${why}` }
  if (state === 'dropped') return { tone: 'quiet', text: `Not said${why}` }
  if (attempts === 0 || detail === undefined) return { tone: 'quiet', text: 'Being sent' }
  const wait = nextAtMs > nowMs ? `in ${spanText(nextAtMs - nowMs)}` : 'now'
  return { tone: 'warn', text: `Failed ${attempts === 1 ? 'once' : `${attempts} times`}, tried again ${wait}${why}` }
}
