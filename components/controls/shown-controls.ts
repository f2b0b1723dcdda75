// Which controls a session's page tells: what stands, what is on its way, and the one that comes first. Pure.
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { isControlOpen } from '../../server/protocol/control.ts'
import type { ControlView, HoldView } from '../../server/protocol/control-views.ts'

/** A hold without its control: the list of controls is bounded, and a cause must never be out of reach. */
export type ShownControl = { control: ControlView; hold: HoldView | undefined } | { control: undefined; hold: HoldView }

/** Newest first. A row comes more often than a whole detail, so its control is the newer word. */
export function shownControls(row: SessionRow, controls: readonly ControlView[]): ShownControl[] {
  const holdOf = new Map(row.holds.map((hold) => [hold.control, hold]))
  const foremost = row.control
  const known = controls.map((each) => (each.control === foremost?.control ? foremost : each))
  if (foremost && !known.some((each) => each.control === foremost.control)) known.unshift(foremost)
  const missing = row.holds.filter((hold) => !known.some((each) => each.control === hold.control))
  const told = known
    .filter(
      (control) => control.control === foremost?.control || holdOf.has(control.control) || isControlOpen(control.state),
    )
    .sort((a, b) => b.requestedAtMs - a.requestedAtMs)
    .map((control) => ({ control, hold: holdOf.get(control.control) }))
  return [...told, ...missing.map((hold) => ({ control: undefined, hold }))]
}
