// VPC flow logs: what each column means, who opened a flow, how CloudWatch wraps rows, and the recordings.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventInput } from '../protocol/event.ts'
import { awsVpcFlow } from './aws-vpc-flow.ts'
import { describeFixtures, fixtureBytes, fixtureFiles, fixtureText } from './fixtures-for-test.ts'
import { readAll } from './read-all-for-test.ts'

const startS = 1_795_262_400
const startMs = startS * 1000
const plain = (rest = `192.0.2.5 198.51.100.7 41000 443 6 12 3400 ${startS} ${startS + 60} ACCEPT OK`): string =>
  `2 123456789012 eni-0a1b2c3d ${rest}`
const order5 =
  'version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status tcp-flags pkt-srcaddr pkt-dstaddr flow-direction traffic-path instance-id pkt-dst-aws-service'
const row5 = (change: Record<string, string> = {}): string => {
  const values: Record<string, string> = {
    version: '5',
    'interface-id': 'eni-0a1b2c3d',
    srcaddr: '192.0.2.5',
    dstaddr: '198.51.100.7',
    srcport: '41000',
    dstport: '443',
    protocol: '6',
    packets: '12',
    bytes: '3400',
    start: String(startS),
    end: String(startS + 60),
    action: 'ACCEPT',
    'log-status': 'OK',
    'tcp-flags': '2',
    'pkt-srcaddr': '192.0.2.5',
    'pkt-dstaddr': '198.51.100.7',
    'flow-direction': 'egress',
    'traffic-path': '8',
    'instance-id': 'i-0123',
    'pkt-dst-aws-service': '-',
    ...change,
  }
  return order5
    .split(' ')
    .map((name) => values[name])
    .join(' ')
}

type Flow = Extract<EventInput, { kind: 'flow.observed' }>

function only(text: string, context: Parameters<typeof readAll>[2] = {}): Flow {
  const read = readAll(awsVpcFlow, text, context)
  expect(read.refusals).toEqual([])
  const [event] = read.made
  if (read.made.length !== 1 || event?.kind !== 'flow.observed') throw new Error('not one flow')
  return event
}
const of5 = (change: Record<string, string> = {}): Flow => only(`${order5}\n${row5(change)}`)

