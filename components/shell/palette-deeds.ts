// What the palette offers to do to one session, each with its reason where it cannot be done. Pure. What cannot be taken back is
// never one key away: it leads to the session's page, where it is held down.
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import type { Capability } from '../../server/protocol/control.ts'
import { containOfferOf, type Offer, offerOf } from '../controls/control-offer.ts'
import { capabilityName } from '../controls/control-trouble.ts'
import type { ControlAsk } from '../controls/use-control.ts'
import type { Verb, Wish } from './palette-wish.ts'

/** `ask`: one press asks. `page`: it is done on the session's page. `why`: what it means, or why it cannot be asked. */
export type PaletteDeed = { label: string; why: string; verb: Verb } & (
  | { how: 'ask'; ask: ControlAsk }
  | { how: 'page' | 'no' }
)

const capabilities: readonly Capability[] = ['network', 'shell', 'gpu', 'files', 'credentials']

/** The deeds that a wish means, best first; without a verb, the one button of its row. */
export function deedsOf(row: SessionRow, { verb, capability }: Wish): PaletteDeed[] {
  if (row.state === 'ended') return []
  if (verb === undefined) return offered(offerOf(row)).filter((deed) => deed.how === 'ask')
  if (verb === 'end') return [ending(row)]
  if (verb === 'snapshot') return [snapshot(row)]
  if (verb === 'contain' || verb === 'release') return offered(containOfferOf(row)).filter((deed) => deed.verb === verb)
  if (verb === 'revoke' || verb === 'restore') {
    const wanted = capability === undefined ? capabilities : [capability]
    return wanted.map((each) => capabilityDeed(row, each, verb)).filter((deed) => deed !== undefined)
  }
  return offered(offerOf(row)).filter((deed) => deed.verb === verb)
}

function offered(offer: Offer | undefined): PaletteDeed[] {
  if (!offer) return []
  const { action, label, why, enabled, undoes, capability } = offer
  if (action === 'end' || action === 'snapshot') return []
  const deed = { label, why, verb: action }
  // Letting a contained session go has a button of its own, beside what it tells of itself.
  if (action === 'release') return [{ ...deed, how: 'page', why: 'on its page' }]
  if (!enabled) return [{ ...deed, how: 'no' }]
  return [{ ...deed, how: 'ask', ask: { action, capability, undoes } }]
}

function ending(row: SessionRow): PaletteDeed {
  const ability = row.abilities.find((each) => each.name === 'end')
  const deed = { label: 'End', verb: 'end' as const }
  if (ability === undefined || ability.can === 'no')
    return { ...deed, how: 'no', why: ability?.detail || 'no host has said that it can end it' }
  return { ...deed, how: 'page', why: 'cannot be undone: held down on its page' }
}

function snapshot(row: SessionRow): PaletteDeed {
  const deed = { label: 'Snapshot evidence', verb: 'snapshot' as const }
  if (row.state === 'reported') return { ...deed, how: 'no', why: 'no host holds it: it is known only from telemetry' }
  return { ...deed, how: 'ask', why: 'nothing is stopped', ask: { action: 'snapshot' } }
}

function capabilityDeed(row: SessionRow, capability: Capability, verb: 'revoke' | 'restore'): PaletteDeed | undefined {
  const own = row.holds.filter((hold) => hold.action === 'revoke' && hold.capability === capability)
  const name = capabilityName[capability]
  if (verb === 'restore') {
    const [only, second] = own
    if (!only) return undefined
    const label = second === undefined ? `Restore ${name}` : `Restore ${name}, 1 of ${own.length}`
    const undoes = second === undefined ? only.control : undefined
    return { label, verb, how: 'ask', why: '', ask: { action: 'restore', capability, undoes } }
  }
  if (own.length > 0) return undefined
  const ability = row.abilities.find((each) => each.name === capability)
  const deed = { label: `Revoke ${name}`, verb }
  if (ability === undefined || ability.can === 'no')
    return { ...deed, how: 'no', why: ability?.detail || `no host has said that it can revoke ${name}` }
  // Its compute processes are ended: that cannot be taken back.
  if (capability === 'gpu') return { ...deed, how: 'page', why: 'cannot be undone: held down on its page' }
  return { ...deed, how: 'ask', why: ability.detail, ask: { action: 'revoke', capability } }
}
