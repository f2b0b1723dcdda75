// AWS Network Firewall: Suricata's records in the firewall's envelope and in CloudWatch's, and the records of TLS inspection.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { awsNetworkFirewall } from './aws-network-firewall.ts'
import { describeFixtures, fixtureBytes, fixtureFiles, fixtureText } from './fixtures-for-test.ts'
import { readAll } from './read-all-for-test.ts'

const atMs = Date.UTC(2026, 10, 21, 2, 26, 54) + 156.202
const inner = {
  timestamp: '2026-11-21T02:26:54.156202+0000',
  flow_id: 77,
  src_ip: '192.0.2.5',
  src_port: 41000,
  dest_ip: '198.51.100.7',
  dest_port: 443,
  proto: 'TCP',
}
const firewall = { firewall_name: 'vigil-fw', availability_zone: 'eu-1a', event_timestamp: '1795228014' }
const alert = { action: 'blocked', signature_id: 4, rev: 0, signature: '', category: '', severity: 3 }
const record = (event: object | string, rest: object = {}) => ({ ...firewall, ...rest, event })
const alertRecord = (told: object = {}, rest: object = {}) =>
  record({ ...inner, event_type: 'alert', alert: { ...alert, ...told }, verdict: { action: 'drop' } }, rest)

function one(value: unknown) {
  const read = readAll(awsNetworkFirewall, typeof value === 'string' ? value : JSON.stringify(value))
  expect(read.refusals).toEqual([])
  expect(read.made).toHaveLength(1)
  return read.made[0]
}

describe('AWS Network Firewall', () => {
  it("makes the inner record's event, seen by the firewall's endpoint in its zone", () => {
    expect(one(alertRecord({ signature: 'VIGIL miner', category: 'Mining', severity: 1 }))).toMatchObject({
      kind: 'alert.raised',
      atMs,
      data: {
        basis: 'signature',
        title: 'VIGIL miner',
        severity: 'high',
        action: 'blocked',
        traffic: {
          sensor: 'vigil-fw/eu-1a',
          flow: '77',
          source: { address: '192.0.2.5', port: 41000 },
          destination: { address: '198.51.100.7', port: 443 },
        },
      },
    })
  })

  it('calls default actions, domain lists and rules without a text policy, not signatures', () => {
    const signatures = [
      'aws:alert_established action',
      'aws:drop_strict action',
      'not matching any TLS allowlisted FQDNs',
      'matching HTTP denylisted FQDNs',
      '',
    ]
    for (const signature of signatures) {
      expect(one(alertRecord({ signature }))?.data).toMatchObject({ basis: 'policy', action: 'blocked' })
    }
    expect(one(alertRecord({ signature: 'matching of a payload' }))?.data).toMatchObject({ basis: 'signature' })
  })

  it('takes both directions of a flow for the same opener', () => {
    const netflow = { pkts: 11, bytes: 580, start: '2026-11-21T02:20:00.0+0000', end: '2026-11-21T02:21:00.0+0000' }
    const back = { src_ip: inner.dest_ip, src_port: inner.dest_port, dest_ip: inner.src_ip, dest_port: inner.src_port }
    expect(one(record({ ...inner, ...back, event_type: 'netflow', netflow }))).toMatchObject({
      kind: 'flow.observed',
      atMs: Date.UTC(2026, 10, 21, 2, 20),
      data: { traffic: { source: { address: '192.0.2.5', port: 41000 } }, bytesIn: 580, packetsIn: 11 },
    })
  })

  it('takes the categories of a rule where the alert has none', () => {
    expect(one(alertRecord({}, { aws_category: '["Technology and Internet","Games"]' }))?.data).toMatchObject({
      category: 'Technology and Internet, Games',
    })
    expect(one(alertRecord({ category: 'own' }, { aws_category: ['Games'] }))?.data).toMatchObject({ category: 'own' })
  })

  it('reads what TLS inspection reports: errors and revoked certificates', () => {
    const { proto: _, flow_id: __, ...ends } = inner
    const mismatch = { ...ends, src_port: '41000', sni: 'shop.example', tls_error: { error_message: 'SNI mismatch' } }
    expect(one(record(mismatch, { event_timestamp: 1_795_228_014 }))).toMatchObject({
      kind: 'tls.observed',
      atMs,
      data: {
        traffic: { protocol: 'tcp', source: { port: 41000 }, names: ['shop.example'] },
        serverName: 'shop.example',
        validation: 'SNI mismatch',
      },
    })
    const revoked = { ...ends, sni: '-', revocation_check: { leaf_cert_fpr: 'ff', status: 'REVOKED', action: 'DROP' } }
    const event = one(record(revoked))
    expect(event?.data).toMatchObject({ validation: 'certificate REVOKED, action DROP' })
    expect(event?.data).not.toHaveProperty('serverName')
  })

  it('takes the envelope’s time where the record has none', () => {
    const { timestamp: _, ...timeless } = inner
    expect(one(record({ ...timeless, event_type: 'ssh', ssh: {} }))?.atMs).toBe(1_795_228_014_000)
  })

  it('is the same record through S3, CloudWatch and Firehose', () => {
    const records = [alertRecord(), record({ ...inner, event_type: 'flow' })].map((value) => JSON.stringify(value))
    const plain = readAll(awsNetworkFirewall, records.join('\n'))
    const logEvents = records.map((message, index) => ({ id: String(index), timestamp: 1, message }))
    const subscription = JSON.stringify({ messageType: 'DATA_MESSAGE', logGroup: '/fw', logEvents })
    const ways = [
      records.join(''),
      `[${records.join(',')}]`,
      subscription,
      JSON.stringify(JSON.parse(subscription), null, 2),
      JSON.stringify({ events: logEvents }),
      records.map((message) => JSON.stringify({ message })).join('\n'),
      records.map((message) => JSON.stringify({ '@timestamp': 1, '@message': message })).join('\n'),
    ]
    expect(plain.made).toHaveLength(2)
    for (const way of ways) {
      const read = readAll(awsNetworkFirewall, way)
      expect(read.made).toEqual(plain.made)
      expect(read.records).toBe(2)
    }
    for (const bytes of [1, 7]) expect(readAll(awsNetworkFirewall, ways[3] ?? '', {}, bytes).made).toEqual(plain.made)
    expect(awsNetworkFirewall.looksLike(subscription, '')).toBe(true)
  })

  it('accepts an event left as text, with its digits, and a bare Suricata record', () => {
    const text = JSON.stringify({ ...inner, event_type: 'flow' }).replace(':77,', ':9007199254740993,')
    expect(one(record(text))?.data).toMatchObject({ traffic: { flow: '9007199254740993' } })
    expect(one(text)?.data).toMatchObject({ traffic: { flow: '9007199254740993' } })
  })

  it('skips what carries nothing, and refuses what is not of the firewall or wrapped without end', () => {
    const control = { messageType: 'CONTROL_MESSAGE', logEvents: [{ message: 'CWL CONTROL MESSAGE' }] }
    const read = readAll(
      awsNetworkFirewall,
      [control, { logEvents: [] }].map((value) => JSON.stringify(value)).join('\n'),
    )
    expect(read.skipped.map(({ count }) => count)).toEqual([1, 1])
    let deep: object = alertRecord()
    for (let depth = 0; depth < 6; depth += 1) deep = { message: JSON.stringify(deep) }
    const refused = [
      { logEvents: ['START RequestId', { message: '2 1234 eni-1 10.0.0.1' }] },
      deep,
      record('no JSON'),
      record([]),
      {},
      record({ ...inner, event_type: 'flow', timestamp: '1970-01-01T00:00:00Z' }),
      record({ ...inner, tls_error: {}, dest_ip: null }),
    ]
    const bad = readAll(awsNetworkFirewall, refused.map((value) => JSON.stringify(value)).join('\n'))
    expect(bad.made).toEqual([])
    expect(bad.refusals).toHaveLength(8)
  })
})