describe('AWS VPC flow logs', () => {
  it('reads a row without a header in the default order of version 2', () => {
    expect(only(plain())).toMatchObject({
      kind: 'flow.observed',
      atMs: startMs,
      data: {
        traffic: {
          protocol: 'tcp',
          source: { address: '192.0.2.5', port: 41000 },
          destination: { address: '198.51.100.7', port: 443 },
          timeErrorMs: 61_000,
          sensor: 'eni-0a1b2c3d',
        },
        verdict: 'allowed',
        endedAtMs: startMs + 60_000,
        bytesOut: 3400,
        packetsOut: 12,
      },
    })
    expect(only(plain()).data.direction).toBeUndefined()
    const denied = `192.0.2.5 198.51.100.7 0 0 1 1 84 ${startS} ${startS} REJECT OK`
    expect(only(plain(denied)).data).toMatchObject({
      verdict: 'denied',
      traffic: { protocol: 'icmp', source: { address: '192.0.2.5' }, timeErrorMs: 1_000 },
    })
    expect(only(plain(denied)).data.traffic.source.port).toBeUndefined()
  })

  it('lets the header decide, also when another one follows in the middle, in the form of the format string or of Hive', () => {
    const text = [
      'srcaddr dstaddr action start end log-status',
      `192.0.2.1 198.51.100.1 ACCEPT ${startS} ${startS + 5} OK`,
      ['action', 'dstaddr', 'srcaddr', 'start', 'a-field-of-tomorrow'].map((name) => `$\{${name}}`).join(' '),
      `REJECT 198.51.100.2 192.0.2.2 ${startS} whatever`,
      'interface_id srcaddr dstaddr start log_status',
      `eni-1 192.0.2.3 198.51.100.3 ${startS} OK`,
      plain(),
    ].join('\n')
    const read = readAll(awsVpcFlow, text)
    expect(read.skipped).toMatchObject([{ reason: 'header line', count: 3 }])
    expect(
      read.made.map((event) =>
        event.kind === 'flow.observed'
          ? [event.data.verdict, event.data.traffic.source.address, event.data.traffic.destination.address]
          : [],
      ),
    ).toEqual([
      ['allowed', '192.0.2.1', '198.51.100.1'],
      ['denied', '192.0.2.2', '198.51.100.2'],
      ['unknown', '192.0.2.3', '198.51.100.3'],
      ['allowed', '192.0.2.5', '198.51.100.7'],
    ])
  })

  it('refuses a row whose fields fit neither the header nor the default, and half a row', () => {
    const rows = [
      '2 123456789012 eni-1 192.0.2.5 198.51.100.7',
      `${plain()} more`,
      plain().slice(0, -1),
      'nothing here',
    ]
    const read = readAll(awsVpcFlow, rows.join('\n'))
    expect(read.refused).toMatchObject([
      { reason: 'row fits neither the header above it nor the default order of version 2', count: 4 },
    ])
  })

  it('takes a client with SYN as the opener, and turns a SYN-ACK row round so that the client is the source', () => {
    const opened = of5()
    expect(opened.data).toMatchObject({
      traffic: { source: { port: 41000 }, flowStartedAtMs: startMs, from: { labels: { instance: 'i-0123' } } },
      direction: 'out',
      bytesOut: 3400,
      state: 'SYN',
    })
    for (const flags of ['18', '19', '22']) {
      const { data } = of5({ 'tcp-flags': flags, srcaddr: '192.0.2.5', srcport: '22', dstport: '50000' })
      expect(data).toMatchObject({
        traffic: {
          source: { address: '198.51.100.7', port: 50000 },
          destination: { address: '192.0.2.5', port: 22 },
          to: { labels: { instance: 'i-0123' } },
        },
        direction: 'in',
        bytesIn: 3400,
        packetsIn: 12,
      })
      expect(data.bytesOut).toBeUndefined()
    }
    expect(of5({ 'tcp-flags': '19' }).data.state).toBe('SYN-ACK FIN')
    expect(of5({ 'tcp-flags': '7' }).data.state).toBe('SYN FIN RST')
    expect(of5({ 'tcp-flags': '0' }).data).toMatchObject({ bytesOut: 3400 })
    expect(of5({ 'tcp-flags': '18', protocol: '17' }).data).toMatchObject({ bytesOut: 3400 })
  })

  it('takes the addresses in the packet as the ends, and an intermediate interface as their translation', () => {
    const nat = of5({ dstaddr: '192.0.2.220', 'pkt-dstaddr': '203.0.113.5', 'flow-direction': 'ingress' })
    expect(nat.data.traffic).toMatchObject({
      source: { address: '192.0.2.5', port: 41000 },
      destination: { address: '203.0.113.5', port: 443 },
      translated: { destination: { address: '192.0.2.220', port: 443 } },
      to: { labels: { instance: 'i-0123' } },
    })
    expect(nat.data).toMatchObject({ direction: 'in' })
    const answer = of5({ srcaddr: '192.0.2.220', 'pkt-srcaddr': '203.0.113.5', 'tcp-flags': '18' })
    expect(answer.data.traffic).toMatchObject({
      destination: { address: '203.0.113.5' },
      translated: { destination: { address: '192.0.2.220' } },
    })
    expect(of5().data.traffic.translated).toBeUndefined()
    expect(of5({ 'pkt-srcaddr': '-' }).data.traffic.source.address).toBe('192.0.2.5')
  })

  it('says by which path egress went and which service of AWS was meant', () => {
    expect(of5({ 'pkt-dst-aws-service': 'S3' }).data.traffic).toMatchObject({
      from: { labels: { 'traffic-path': 'internet gateway' } },
      to: { labels: { 'aws-service': 'S3' } },
    })
  })

  it('reads ECS, rejection reasons and transit gateways of later versions', () => {
    const ecs = only(
      `srcaddr dstaddr start end action flow-direction ecs-cluster-name ecs-container-id ecs-task-id reject-reason resource-id encryption-status\n192.0.2.1 198.51.100.1 ${startS} ${startS} REJECT egress agents c0ffee task-1 BPA vpc-1 0`,
    )
    expect(ecs.data).toMatchObject({
      traffic: {
        sensor: 'vpc-1',
        from: { container: 'c0ffee', namespace: 'agents', labels: { 'ecs-task': 'task-1' } },
      },
      reason: 'BPA',
      verdict: 'denied',
    })
    const transit = only(
      `version resource-type tgw-id tgw-attachment-id tgw-src-eni tgw-dst-vpc-id srcaddr dstaddr srcport dstport protocol start end log-status\n6 TransitGateway tgw-1 tgw-attach-1 eni-src vpc-dst 192.0.2.1 198.51.100.1 1 2 17 ${startS} ${startS} OK`,
    )
    expect(transit.data).toMatchObject({
      verdict: 'unknown',
      traffic: {
        protocol: 'udp',
        sensor: 'tgw-attach-1',
        from: { labels: { interface: 'eni-src' } },
        to: { labels: { vpc: 'vpc-dst' } },
      },
    })
  })

  it('skips windows without rows, and refuses absurd clocks and rows without addresses', () => {
    const read = readAll(
      awsVpcFlow,
      [
        plain(`- - - - - - - ${startS} ${startS + 60} - NODATA`),
        plain(`- - - - - - - ${startS} ${startS + 60} - SKIPDATA`),
        plain('192.0.2.5 198.51.100.7 1 2 6 1 1 26 30 ACCEPT OK'),
        plain(`nowhere 198.51.100.7 1 2 6 1 1 ${startS} ${startS} ACCEPT OK`),
      ].join('\n'),
    )
    expect(read.skipped.map(({ count }) => count)).toEqual([1, 1])
    expect(read.refused.map(({ reason }) => reason)).toEqual([
      'time is missing or outside of the years 2000 to 2100',
      'row names no two addresses',
    ])
  })

  it('loses bad fields and keeps the flow', () => {
    const { data } = only(plain(`192.0.2.5 198.51.100.7 99999 x 6 -1 1.5 ${startS} ${startS - 60} MAYBE OK`))
    expect(data).toEqual({
      traffic: {
        protocol: 'tcp',
        source: { address: '192.0.2.5' },
        destination: { address: '198.51.100.7' },
        timeErrorMs: 1_000,
        sensor: 'eni-0a1b2c3d',
      },
      verdict: 'unknown',
    })
  })

  it('reads rows out of CloudWatch envelopes however they are printed, under the ids of the bare rows', () => {
    const rows = [plain(), plain().replace('41000', '41001')]
    const envelope = {
      messageType: 'DATA_MESSAGE',
      logGroup: 'flows',
      logEvents: rows.map((message, index) => ({ id: String(index), timestamp: startMs, message })),
    }
    const page = {
      events: rows.map((message) => ({ message, timestamp: startMs, eventId: '1' })),
      searchedLogStreams: [],
    }
    const bare = readAll(awsVpcFlow, rows.join('\n')).made
    expect(bare).toHaveLength(2)
    for (const text of [
      JSON.stringify(envelope),
      JSON.stringify(envelope, null, 2),
      JSON.stringify(page, null, 4),
      JSON.stringify(page.events, null, 2),
      page.events.map((event) => JSON.stringify(event)).join('\n'),
      rows.map((row) => `2026-11-21T12:00:00.000Z ${row}`).join('\n'),
      rows.map((row) => `2026-11-21T12:00:00.123000+00:00 eni-0a1b2c3d-all ${row}`).join('\n'),
      `timestamp,message\n${rows.map((row) => `${startMs},${row}`).join('\n')}`,
    ]) {
      const read = readAll(awsVpcFlow, text)
      expect(read.refusals).toEqual([])
      expect(read.made).toEqual(bare)
      expect(awsVpcFlow.looksLike(text.slice(0, 2_000), 'x')).toBe(true)
    }
    // Firehose writes envelopes without a break between them.
    const control = { ...envelope, messageType: 'CONTROL_MESSAGE', logEvents: [{ message: 'CWL CONTROL MESSAGE' }] }
    const stream = readAll(awsVpcFlow, JSON.stringify(control) + JSON.stringify(envelope))
    expect(stream).toMatchObject({ events: 2, skipped: [{ reason: 'CloudWatch control message' }], refused: [] })
  })

  it('refuses what is broken in an envelope and keeps the rest', () => {
    const read = readAll(
      awsVpcFlow,
      [
        JSON.stringify({ logEvents: [{ message: plain() }, { message: 7 }, null, 'x', { message: 'half a' }] }),
        '{"logEvents":[{"message":"2 123',
        '{"logEvents":[',
        plain().replace('443', '444'),
        '{"awslogs":{"data":"H4sI"}}',
        '{"__proto__":{"logEvents":[]}}',
        '{"logEvents":[]}',
      ].join('\n'),
    )
    expect(read.events).toBe(2)
    expect(read.records).toBe(11)
    expect(read.refusals).toHaveLength(8)
  })

  it('takes the time of the wrapping, or of recording, for formats without one, and keeps such rows apart', () => {
    const header = 'srcaddr dstaddr action'
    const row = '192.0.2.1 198.51.100.1 ACCEPT'
    expect(only(`${header}\n2026-11-21T12:00:00.000Z ${row}`).atMs).toBe(Date.UTC(2026, 10, 21, 12))
    const early = only(`${header}\n${row}`, { recordedAtMs: startMs })
    const late = only(`${header}\n${row}`, { recordedAtMs: startMs + 1 })
    expect(early.atMs).toBe(startMs)
    expect(early.id).not.toBe(late.id)
    expect(only(`srcaddr dstaddr end\n192.0.2.1 198.51.100.1 ${startS}`)).toMatchObject({
      atMs: startMs,
      data: { traffic: { timeErrorMs: 601_000 } },
    })
  })

  it('gives the same text under another header another id, and one row one id with or without its header', () => {
    const row = `192.0.2.1 198.51.100.1 ${startS}`
    const there = only(`srcaddr dstaddr start\n${row}`)
    const back = only(`dstaddr srcaddr start\n${row}`)
    expect(there.id).not.toBe(back.id)
    const header = 'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end'
    expect(only(`${header} action log-status\n${plain()}`).id).toBe(only(plain()).id)
  })
})

