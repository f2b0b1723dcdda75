// Alibaba Cloud Firewall: sessions and alerts of its traffic log, values as texts, names in two languages, addresses that are masked.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alibabaCloudFirewall } from './alibaba-cloud-firewall.ts'
import { describeFixtures, fixtureBytes, fixtureFiles, fixtureText } from './fixtures-for-test.ts'
import { readAll } from './read-all-for-test.ts'

const none = '00000000-0000-0000-0000-000000000000'
const session = {
  __time__: '1795228099',
  __topic__: 'cloudfirewall_access_log',
  log_type: 'internet_log',
  app_name: 'HTTPS',
  app_dpi_state: 'success',
  direction: 'out',
  domain: 'files.example',
  src_ip: '192.0.2.5',
  src_port: '41000',
  dst_ip: '198.51.100.7',
  dst_port: '443',
  start_time: '1795228014',
  end_time: '1795228020',
  start_time_min: '1795227960',
  in_packet_bytes: '2857',
  in_packet_count: '18',
  out_packet_bytes: '6872',
  out_packet_count: '15',
  ip_protocol: 'TCP',
  region_id: 'cn-beijing',
  rule_result: 'pass',
  src_private_ip: '10.0.0.5',
  vul_level: '0',
  acl_rule_id: none,
  ips_rule_id: none,
  ips_ai_rule_id: none,
  ips_rule_name: '',
  attack_type_name: '',
  url: '-',
}
const startMs = 1_795_228_014_000
const attack = { ips_rule_id: '073a1475', ips_rule_name: '主机挖矿行为', attack_type_name: '挖矿行为', vul_level: '3' }

function one(told: object) {
  const read = readAll(alibabaCloudFirewall, JSON.stringify({ ...session, ...told }))
  expect(read.refusals).toEqual([])
  expect(read.made).toHaveLength(1)
  return read.made[0]
}

