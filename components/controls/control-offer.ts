// Which button a row offers when nothing is pending, and why one is disabled or weaker. Pure.
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import type { ControlId } from '../../server/protocol/ids.ts'
import { controlName, type Deed, deedName, holdsFor, isRunDeed, openTroubleOf, oppositeOf } from './control-trouble.ts'

/** `why` says what a disabled or weaker button means; `again` is set when the same was asked before and did not happen. */
export type Offer = Deed & {
  label: string
  enabled: boolean
  bestEffort: boolean
  again: boolean
  why: string
  /** The hold that a lift concerns; absent where there are several and the caller's own newest is meant. */
  undoes?: ControlId | undefined
}

/** The one button of a row: stop the whole of it, or let it go. */
export function offerOf(row: SessionRow): Offer | undefined {
  if (row.state === 'ended') return undefined
  const trouble = openTroubleOf(row)
  if (trouble && isRunDeed(trouble.action)) return againOf(row, trouble)
  if (row.holds.some((hold) => hold.action === 'contain')) return liftOf(row, 'release')
  return pauseOfferOf(row)
}

/** Pause or its lift alone, where containing has a button of its own. */
export function pauseOfferOf(row: SessionRow): Offer | undefined {
  if (row.state === 'ended') return undefined
  const trouble = openTroubleOf(row)
  if (trouble?.action === 'pause' || trouble?.action === 'resume') return againOf(row, trouble)
  if (row.holds.some((hold) => hold.action === 'pause')) return liftOf(row, 'resume')
  const held = row.state === 'paused' || (row.state === 'silent' && row.lastRead === 'paused')
  const contained = row.holds.some((hold) => hold.action === 'contain')
  if (held && !contained) return liftOf(row, 'resume')
  return { action: 'pause', label: controlName.pause, again: false, ...meansOf(row, 'pause') }
}

/** Contain or its lift alone. */
export function containOfferOf(row: SessionRow): Offer | undefined {
  if (row.state === 'ended') return undefined
  const trouble = openTroubleOf(row)
  if (trouble?.action === 'contain' || trouble?.action === 'release') return againOf(row, trouble)
  if (row.holds.some((hold) => hold.action === 'contain')) return liftOf(row, 'release')
  return { action: 'contain', label: controlName.contain, again: false, ...meansOf(row, 'pause') }
}

/** The other way out of a control that did not happen: the wanted state still stands, so it can be taken back. */
export function takeBackOf(row: SessionRow, deed?: Deed): Offer | undefined {
  const trouble = openTroubleOf(row)
  const action = trouble && oppositeOf(trouble.action)
  if (!trouble || action === undefined || !isRunDeed(trouble.action)) return undefined
  if (deed && deed.action !== trouble.action) return undefined
  const means = meansOf(row, 'pause')
  if (!means.enabled) return undefined
  const why = `Take the ${trouble.action} back: ${action} is wanted instead`
  return { action, label: controlName[action], again: false, ...means, why, undoes: onlyHold(row, { action }) }
}

function againOf(row: SessionRow, deed: Deed): Offer {
  return {
    ...deed,
    label: `${deedName(deed)} again`,
    again: true,
    ...meansOf(row, 'pause'),
    undoes: onlyHold(row, deed),
  }
}

/** Several causes hold independently: the button lifts one of them, and says so. */
function liftOf(row: SessionRow, action: 'resume' | 'release'): Offer {
  const causes = row.holds.filter((hold) => hold.action !== 'revoke')
  const mixed = causes.some((hold) => hold.action === 'contain')
  const word = action === 'release' ? 'Release' : mixed ? 'Lift pause' : 'Lift'
  const several = causes.length > 1
  const others = several ? `It stays held: ${causes.length} causes hold it, and this lifts one of them. ` : ''
  const means = meansOf(row, 'pause')
  return {
    action,
    label: several ? `${word} 1 of ${causes.length}` : controlName[action],
    again: false,
    ...means,
    why: `${others}${means.why}`,
    undoes: onlyHold(row, { action }),
  }
}

/** Named when there is just one, so that a cause that is added meanwhile is not lifted unseen. */
function onlyHold(row: SessionRow, { action, capability }: Deed): ControlId | undefined {
  const [first, second] = holdsFor(row, action, capability)
  return second === undefined ? first?.control : undefined
}

export type Means = { enabled: boolean; bestEffort: boolean; why: string }

/** Whether this host can, and how; said before anyone clicks. */
export function meansOf(row: SessionRow, name: 'pause' | 'end'): Means {
  const cannot = (why: string) => ({ enabled: false, bestEffort: false, why })
  if (row.state === 'reported') return cannot('No host holds this session: it is known only from telemetry.')
  const ability = row.abilities.find((each) => each.name === name)
  if (ability === undefined) return cannot(`The host has not said that it can ${name}.`)
  if (ability.can === 'no') return cannot(ability.detail || `The host cannot ${name}.`)
  const how = `${ability.can === 'proven' ? 'Proven' : 'Best effort'} by ${ability.enforcer}`
  return {
    enabled: true,
    bestEffort: ability.can === 'best-effort',
    why: ability.detail ? `${how}: ${ability.detail}` : how,
  }
}
