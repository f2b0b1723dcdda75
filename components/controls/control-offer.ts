// Which buttons a row offers when nothing is pending, and why one is disabled or weaker. Pure.
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import type { ControlAction } from '../../server/protocol/control.ts'
import { controlName, openTroubleOf } from './control-trouble.ts'

/** `why` says what a disabled or weaker button means; `again` is set when the same was asked before and did not happen. */
export type Offer = {
  action: ControlAction
  label: string
  enabled: boolean
  bestEffort: boolean
  again: boolean
  why: string
}

export function offerOf(row: SessionRow): Offer | undefined {
  if (row.state === 'ended') return undefined
  const trouble = openTroubleOf(row)
  if (trouble)
    return { action: trouble.action, label: `${controlName[trouble.action]} again`, again: true, ...meansOf(row) }
  const held = row.state === 'paused' || (row.state === 'silent' && row.lastRead === 'paused')
  const action = held ? 'resume' : 'pause'
  return { action, label: controlName[action], again: false, ...meansOf(row) }
}

/** The other way out of a control that did not happen: the wanted state still stands, so it can be taken back. */
export function takeBackOf(row: SessionRow): Offer | undefined {
  const trouble = openTroubleOf(row)
  const means = meansOf(row)
  if (!trouble || !means.enabled) return undefined
  const action = trouble.action === 'pause' ? 'resume' : 'pause'
  const why = `Take the ${trouble.action} back: ${action} is wanted instead`
  return { action, label: controlName[action], again: false, ...means, why }
}

function meansOf(row: SessionRow): { enabled: boolean; bestEffort: boolean; why: string } {
  const cannot = (why: string) => ({ enabled: false, bestEffort: false, why })
  if (row.state === 'reported') return cannot('No host holds this session: it is known only from telemetry.')
  const ability = row.abilities.find((each) => each.name === 'pause')
  if (ability === undefined) return cannot('The host has not said that it can pause.')
  if (ability.can === 'no') return cannot(ability.detail || 'The host cannot pause.')
  const how = `${ability.can === 'proven' ? 'Proven' : 'Best effort'} by ${ability.enforcer}`
  return {
    enabled: true,
    bestEffort: ability.can === 'best-effort',
    why: ability.detail ? `${how}: ${ability.detail}` : how,
  }
}
