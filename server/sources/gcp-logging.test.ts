// Google Cloud's network logs: flows, rules, NAT and threats, however they were exported, and the recordings.
import { describe, expect, it } from 'vitest'
import type { EventInput } from '../protocol/event.ts'
import { gcpLogging } from './gcp-logging.ts'
import { readAll } from './read-all-for-test.ts'

const log = (name: string): string => `projects/vigil/logs/${name}`
const flowLog = log('compute.googleapis.com%2Fvpc_flows')
const ruleLog = log('compute.googleapis.com%2Ffirewall')
const time = '2026-11-21T12:05:00.5Z'
const timeAtMs = Date.UTC(2026, 10, 21, 12, 5, 0, 500)

const connection = {
  src_ip: '192.0.2.5',
  src_port: 41000,
  dest_ip: '198.51.100.7',
  dest_port: 443,
  protocol: 6,
}
const flow = (change: object = {}) => ({
  logName: flowLog,
  insertId: 'a1',
  timestamp: time,
  jsonPayload: {
    connection,
    reporter: 'SRC',
    bytes_sent: '3400',
    packets_sent: '12',
    start_time: '2026-11-21T12:00:00.250342106Z',
    end_time: '2026-11-21T12:00:05Z',
    src_instance: { vm_name: 'trainer-vm', zone: 'us-central1-a', project_id: 'vigil' },
    src_vpc: { vpc_name: 'agents', subnetwork_name: 'agents-a' },
    src_gke_details: {
      cluster: { cluster_name: 'rl' },
      pod: { pod_name: 'trainer-0', pod_namespace: 'agents', pod_workload: { workload_name: 'trainer' } },
      service: [{ service_name: 'svc', service_namespace: 'agents' }],
    },
    ...change,
  },
})
const rule = (change: object = {}, rest: object = {}) => ({
  logName: ruleLog,
  timestamp: time,
  jsonPayload: {
    connection: { ...connection, protocol: 'TCP' },
    disposition: 'DENIED',
    instance: { vm_name: 'trainer-vm' },
    remote_instance: { vm_name: 'other-vm' },
    rule_details: { action: 'DENY', direction: 'EGRESS', reference: 'network:agents/firewall:no-egress' },
    ...change,
  },
  ...rest,
})

function only(entry: object): EventInput {
  const read = readAll(gcpLogging, JSON.stringify(entry))
  expect(read.refusals).toEqual([])
  const [event] = read.made
  if (event === undefined || read.made.length !== 1) throw new Error('not one event')
  return event
}