describe('Alibaba Cloud Firewall', () => {
  it('makes a flow of a session that no rule hit', () => {
    expect(one({})).toMatchObject({
      kind: 'flow.observed',
      atMs: startMs,
      data: {
        traffic: {
          protocol: 'tcp',
          source: { address: '192.0.2.5', port: 41000 },
          destination: { address: '198.51.100.7', port: 443 },
          translated: { source: { address: '10.0.0.5' } },
          names: ['files.example'],
          flowStartedAtMs: startMs,
          timeErrorMs: 1_000,
          sensor: 'cn-beijing',
        },
        verdict: 'allowed',
        direction: 'out',
        endedAtMs: startMs + 6_000,
        bytesOut: 6872,
        bytesIn: 2857,
        packetsOut: 15,
        packetsIn: 18,
        application: 'https',
        state: 'success',
      },
    })
  })

  it('counts what comes in as sent by the source of an inbound session, and takes VPC sessions for internal', () => {
    expect(one({ direction: 'in' })?.data).toMatchObject({ direction: 'in', bytesOut: 2857, bytesIn: 6872 })
    expect(one({ log_type: 'vpc_firewall_log', firewall_id: 'vfw-1' })?.data).toMatchObject({
      direction: 'internal',
      traffic: { sensor: 'vfw-1' },
    })
  })

  it('raises an alert of a hit of the intrusion prevention, in the language that the record has', () => {
    expect(one({ ...attack, rule_result: 'alert', url: 'http://pool.example/' })).toMatchObject({
      kind: 'alert.raised',
      atMs: startMs,
      data: {
        basis: 'signature',
        title: '主机挖矿行为',
        category: '挖矿行为',
        ruleId: '073a1475',
        severity: 'high',
        action: 'allowed',
        message: 'http://pool.example/',
        traffic: { source: { address: '192.0.2.5' }, flowStartedAtMs: startMs, timeErrorMs: 7_000 },
      },
    })
    const english = { ips_rule_name_en: 'Mining on the host', attack_type_name_en: 'Mining Behavior' }
    expect(one({ ...attack, ...english })?.data).toMatchObject({
      title: 'Mining on the host',
      category: 'Mining Behavior',
    })
    expect(one({ ips_ai_rule_id: '9' })?.data).toMatchObject({
      title: 'intrusion prevention rule 9',
      severity: 'medium',
    })
    expect(one({ attack_type_name: '挖矿行为' })?.data).toMatchObject({ title: '挖矿行为', basis: 'signature' })
  })

  it('knows what was stopped under its old and new names', () => {
    for (const rule_result of ['drop', 'Discard', 'deny', 'block', 'reject', '丢弃', '拦截']) {
      expect(one({ ...attack, rule_result })?.data).toMatchObject({ action: 'blocked' })
      expect(one({ rule_result })?.data).toMatchObject({ verdict: 'denied' })
    }
    expect(one({ app_dpi_state: 'policy_discard' })?.data).toMatchObject({ verdict: 'denied' })
    expect(one({ rule_result: 'something new' })?.data).toMatchObject({ verdict: 'unknown' })
    expect(one({ ...attack, rule_result: undefined })?.data).toMatchObject({ action: 'unknown' })
  })

  it('raises an alert of a rule of access control that stops or watches, not of one that lets pass', () => {
    expect(one({ acl_rule_id: 'acl-7', rule_result: 'drop' })).toMatchObject({
      kind: 'alert.raised',
      data: { basis: 'policy', title: 'access control rule', ruleId: 'acl-7', severity: 'low', action: 'blocked' },
    })
    expect(one({ acl_rule_id: 'acl-7', rule_result: 'alert' })?.data).toMatchObject({ basis: 'policy' })
    expect(one({ acl_rule_id: 'acl-7' })).toMatchObject({
      kind: 'flow.observed',
      data: { verdict: 'allowed', reason: 'access control rule acl-7' },
    })
  })

  it('keeps an alert whose addresses are masked, with the ends as they were told', () => {
    const event = one({ ...attack, src_ip: '1.XX.XX.1', dst_ip: '2.XX.XX.2' })
    expect(event?.data).toMatchObject({ message: '- from 1.XX.XX.1 port 41000 to 2.XX.XX.2 port 443' })
    expect(event?.data).not.toHaveProperty('traffic')
    const masked = readAll(alibabaCloudFirewall, JSON.stringify({ ...session, src_ip: '1.XX.XX.1' }))
    expect(masked.refusals[0]?.reason).toBe('record names no two addresses that can be read')
  })

  it('finds a time where the session names none, says how rough it is, and refuses impossible ones', () => {
    const timeless = { start_time: undefined, end_time: undefined, start_time_min: undefined }
    const time = (told: object) => one({ ...timeless, ...told })
    expect(time({ end_time: '1795228020' })).toMatchObject({ atMs: startMs + 6_000 })
    expect(time({ start_time_min: '1795227960' })?.data).toMatchObject({ traffic: { timeErrorMs: 60_000 } })
    expect(time({ __time__: '2026-11-21 02:28:19' })?.atMs).toBe(Date.UTC(2026, 10, 21, 2, 28, 19))
    const east = { zoneOffsetMinutes: 480 }
    const beijing = JSON.stringify({ ...session, ...timeless, __time__: '2026-11-21 10:28:19' })
    expect(readAll(alibabaCloudFirewall, beijing, east).made[0]?.atMs).toBe(Date.UTC(2026, 10, 21, 2, 28, 19))
    expect(one({ end_time: '1795228000' })?.data).not.toHaveProperty('endedAtMs')
    const never = JSON.stringify({ ...session, ...timeless, __time__: '-5' })
    expect(readAll(alibabaCloudFirewall, never).refusals).toHaveLength(1)
  })

  it('reads names whatever their capitals, numbers as numbers, and JSON lines, arrays and printed records alike', () => {
    const capitals = { Rule_result: 'Discard', rule_result: undefined, dst_port: 443, out_packet_bytes: 6872 }
    expect(one(capitals)?.data).toMatchObject({
      verdict: 'denied',
      bytesOut: 6872,
      traffic: { destination: { port: 443 } },
    })
    const records = [session, { ...session, ...attack }, { ...session, src_port: '2' }].map((told) =>
      JSON.stringify(told),
    )
    const lines = readAll(alibabaCloudFirewall, records.join('\n'))
    expect(readAll(alibabaCloudFirewall, `[${records.join(',\n')}]`).made).toEqual(lines.made)
    expect(new Set(lines.made.map(({ id }) => id)).size).toBe(3)
    const printed = JSON.stringify({ ...session, ...attack }, null, 1)
    for (const bytes of [1, 7]) {
      expect(readAll(alibabaCloudFirewall, printed, {}, bytes).made).toEqual(
        readAll(alibabaCloudFirewall, printed).made,
      )
    }
  })

  it('skips other topics, loses bad fields and refuses records that are none', () => {
    const other = readAll(alibabaCloudFirewall, JSON.stringify({ ...session, __topic__: 'waf_access_log' }))
    expect(other.skipped).toMatchObject([{ reason: 'record of another topic than the firewall traffic log', count: 1 }])
    const bad = {
      src_port: '-1',
      dst_port: '99999',
      in_packet_bytes: '-5',
      out_packet_bytes: 'x',
      domain: {},
      app_name: [],
    }
    const event = one({ ...bad, ip_protocol: null, region_id: { a: 1 }, src_private_ip: 'inside' })
    expect(event?.data).toMatchObject({
      traffic: { protocol: 'unknown', source: { address: '192.0.2.5' }, destination: { address: '198.51.100.7' } },
    })
    expect(event?.data).not.toHaveProperty('bytesIn')
    const text = ['{}', '{"__proto__":{"src_ip":"192.0.2.5"}}', 'no', '{"rule_result":'].join('\n')
    expect(readAll(alibabaCloudFirewall, text).refusals).toHaveLength(4)
  })
})

