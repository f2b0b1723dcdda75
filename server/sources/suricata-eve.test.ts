// Suricata EVE: what flows and alerts mean, across versions 4 to 8, and what damaged records cost. DNS and others: suricata-protocols.
import { describe, expect, it } from 'vitest'
import { readAll } from './read-all-for-test.ts'
import { suricataEve } from './suricata-eve.ts'

const timestamp = '2026-11-21T03:26:54.156202+0100'
const atMs = Date.UTC(2026, 10, 21, 2, 26, 54) + 156.202
const client = { address: '192.0.2.5', port: 41000 }
const server = { address: '198.51.100.7', port: 443 }
const ends = { src_ip: client.address, src_port: client.port, dest_ip: server.address, dest_port: server.port }
const swapped = { src_ip: server.address, src_port: server.port, dest_ip: client.address, dest_port: client.port }

const line = (type: string, told: object = {}): string =>
  JSON.stringify({ timestamp, flow_id: 77, event_type: type, ...ends, proto: 'TCP', ...told })

function one(text: string) {
  const read = readAll(suricataEve, text)
  expect(read.refusals).toEqual([])
  expect(read.made).toHaveLength(1)
  return read.made[0]
}

describe('Suricata flows', () => {
  it('places a flow at its first packet, with its end, its counters and its state', () => {
    const flow = {
      pkts_toserver: 5,
      pkts_toclient: 4,
      bytes_toserver: 500,
      bytes_toclient: 4000,
      start: '2026-11-21T02:20:00.000000+0000',
      end: '2026-11-21T02:25:00.500000+0000',
      state: 'closed',
      reason: 'timeout',
      alerted: true,
    }
    const tcp = { state: 'closed', rst: true }
    expect(
      one(
        line('flow', {
          flow,
          tcp,
          app_proto: 'tls',
          community_id: '1:abc=',
          host: 'fw-1',
          in_iface: 'eth0',
        }),
      ),
    ).toMatchObject({
      kind: 'flow.observed',
      atMs: Date.UTC(2026, 10, 21, 2, 20),
      data: {
        traffic: {
          protocol: 'tcp',
          source: client,
          destination: server,
          flow: '77',
          communityId: '1:abc=',
          sensor: 'fw-1',
          flowStartedAtMs: Date.UTC(2026, 10, 21, 2, 20),
        },
        verdict: 'unknown',
        endedAtMs: Date.UTC(2026, 10, 21, 2, 25, 0, 500),
        bytesOut: 500,
        bytesIn: 4000,
        packetsOut: 5,
        packetsIn: 4,
        state: 'closed/rst/timeout',
        application: 'tls',
      },
    })
  })

  it('denies only what an action says was dropped or rejected', () => {
    const verdict = (flow: object) => one(line('flow', { flow }))?.data
    expect(verdict({ action: 'drop' })).toMatchObject({ verdict: 'denied' })
    expect(verdict({ action: 'reject' })).toMatchObject({ verdict: 'denied' })
    expect(verdict({ action: 'pass' })).toMatchObject({ verdict: 'allowed' })
    expect(verdict({ alerted: true })).toMatchObject({ verdict: 'unknown' })
  })

  it('turns both halves of a flow so that they name the same opener', () => {
    const netflow = { pkts: 3, bytes: 300, start: '2026-11-21T02:20:00Z', end: '2026-11-21T02:21:00Z' }
    expect(one(line('netflow', { netflow }))?.data).toMatchObject({
      traffic: { source: client, destination: server },
      bytesOut: 300,
      packetsOut: 3,
    })
    const back = one(line('netflow', { ...swapped, netflow }))
    expect(back).toMatchObject({
      atMs: Date.UTC(2026, 10, 21, 2, 20),
      data: { traffic: { source: client, destination: server }, bytesIn: 300, packetsIn: 3 },
    })
    expect(back?.data).not.toHaveProperty('bytesOut')
    const pong = { proto: 'ICMP', icmp_type: 0, src_port: 0, dest_port: 0, netflow }
    expect(one(line('netflow', { ...swapped, ...pong }))?.data).toMatchObject({
      traffic: { protocol: 'icmp', source: { address: client.address }, destination: { address: server.address } },
    })
  })

  it('makes a denied flow of a dropped packet, and a blocked alert of one that a rule dropped', () => {
    expect(one(line('drop', { drop: { len: 60, reason: 'stream error' } }))).toMatchObject({
      kind: 'flow.observed',
      atMs,
      data: { verdict: 'denied', reason: 'stream error' },
    })
    const alert = { action: 'blocked', signature_id: 9, signature: 'Vigil test', severity: 2 }
    expect(one(line('drop', { alert }))).toMatchObject({ kind: 'alert.raised', data: { action: 'blocked' } })
    const toClient = { ...swapped, drop: { ack: true } }
    expect(one(line('drop', toClient))?.data).toMatchObject({ traffic: { source: client } })
    const scan = { ...swapped, drop: { syn: true, ack: false } }
    expect(one(line('drop', scan))?.data).toMatchObject({ traffic: { source: server } })
  })

  it('shows other protocols, known and new, as a conversation', () => {
    for (const type of ['smb', 'rdp', 'ftp', 'smtp', 'ike', 'krb5', 'mqtt', 'bittorrent_dht', 'websocket', 'pgsql']) {
      const read = readAll(suricataEve, line(type, { [type]: { command: 'x' } }))
      expect(read.understood).toEqual([{ what: type, count: 1 }])
      expect(read.made[0]).toMatchObject({
        kind: 'flow.observed',
        atMs,
        data: { verdict: 'unknown', application: type },
      })
    }
    const read = readAll(suricataEve, line('holography', { app_proto: 'holo' }))
    expect(read.understood).toEqual([{ what: 'other event type', count: 1 }])
    expect(read.made[0]?.data).toMatchObject({ application: 'holo' })
  })

  it('skips what the sensor says of itself, and other records that name no flow', () => {
    const text = ['stats', 'engine', 'arp', 'holography']
      .map((event_type) => JSON.stringify({ timestamp, event_type, [event_type]: {} }))
      .join('\n')
    const read = readAll(suricataEve, text)
    expect(read.made).toEqual([])
    expect(read.skipped.map(({ reason, count }) => [reason, count])).toEqual([
      ['sensor reports on itself', 2],
      ['record of a kind that names no flow', 2],
    ])
  })
})