describe('Google Cloud logging', () => {
  it('reads a VPC flow with its times, its counters given as text, and who ran at which end', () => {
    expect(only(flow())).toMatchObject({
      kind: 'flow.observed',
      atMs: Date.UTC(2026, 10, 21, 12) + 250.342,
      data: {
        traffic: {
          protocol: 'tcp',
          source: { address: '192.0.2.5', port: 41000 },
          destination: { address: '198.51.100.7', port: 443 },
          timeErrorMs: 5_000,
          sensor: 'trainer-vm (SRC)',
          from: {
            pod: 'trainer-0',
            namespace: 'agents',
            labels: { vm: 'trainer-vm', cluster: 'rl', workload: 'trainer', service: 'svc', vpc: 'agents' },
          },
        },
        verdict: 'unknown',
        direction: 'out',
        endedAtMs: Date.UTC(2026, 10, 21, 12, 0, 5),
        bytesOut: 3400,
        packetsOut: 12,
      },
    })
  })

  it('keeps the reports of both ends of one flow apart by the sensor', () => {
    const ends = { dest_instance: { vm_name: 'server-vm' }, dest_vpc: { vpc_name: 'agents' } }
    const read = readAll(
      gcpLogging,
      [flow(ends), flow({ ...ends, reporter: 'DEST' })].map((entry) => JSON.stringify(entry)).join('\n'),
    )
    expect(read.made).toMatchObject([
      { data: { traffic: { sensor: 'trainer-vm (SRC)' }, direction: 'internal' } },
      { data: { traffic: { sensor: 'server-vm (DEST)' }, direction: 'internal', verdict: 'allowed' } },
    ])
    expect(new Set(read.made.map(({ id }) => id)).size).toBe(2)
    expect(only(flow({ reporter: 'DEST_GATEWAY', src_vpc: {} }))).toMatchObject({
      data: { direction: 'in', traffic: { sensor: 'DEST_GATEWAY' } },
    })
    expect(only(flow({ dest_google_service: { service_name: 'storage.googleapis.com' } }))).toMatchObject({
      data: { traffic: { names: ['storage.googleapis.com'] } },
    })
  })

  it('reads firewall rules: for EGRESS the guarded instance is the source, for INGRESS the destination', () => {
    expect(only(rule())).toMatchObject({
      kind: 'flow.observed',
      atMs: timeAtMs,
      data: {
        traffic: {
          protocol: 'tcp',
          sensor: 'trainer-vm',
          from: { labels: { vm: 'trainer-vm' } },
          to: { labels: { vm: 'other-vm' } },
        },
        verdict: 'denied',
        direction: 'out',
        reason: 'network:agents/firewall:no-egress',
      },
    })
    expect(
      only(rule({ disposition: 'ALLOWED', rule_details: { direction: 'INGRESS', reference: 'r' } })),
    ).toMatchObject({
      data: {
        verdict: 'allowed',
        direction: 'in',
        traffic: { from: { labels: { vm: 'other-vm' } }, to: { labels: { vm: 'trainer-vm' } } },
      },
    })
    expect(only(rule({ disposition: 'INTERCEPTED' }))).toMatchObject({ data: { verdict: 'unknown' } })
    const icmp = only(rule({ connection: { ...connection, protocol: 'icmp', src_port: 0, dest_port: 0 } }))
    expect(icmp).toMatchObject({ data: { traffic: { protocol: 'icmp' } } })
    expect(JSON.stringify(icmp)).not.toContain('"port"')
  })

  it('reads Cloud NAT: the translated source, and a drop when the gateway had no port', () => {
    const nat = (status: string, address: object) => ({
      logName: log('compute.googleapis.com%2Fnat_flows'),
      timestamp: time,
      jsonPayload: {
        connection: { ...connection, ...address },
        allocation_status: status,
        endpoint: { vm_name: 'trainer-vm' },
        gateway_identifiers: { gateway_name: 'nat-1' },
      },
    })
    expect(only(nat('OK', { nat_ip: '203.0.113.9', nat_port: 1024 }))).toMatchObject({
      kind: 'flow.observed',
      data: {
        traffic: {
          source: { address: '192.0.2.5' },
          translated: { source: { address: '203.0.113.9', port: 1024 } },
          sensor: 'nat-1',
          from: { labels: { vm: 'trainer-vm' } },
        },
        verdict: 'allowed',
        direction: 'out',
      },
    })
    expect(only(nat('DROPPED', {}))).toMatchObject({
      data: { verdict: 'denied', reason: 'no free port at the NAT gateway' },
    })
  })

  it('makes alerts of the threats of Cloud IDS and Cloud NGFW', () => {
    const ids = {
      logName: log('ids.googleapis.com%2Fthreat'),
      timestamp: time,
      resource: { labels: { id: 'ids-east' } },
      jsonPayload: {
        name: 'Coin miner check-in',
        threat_id: '12345',
        alert_severity: 'CRITICAL',
        alert_time: '2026-11-21T12:04:59Z',
        type: 'spyware',
        category: 'command-and-control',
        source_ip_address: '192.0.2.5',
        source_port: '41000',
        destination_ip_address: '198.51.100.7',
        destination_port: '3333',
        ip_protocol: 'tcp',
        session_id: '77',
        details: 'A miner called home.',
        cves: ['CVE-2026-0001'],
      },
    }
    expect(only(ids)).toMatchObject({
      kind: 'alert.raised',
      atMs: Date.UTC(2026, 10, 21, 12, 4, 59),
      data: {
        basis: 'signature',
        title: 'Coin miner check-in',
        ruleId: '12345',
        category: 'command-and-control',
        severity: 'critical',
        action: 'allowed',
        message: 'A miner called home. · CVE-2026-0001',
        traffic: { protocol: 'tcp', destination: { port: 3333 }, flow: '77', sensor: 'ids-east' },
      },
    })
    const range = { ...ids, jsonPayload: { ...ids.jsonPayload, source_ip_address: '35.191.0.0/16' } }
    expect(only(range)).toMatchObject({ kind: 'alert.raised' })
    expect(JSON.stringify(only(range))).not.toContain('"traffic"')
    const ngfw = {
      logName: log('networksecurity.googleapis.com%2Ffirewall_threat'),
      timestamp: time,
      jsonPayload: {
        action: 'DENY',
        connection: {
          clientIp: '192.0.2.5',
          clientPort: 41000,
          serverIp: '198.51.100.7',
          serverPort: 80,
          protocol: 6,
        },
        threatDetails: { id: '9', threat: 'Test file', severity: 'LOW', category: 'malware', description: 'd' },
      },
    }
    expect(only(ngfw)).toMatchObject({
      kind: 'alert.raised',
      atMs: timeAtMs,
      data: {
        title: 'Test file',
        severity: 'low',
        action: 'blocked',
        traffic: { source: { address: '192.0.2.5', port: 41000 }, destination: { port: 80 } },
      },
    })
    const session = {
      ...ids,
      logName: log('ids.googleapis.com%2Ftraffic'),
      jsonPayload: { ...ids.jsonPayload, start_time: '2026-11-21T12:00:00Z', elapsed_time: '5s', application: 'ssh' },
    }
    expect(only(session)).toMatchObject({
      kind: 'flow.observed',
      data: { application: 'ssh', endedAtMs: Date.UTC(2026, 10, 21, 12, 0, 5) },
    })
  })

  it('reads lines, arrays, printed documents, pages and snake case as the same facts', () => {
    const entries = [flow(), rule(), flow({ reporter: 'DEST' })]
    const lines = readAll(gcpLogging, entries.map((entry) => JSON.stringify(entry)).join('\n'))
    expect(lines).toMatchObject({ records: 3, events: 3 })
    for (const text of [
      JSON.stringify(entries),
      JSON.stringify(entries, null, 2),
      entries.map((entry) => JSON.stringify(entry, null, 2)).join('\n'),
      JSON.stringify({ entries, nextPageToken: 'x' }, null, 2),
    ]) {
      for (const bytes of [1, 7, 65_536]) {
        const read = readAll(gcpLogging, text, {}, bytes)
        expect(read.refusals).toEqual([])
        expect(read.made).toEqual(lines.made)
      }
      expect(gcpLogging.looksLike(text, 'x')).toBe(true)
    }
    const { logName, jsonPayload, ...rest } = flow()
    expect(only({ ...rest, log_name: logName, json_payload: jsonPayload })).toMatchObject({ kind: 'flow.observed' })
    expect(only({ ...rest, jsonPayload })).toMatchObject({ data: { bytesOut: 3400 } })
  })

  it('skips other logs of the project', () => {
    const others = [
      { logName: log('cloudaudit.googleapis.com%2Factivity'), protoPayload: { methodName: 'm' }, timestamp: time },
      { logName: log('syslog'), textPayload: 'hello', timestamp: time },
      { logName: log('dns.googleapis.com%2Fdns_queries'), jsonPayload: { queryName: 'a.' }, timestamp: time },
      { jsonPayload: { message: 'x' } },
    ]
    const read = readAll(gcpLogging, others.map((entry) => JSON.stringify(entry)).join('\n'))
    expect(read).toMatchObject({
      events: 0,
      refused: [],
      skipped: [{ reason: 'log entry of another kind than network logs', count: 4 }],
    })
  })

  it('refuses what is broken, absurd or without ends, each once', () => {
    const read = readAll(
      gcpLogging,
      [
        'hello',
        '{"logName":"proj',
        '{}',
        '{"entries":[7]}',
        '{"__proto__":{"jsonPayload":{}}}',
        ...[
          flow({ connection: { src_ip: 'nowhere', dest_ip: '198.51.100.7' } }),
          flow({ connection: [] }),
          flow({ start_time: '1970-01-01T00:00:26Z' }),
          flow({ start_time: 'soon' }),
          rule({}, { timestamp: '9999-01-01T00:00:00Z' }),
          { logName: log('ids.googleapis.com%2Fthreat'), timestamp: time, jsonPayload: {} },
        ].map((entry) => JSON.stringify(entry)),
        '{"logName":',
      ].join('\n'),
    )
    expect(read.refusals).toHaveLength(12)
    expect(read.records).toBe(12)
    expect(read.made).toEqual([])
  })

  it('loses bad fields and keeps the flow', () => {
    const bad = {
      bytes_sent: '-1',
      packets_sent: 1.5,
      end_time: '2026-11-21T11:00:00Z',
      reporter: ['SRC'],
      src_instance: 'x',
      src_vpc: [],
      src_gke_details: { pod: 7, service: 'x', cluster: null },
      dest_google_service: { service_name: {} },
      connection: { ...connection, src_port: 99_999, protocol: {} },
    }
    expect(only(flow(bad))).toMatchObject({
      data: {
        traffic: {
          protocol: 'unknown',
          source: { address: '192.0.2.5' },
          destination: { address: '198.51.100.7', port: 443 },
          timeErrorMs: 5_000,
        },
        verdict: 'unknown',
      },
    })
    expect(Object.keys(only(flow(bad)).data)).toEqual(['traffic', 'verdict'])
  })
})
