// What the stream says of facts that other sensors saw.
import { describe, expect, it } from 'vitest'
import { kindOf } from './event-sentence.ts'

const said = (kind: string, data: Record<string, unknown>) =>
  kindOf(kind)
    .say(data)
    .map((part) => part.text)
    .join(' ')
const traffic = {
  protocol: 'tcp',
  source: { address: '10.0.4.17', port: 51834 },
  destination: { address: '198.51.100.7', port: 3333 },
}

describe('sentences of network sensors', () => {
  it('say between whom a flow went and what the firewall made of it', () => {
    const data = { traffic, verdict: 'denied', direction: 'out', reason: 'egress-deny', bytesOut: 612 }
    expect(said('flow.observed', data)).toBe(
      'flow denied 10.0.4.17:51834 → 198.51.100.7:3333 tcp · outward · egress-deny',
    )
    expect(kindOf('flow.observed').tone?.(data)).toBe('warn')
    expect(kindOf('flow.observed').aside?.(data)).toBe('612 B out')
  })

  it('name the first answers of a DNS query and count the others', () => {
    const data = {
      traffic,
      query: 'pool.example.net',
      type: 'A',
      answers: ['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4'],
    }
    expect(said('dns.queried', data)).toBe(
      'asked DNS for pool.example.net A → 1.1.1.1, 2.2.2.2, 3.3.3.3 and 1 more from 10.0.4.17:51834',
    )
  })

  it('read an alert by its title, and colour it by its severity', () => {
    const data = {
      basis: 'signature',
      title: 'ET POLICY Miner',
      severity: 'high',
      action: 'blocked',
      traffic,
      ruleId: '2024792',
    }
    expect(said('alert.raised', data)).toBe(
      'Alert ET POLICY Miner 10.0.4.17:51834 → 198.51.100.7:3333 blocked rule 2024792',
    )
    expect(kindOf('alert.raised').tone?.(data)).toBe('critical')
    expect(kindOf('alert.raised').tone?.({ ...data, severity: 'constructor' })).toBe('normal')
  })

  it('do not put the host before an address that holds it already', () => {
    expect(said('http.requested', { traffic, method: 'GET', hostname: 'a.example', url: 'http://a.example/x' })).toBe(
      'GET http://a.example/x from 10.0.4.17:51834',
    )
    expect(said('http.requested', { traffic, hostname: 'a.example', url: '/x' })).toContain('a.example/x')
  })

  it('show a flow without ports, and an IPv6 end in brackets', () => {
    const icmp = {
      protocol: 'icmp',
      source: { address: '10.0.4.17' },
      destination: { address: '2001:db8::1', port: 443 },
    }
    expect(said('flow.observed', { traffic: icmp, verdict: 'allowed' })).toBe('flow 10.0.4.17 → [2001:db8::1]:443 icmp')
  })
})

describe('sentences of other sensors', () => {
  it('say what a host sensor saw a process do, and where it ran', () => {
    const process = {
      pid: 48307,
      comm: 'python3',
      argv: ['python3', 'a.py'],
      user: 'root',
      workload: { pod: 'trainer-0', namespace: 'rl' },
    }
    expect(said('process.reported', { what: 'executed', process })).toBe(
      'ran python3 a.py python3[48307] · user root, pod rl/trainer-0',
    )
    expect(
      said('connection.reported', {
        what: 'connected',
        process,
        protocol: 'tcp',
        remote: { address: '203.0.113.40', port: 22 },
        succeeded: false,
        error: 'ECONNREFUSED',
      }),
    ).toBe('connected to 203.0.113.40:22 by python3[48307] tcp · user root, pod rl/trainer-0 failed: ECONNREFUSED')
  })

  it('name a GPU by its index, and its fault by the XID', () => {
    expect(said('gpu.fault', { gpu: 'GPU-1', index: 3, xid: 79, message: 'fallen off the bus' })).toBe(
      'GPU 3 reported an error XID 79 fallen off the bus',
    )
    expect(said('gpu.process.reported', { gpu: 'GPU-1', index: 0, pid: 48307, name: 'python3', smPercent: 99 })).toBe(
      'GPU 0 in use by python3[48307] 99% SM',
    )
  })

  it('say how two clocks compare', () => {
    expect(said('clock.estimated', { clock: 'fw', against: 'otlp', offsetMs: 38, spreadMs: 12, pairs: 24 })).toBe(
      'Clock of fw compared with otlp +38 ms ±12 ms added to its times, from 24 pairs',
    )
  })
})