describeFixtures('AWS VPC flow recordings', () => {
  const files = fixtureFiles('aws-vpc-flow')

  it.each(files)('%s: every record is told once, in pieces of any size, with the same ids', (path) => {
    const whole = readAll(awsVpcFlow, fixtureBytes(path))
    const expected: Record<string, [number, number, number]> = {
      'aws-vpc-flow/otel_cloudwatch_subscription.json': [2, 2, 0],
      'aws-vpc-flow/otel_valid_vpc_flow_log_multi.log': [3, 2, 1],
      'aws-vpc-flow/otel_valid_vpc_flow_log_nodata.log': [2, 0, 2],
    }
    const skipped = whole.skipped.reduce((sum, { count }) => sum + count, 0)
    expect([whole.records, whole.events, skipped]).toEqual(expected[path])
    expect(whole.refused).toEqual([])
    expect(new Set(whole.made.map(({ id }) => id)).size).toBe(whole.events)
    for (const bytes of [1, 7]) expect(readAll(awsVpcFlow, fixtureBytes(path), {}, bytes).made).toEqual(whole.made)
    expect(awsVpcFlow.looksLike(fixtureText(path).slice(0, 4096), path)).toBe(true)
  })

  it('tells the accepted ssh and the rejected rdp, as the same facts in both files', () => {
    const rows = readAll(awsVpcFlow, fixtureBytes('aws-vpc-flow/otel_valid_vpc_flow_log_multi.log')).made
    const wrapped = readAll(awsVpcFlow, fixtureBytes('aws-vpc-flow/otel_cloudwatch_subscription.json')).made
    expect(wrapped).toEqual(rows)
    expect(rows).toMatchObject([
      {
        atMs: 1_418_530_010_000,
        data: {
          traffic: {
            source: { address: '172.31.16.139', port: 20641 },
            destination: { address: '172.31.16.21', port: 22 },
            sensor: 'eni-1235b8ca123456789',
          },
          verdict: 'allowed',
          bytesOut: 4249,
          packetsOut: 20,
          endedAtMs: 1_418_530_070_000,
        },
      },
      { data: { traffic: { destination: { address: '172.31.9.12', port: 3389 } }, verdict: 'denied' } },
    ])
  })

  it('takes no other recording for its own', () => {
    for (const path of fixtureFiles('.')) {
      if (path.startsWith('aws-vpc-flow/')) continue
      const head = new TextDecoder().decode(fixtureBytes(path).subarray(0, 8192))
      expect(awsVpcFlow.looksLike(head, path), path).toBe(false)
    }
  })

  it('throws nothing and makes only events that fit, whatever is changed in real text', () => {
    const real = files.map((path) => fixtureText(path))
    const values = [
      '-',
      ' ',
      '"',
      '\\',
      '{',
      '}',
      '\n',
      'NODATA',
      '1e99',
      '99999999999999999999',
      '__proto__',
      'srcaddr',
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...real),
        fc.array(fc.tuple(fc.nat(700), fc.nat(12), fc.constantFrom(...values)), { maxLength: 5 }),
        (text, changes) => {
          let changed = text
          for (const [place, length, value] of changes) {
            changed = changed.slice(0, place) + value + changed.slice(place + length)
          }
          const read = readAll(awsVpcFlow, changed)
          for (const { reason } of read.refusals) expect(reason).not.toMatch(/does not fit|reader failed/)
          expect(readAll(awsVpcFlow, changed, {}, 7).made).toEqual(read.made)
        },
      ),
      { numRuns: 300 },
    )
  })
})