describeFixtures('Alibaba Cloud Firewall documents', () => {
  const files = fixtureFiles('alibaba-cloudfirewall')

  it("reads the vendor's example: a mining alert that was let pass, with masked addresses", () => {
    expect(files).toHaveLength(1)
    const [path = ''] = files
    const read = readAll(alibabaCloudFirewall, fixtureBytes(path))
    expect(read).toMatchObject({ records: 1, lines: 42, events: 1, refused: [], skipped: [] })
    expect(read.made[0]).toMatchObject({
      kind: 'alert.raised',
      atMs: 1_555_399_258_000,
      data: {
        basis: 'signature',
        title: 'Mining behavior on the host',
        category: 'Mining Behavior',
        severity: 'low',
        action: 'allowed',
        message: expect.stringContaining('http://www.test.com/index.html'),
      },
    })
    const line = JSON.stringify(JSON.parse(fixtureText(path)))
    expect(readAll(alibabaCloudFirewall, line).made[0]?.data).toEqual(read.made[0]?.data)
  })

  it('takes no recording of another format for its own', () => {
    for (const path of fixtureFiles('.')) {
      const head = new TextDecoder().decode(fixtureBytes(path).subarray(0, 4096))
      expect([path, alibabaCloudFirewall.looksLike(head, path)]).toEqual([path, files.includes(path)])
    }
  })

  it('throws nothing and makes only events that fit, whatever is changed in real records', () => {
    const real = [...files.map((path) => JSON.parse(fixtureText(path))), session, { ...session, ...attack }]
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('9'.repeat(400), '1e99', -1, 4_102_444_801, '\u0000', 'x'.repeat(70_000)),
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...real),
        fc.dictionary(fc.constantFrom(...Object.keys(real[0])), value, { maxKeys: 5 }),
        (told, changes) => {
          const read = readAll(alibabaCloudFirewall, JSON.stringify({ ...told, ...changes }))
          expect(read.records).toBe(1)
          for (const { reason } of read.refusals) expect(reason).not.toMatch(/does not fit|reader failed/)
        },
      ),
      { numRuns: 300 },
    )
  })
})
