// A real capture of one incident, seen by a firewall, by audit records and by agents' traces, against the file that says what really
// happened. Every capture in the folder is tried.
import { expect, it } from 'vitest'
import { trafficOf } from './attribution/read-evidence.ts'
import { attributeAll, scoreTies } from './attribution/score-for-test.ts'
import type { StoredEvent } from './protocol/event.ts'
import { describeFixtures } from './sources/fixtures-for-test.ts'
import { type Incident, incidentNames, readIncident, shifted, truthOfFirewall } from './staged-incident.test-fixture.ts'

const seconds = (n: number) => n * 1_000

describeFixtures('the staged incidents', () => {
  it.each(incidentNames())(
    '%s: the alert of the miner, the tunnel without an alert and the innocent episodes are told apart',
    (name) => {
      const incident = readIncident(name)
      const { attribution } = attributeAll(inOrder(incident))
      const truth = truthOfFirewall(incident)
      for (const event of incident.firewall) {
        const cause = truth.get(event.id)
        if (event.kind !== 'alert.raised' || !cause) continue
        expect(attribution.tieOf(event.id), event.data.title).toMatchObject({
          session: cause.session,
          call: cause.call,
        })
      }
      const tunnel = incident.firewall.filter((event) => truth.get(event.id)?.label === 'reverse_ssh_tunnel')
      for (const event of tunnel) expect(attribution.tieOf(event.id)?.call).toBe(truth.get(event.id)?.call)
    },
  )

  const skews = [
    ['none', 0, 0, 0],
    ['firewall +3 s', 3, 0, 0],
    ['firewall -3 s', -3, 0, 0],
    ['firewall +90 s', 90, 0, 0],
    ['firewall -90 s', -90, 0, 0],
    ['audit +3 s', 0, 3, 0],
    ['audit -90 s', 0, -90, 0],
    ['traces +90 s', 0, 0, 90],
    ['traces -3 s', 0, 0, -3],
    ['firewall +90 s, audit -90 s', 90, -90, 0],
  ] as const
  it.each(incidentNames().flatMap((name) => skews.map((skew) => [name, ...skew] as const)))(
    '%s, clocks off: %s: at least 98 of 100 ties are right and 90 of 100 facts are tied',
    (name, _title, firewallS, auditS, tracesS) => {
      const incident = readIncident(name)
      const events = inOrder({
        ...incident,
        firewall: shifted(incident.firewall, seconds(firewallS)),
        audit: shifted(incident.audit, seconds(auditS)),
        traces: shifted(incident.traces, seconds(tracesS)),
      })
      const { attribution, written } = attributeAll(events)
      const score = scoreTies(truthOfFirewall(incident), attribution.tieOf)
      expect(score.facts).toBeGreaterThan(20)
      expect(score.precision).toBeGreaterThanOrEqual(0.98)
      expect(score.recall).toBeGreaterThanOrEqual(0.9)
      for (const event of written)
        if (event.kind === 'attribution.made' && event.data.level === 'likely')
          expect(event.data.runnerUp).toBeDefined()
    },
  )

  it.each(incidentNames())(
    '%s: with a source missing, or every address behind one NAT, ties get fewer and not wrong',
    (name) => {
      const incident = readIncident(name)
      const truth = truthOfFirewall(incident)
      const nat = incident.firewall.map((event) => behindNat(event, incident))
      const worlds: Record<string, StoredEvent[]> = {
        'no audit records': [...incident.traces, ...incident.firewall],
        'traces that name no address': [...withoutAddresses(incident.traces), ...incident.audit, ...incident.firewall],
        'one NAT': [...withoutAddresses(incident.traces), ...incident.audit, ...nat],
        'one NAT, no audit records': [...withoutAddresses(incident.traces), ...nat],
      }
      for (const [title, events] of Object.entries(worlds)) {
        const score = scoreTies(truth, attributeAll(events).attribution.tieOf)
        expect(score.precision, title).toBeGreaterThanOrEqual(0.98)
      }
    },
  )

  it.each(incidentNames())('%s: in whatever order the files are imported, the same is concluded', (name) => {
    const incident = readIncident(name)
    const { firewall, audit, traces } = incident
    const truth = truthOfFirewall(incident)
    const orders = [
      [firewall, audit, traces],
      [audit, firewall, traces],
      [traces, firewall, audit],
    ]
    for (const order of orders) {
      const score = scoreTies(truth, attributeAll(order.flat(), 50).attribution.tieOf)
      expect(score.precision).toBeGreaterThanOrEqual(0.98)
      expect(score.recall).toBeGreaterThanOrEqual(0.9)
    }
  })
})

function inOrder({ firewall, audit, traces }: Pick<Incident, 'firewall' | 'audit' | 'traces'>): StoredEvent[] {
  return [...traces, ...audit, ...firewall]
}

function withoutAddresses(events: readonly StoredEvent[]): StoredEvent[] {
  return events.map((event) => {
    if (event.kind !== 'session.started' || !event.data.labels) return event
    const { address: _address, ...labels } = event.data.labels
    return { ...event, data: { ...event.data, labels } }
  })
}

function behindNat(event: StoredEvent, { truth }: Incident): StoredEvent {
  const traffic = trafficOf(event)
  if (!traffic || event.kind === 'attribution.made') return event
  const inner = (address: string) => truth.episodes.some(({ ip }) => ip === address)
  const end = <T extends { address: string }>(of: T): T => (inner(of.address) ? { ...of, address: '192.0.2.1' } : of)
  const translated = { ...traffic, source: end(traffic.source), destination: end(traffic.destination) }
  return { ...event, data: { ...event.data, traffic: translated } } as StoredEvent
}