describe('Suricata alerts', () => {
  const alert = {
    action: 'allowed',
    gid: 1,
    signature_id: 2017871,
    rev: 8,
    signature: 'VIGIL 挖矿 Stratum login',
    category: 'Crypto Currency Mining Activity Detected',
    severity: 1,
    metadata: { mitre_technique_id: ['T1496'], signature_severity: ['Major'] },
  }

  it('keeps the rule, its technique, the payload and the flow to which the packet belongs', () => {
    const flow = {
      start: '2026-11-21T02:26:54.000000+0000',
      pkts_toclient: 2,
      src_ip: client.address,
      src_port: client.port,
      dest_ip: server.address,
      dest_port: server.port,
    }
    const tls = { sni: 'pool.example' }
    const text = line('alert', { ...swapped, alert, flow, tls, payload_printable: `login ${'x'.repeat(9_000)}` })
    expect(one(text)).toMatchObject({
      kind: 'alert.raised',
      atMs,
      data: {
        basis: 'signature',
        title: alert.signature,
        ruleId: '2017871',
        category: alert.category,
        severity: 'high',
        action: 'allowed',
        techniques: ['T1496'],
        message: expect.stringMatching(/^login x{3000,}… \[\d+ more characters cut\]$/),
        traffic: {
          source: client,
          destination: server,
          names: ['pool.example'],
          flowStartedAtMs: Date.UTC(2026, 10, 21, 2, 26, 54),
        },
      },
    })
  })

  it('finds who opened the flow from the direction, else from what came back, else from the ports', () => {
    const source = (told: object) => one(line('alert', { ...swapped, alert, ...told }))?.data
    expect(source({ direction: 'to_client' })).toMatchObject({ traffic: { source: client } })
    expect(source({ direction: 'to_server' })).toMatchObject({ traffic: { source: server } })
    expect(source({ flow: { pkts_toclient: 3 } })).toMatchObject({ traffic: { source: client } })
    expect(source({ flow: { pkts_toclient: 0 } })).toMatchObject({ traffic: { source: server } })
    expect(source({ src_port: 8080, http: { http_port: 8080 } })).toMatchObject({ traffic: { source: client } })
  })

  it('knows severities from 1, the worst, and critical only from the rule itself', () => {
    const severity = (told: object) => one(line('alert', { alert: { ...alert, ...told } }))?.data
    expect(severity({ severity: 2 })).toMatchObject({ severity: 'medium' })
    expect(severity({ severity: 3 })).toMatchObject({ severity: 'low' })
    expect(severity({ severity: 4 })).toMatchObject({ severity: 'info' })
    expect(severity({ severity: 255 })).toMatchObject({ severity: 'info' })
    expect(severity({ metadata: { signature_severity: ['Critical'] } })).toMatchObject({ severity: 'critical' })
    expect(severity({ severity: 3, metadata: { signature_severity: ['Critical'] } })).toMatchObject({ severity: 'low' })
  })

  it('is blocked when the rule or the verdict on the packet says so', () => {
    const action = (told: object) => one(line('alert', { alert, ...told }))?.data
    expect(action({ verdict: { action: 'drop' } })).toMatchObject({ action: 'blocked' })
    expect(action({ verdict: { action: 'pass' } })).toMatchObject({ action: 'allowed' })
    expect(action({ alert: { ...alert, action: 'blocked' } })).toMatchObject({ action: 'blocked' })
    expect(action({ alert: { ...alert, action: undefined } })).toMatchObject({ action: 'unknown' })
  })

  it('says what was asked for where there is no payload, and makes one event only', () => {
    const http = { http_method: 'GET', hostname: 'files.example', url: '/miner.tar.gz' }
    expect(one(line('alert', { alert, http }))?.data).toMatchObject({ message: 'GET files.example/miner.tar.gz' })
    const dns = { query: [{ type: 'query', rrname: 'pool.example' }] }
    expect(one(line('alert', { alert, dns }))?.data).toMatchObject({ message: 'DNS query pool.example' })
  })

  it('names a rule without a text by its number, and keeps an alert on a packet without addresses', () => {
    const bare = { timestamp, event_type: 'alert', alert: { gid: 116, signature_id: 6 } }
    const event = one(JSON.stringify(bare))
    expect(event?.data).toMatchObject({ basis: 'policy', title: 'rule 116:6', ruleId: '116:6', severity: 'low' })
    expect(event?.data).not.toHaveProperty('traffic')
  })

  it('raises anomalies low', () => {
    const anomaly = { app_proto: 'http', type: 'applayer', event: 'REQUEST_LINE_INVALID', layer: 'proto_parser' }
    expect(one(line('anomaly', { anomaly }))?.data).toMatchObject({
      basis: 'anomaly',
      title: 'REQUEST_LINE_INVALID',
      category: 'applayer',
      severity: 'low',
      action: 'unknown',
      traffic: { source: client },
    })
    const decode = { timestamp, event_type: 'anomaly', anomaly: { type: 'decode', code: 14 } }
    expect(one(JSON.stringify(decode))?.data).toMatchObject({ title: 'anomaly 14', severity: 'info' })
  })
})