describeFixtures('AWS Network Firewall recordings', () => {
  const files = fixtureFiles('aws-network-firewall')

  it.each(files)('%s: every record is told once, in pieces of any size, with the same ids', (path) => {
    const lines = fixtureText(path).trim().split('\n')
    const types = lines.map((text) => JSON.parse(text).event.event_type)
    const read = readAll(awsNetworkFirewall, fixtureBytes(path))
    expect(read.records).toBe(lines.length)
    expect(Object.fromEntries(read.understood.map(({ what, count }) => [what, count]))).toEqual({
      netflow: types.filter((type) => type === 'netflow').length,
      alert: types.filter((type) => type === 'alert').length,
    })
    expect(read.refused).toEqual([])
    expect(read.events).toBe(lines.length)
    expect(new Set(read.made.map(({ id }) => id)).size).toBe(read.events)
    for (const bytes of [1, 7])
      expect(readAll(awsNetworkFirewall, fixtureBytes(path), {}, bytes).made).toEqual(read.made)
  })

  it('finds the five drops of the default action, and one opener for both directions of a flow', () => {
    const { made } = readAll(awsNetworkFirewall, fixtureBytes('aws-network-firewall/netfw_flow_alert.jsonl'))
    const alerts = made.flatMap((event) => (event.kind === 'alert.raised' ? [event.data] : []))
    expect(alerts).toHaveLength(5)
    for (const one of alerts) {
      expect(one).toMatchObject({ basis: 'policy', title: 'aws:alert_established action', action: 'blocked' })
    }
    expect(alerts[0]?.traffic?.names).toEqual(['checkip.amazonaws.com'])
    const flows = made.flatMap((event) => (event.kind === 'flow.observed' ? [event.data] : []))
    expect(flows.every(({ traffic }) => traffic.source.address === '10.170.18.235')).toBe(true)
    const tls = flows.filter(({ traffic }) => traffic.flow === '328474246651493')
    expect(tls.map(({ bytesOut, bytesIn }) => [bytesOut, bytesIn])).toEqual([
      [undefined, 580],
      [6482, undefined],
    ])
  })

  it('takes no recording of another format for its own', () => {
    for (const path of fixtureFiles('.')) {
      const head = new TextDecoder().decode(fixtureBytes(path).subarray(0, 4096))
      expect([path, awsNetworkFirewall.looksLike(head, path)]).toEqual([path, files.includes(path)])
    }
  })

  it('throws nothing and makes only events that fit, whatever is changed in real lines', () => {
    const lines = files.flatMap((path) => fixtureText(path).trim().split('\n'))
    const values = [
      'null',
      '-1',
      '1e99',
      '"\\u0000"',
      '[]',
      '[{}]',
      '{"__proto__":{}}',
      '""',
      '"',
      '}',
      '{"message":"{}"}',
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...lines),
        fc.array(fc.tuple(fc.nat(700), fc.constantFrom(...values)), { maxLength: 4 }),
        (text, changes) => {
          let changed = text
          for (const [place, value] of changes) {
            const colon = changed.indexOf(':', place)
            const comma = changed.indexOf(',', colon)
            if (colon !== -1 && comma !== -1) changed = `${changed.slice(0, colon + 1)}${value}${changed.slice(comma)}`
          }
          const read = readAll(awsNetworkFirewall, changed)
          expect(read.records).toBeGreaterThanOrEqual(1)
          for (const { reason } of read.refusals) expect(reason).not.toMatch(/does not fit|reader failed/)
        },
      ),
      { numRuns: 300 },
    )
  })
})
