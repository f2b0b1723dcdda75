// What an operator is told of a capability before and after the click: who would enforce it here, what is wanted, what was read.
// It must never call something enforced that was not read, nor offer a button that nothing stands behind.
import type { Ability, AbilityName } from '../protocol/ability.ts'
import { Capability, type Restriction } from '../protocol/control.ts'
import type { CapabilityView, RestrictionView } from '../protocol/control-views.ts'
import { holdsOn, isRestricted } from './holds.ts'
import type { ConsoleState, SessionState } from './state.ts'

/** Whose hands would do it: the host's probe, our gate, a webhook, or nobody's. */
export type MeansOf = Ability & { by: 'probe' | 'gate' | 'webhook' | 'nobody'; webhook?: string }

/** Passes the gate as a tool call, if the agent asks it. */
const atTheGate: ReadonlySet<AbilityName> = new Set(['shell', 'files'])

/** The strongest means there is for this session, said before anyone clicks. Host first, then gate, then webhook. */
export function meansOf(state: ConsoleState, session: SessionState, name: AbilityName): MeansOf {
  const onHost = session.abilities.find((each) => each.name === name)
  if (session.held !== 'none' && onHost && onHost.can !== 'no') return { ...onHost, by: 'probe' }
  if (atTheGate.has(name) && session.gate) {
    return {
      name,
      can: 'best-effort',
      enforcer: 'gate',
      detail: `The gate denies the agent's next ${name} call; what already runs goes on. This session was last seen to ask the gate.`,
      by: 'gate',
    }
  }
  for (const { webhook, name: title, capabilities, verifies } of state.webhooks.values()) {
    if (!capabilities.includes(name)) continue
    return {
      name,
      can: verifies ? 'proven' : 'best-effort',
      enforcer: `webhook ${title}`,
      detail: verifies
        ? 'Asked by a signed webhook, and read back from the address that it names.'
        : 'Asked by a signed webhook; what it answers is an acknowledgement, not an effect.',
      by: 'webhook',
      webhook,
    }
  }
  return { name, can: 'no', enforcer: '', detail: whyNobody(session, name, onHost), by: 'nobody' }
}

function whyNobody(session: SessionState, name: AbilityName, onHost: Ability | undefined): string {
  if (atTheGate.has(name)) return 'Tool calls of this session do not pass the gate, so nothing here can deny them.'
  if (name === 'credentials') return 'No webhook to a credential vault is set up.'
  if (session.held === 'none') return 'No host holds this session: it is known from telemetry only.'
  return onHost?.detail || 'Its host has not said that it can.'
}

/** What to offer where nobody can: a pause, if the host can do that. */
export function insteadOf(state: ConsoleState, session: SessionState, name: AbilityName): 'pause' | undefined {
  if (name === 'pause' || meansOf(state, session, name).by !== 'nobody') return undefined
  return meansOf(state, session, 'pause').by === 'nobody' ? undefined : 'pause'
}

export function projectCapabilities(state: ConsoleState, session: SessionState): CapabilityView[] {
  return Capability.options.map((capability) => {
    const { can, enforcer, detail } = meansOf(state, session, capability)
    return {
      capability,
      can,
      enforcer,
      detail,
      instead: insteadOf(state, session, capability),
      ...viewOf(session, capability),
      holds: holdsOn(session, capability).map((hold) => hold.control),
    }
  })
}

/** Everything that is wanted or was read as restricted, in the order in which a containment proceeds. */
export function projectRestrictions(session: SessionState): RestrictionView[] {
  const order: Restriction[] = ['actions', 'shell', 'files', 'credentials', 'network', 'gpu', 'pause']
  return order
    .map((restriction) => ({ restriction, ...viewOf(session, restriction) }))
    .filter((view) => view.wanted || view.enforced === 'yes' || view.enforced === 'partly')
}

function viewOf(session: SessionState, restriction: Restriction) {
  const wanted = isRestricted(session, restriction)
  const reading = session.readings.get(restriction)
  if (restriction === 'pause')
    return { wanted, enforced: session.observedPaused ? ('yes' as const) : ('no' as const), left: [] }
  if (!reading) return { wanted, enforced: 'unknown' as const, left: [] }
  const { restricted, observed, observedFrom, left, atMs } = reading
  const enforced = restricted ? ('yes' as const) : left.length > 0 ? ('partly' as const) : ('no' as const)
  return { wanted, enforced, observed, observedFrom, left: left.slice(0, 20), readAtMs: atMs }
}