describe('damaged Suricata records', () => {
  it('are refused with a fixed sentence when they cannot do without what is damaged', () => {
    const refused = (text: string) => readAll(suricataEve, text).refusals.map(({ reason }) => reason)
    const noTime = ['time is missing or outside of the years 2000 to 2100']
    expect(refused(line('flow').slice(0, 60))).toEqual(['JSON record is cut off or damaged'])
    expect(refused('{"timestamp":"x"}')).toEqual(['record has no event_type'])
    expect(refused(line('flow', { src_ip: '1.XX.XX.1' }))).toEqual(['record names no two addresses that can be read'])
    expect(refused(line('ssh', { timestamp: '1969-12-31T23:59:59.000000+0000' }))).toEqual(noTime)
    expect(refused(line('alert', { timestamp: 7, alert: { signature: 'x' } }))).toEqual(noTime)
    expect(refused(line('alert', { alert: [] }))).toEqual(['alert names no rule'])
    expect(refused(line('netflow', { timestamp: null, netflow: { start: '9999-01-01T00:00:00Z' } }))).toEqual(noTime)
  })

  it('lose the bad field only', () => {
    const flow = {
      start: 'yesterday',
      end: '2001-01-01T00:00:00Z',
      bytes_toserver: -1,
      pkts_toserver: 1.5,
      bytes_toclient: '12',
      state: {},
    }
    const text = line('flow', { flow, src_port: 70_000, flow_id: -3, proto: 17, community_id: [], host: {} })
    expect(one(text)).toEqual(
      expect.objectContaining({
        atMs,
        data: {
          traffic: { protocol: 'udp', source: { address: client.address }, destination: server },
          verdict: 'unknown',
          bytesIn: 12,
        },
      }),
    )
    const hostile = `{"__proto__":{"event_type":"flow"},"constructor":1,${line('tls', { tls: { constructor: {} } }).slice(1)}`
    expect(one(hostile)).toMatchObject({ kind: 'tls.observed' })
  })

  it('cost no neighbour, and the same record has the same id wherever it stands', () => {
    const records = [line('flow'), line('ssh', { ssh: {} }), line('dns', { dns: { rrname: 'a.example' } })]
    const lines = readAll(suricataEve, records.join('\n'))
    const array = readAll(suricataEve, `[${records.join(',')}]`)
    expect(array.made).toEqual(lines.made)
    const damaged = readAll(suricataEve, [records[0], records[1]?.slice(0, 50), records[2]].join('\n'))
    expect(damaged.made).toEqual([lines.made[0], lines.made[2]])
    expect(damaged.refusals).toHaveLength(1)
    expect(readAll(suricataEve, JSON.stringify(JSON.parse(records[0] ?? ''), null, 2)).made).toHaveLength(1)
  })

  it('keep the whole digits of a flow id that JSON.parse would round', () => {
    const text = line('flow').replace('"flow_id":77', '"flow_id":9007199254740993')
    expect(one(text)?.data).toMatchObject({ traffic: { flow: '9007199254740993' } })
  })
})
