// Hubble's records, in Vigil's own words and documentation addresses.
import { describe, expect, it } from 'vitest'
import { hubble } from './hubble.ts'
import { readAll } from './read-all-for-test.ts'

const time = '2026-11-21T12:00:00.250123456Z'
const atMs = Date.UTC(2026, 10, 21, 12) + 250.123

const client = { namespace: 'lab', pod_name: 'agent-7', labels: ['k8s:agent-id=x', 'k8s:note=a=b', 'reserved:init'] }
const server = { identity: 2, labels: ['reserved:world'] }
const tcp = (source_port: number, destination_port: number, ...flags: string[]) => ({
  TCP: { source_port, destination_port, flags: Object.fromEntries(flags.map((flag) => [flag, true])) },
})
const opening = {
  time,
  verdict: 'FORWARDED',
  IP: { source: '192.0.2.7', destination: '198.51.100.9', ipVersion: 'IPv4' },
  l4: tcp(50_000, 443, 'SYN'),
  source: client,
  destination: server,
  Type: 'L3_L4',
  node_name: 'node-1',
  event_type: { type: 4, sub_type: 3 },
  traffic_direction: 'EGRESS',
  trace_observation_point: 'TO_STACK',
  is_reply: false,
}
/** The same connection's packet on its way back. */
const answer = {
  ...opening,
  IP: { source: '198.51.100.9', destination: '192.0.2.7' },
  l4: tcp(443, 50_000, 'ACK'),
  source: server,
  destination: client,
  is_reply: true,
}
const from = {
  namespace: 'lab',
  pod: 'agent-7',
  labels: { 'k8s:agent-id': 'x', 'k8s:note': 'a=b', 'reserved:init': '' },
}
const traffic = {
  protocol: 'tcp',
  source: { address: '192.0.2.7', port: 50_000 },
  destination: { address: '198.51.100.9', port: 443 },
  sensor: 'node-1',
  from,
  to: { labels: { 'reserved:world': '' } },
}

const text = (flow: object) => JSON.stringify({ flow, node_name: 'node-1', time })

function all(flow: object) {
  const read = readAll(hubble, text(flow))
  expect(read.refusals).toEqual([])
  return read.made.map(({ id: _, v: __, ...event }) => event)
}
const one = (flow: object) => all(flow)[0]
const dataOf = (flow: object): Record<string, unknown> => ({ ...one(flow)?.data })
const trafficOf = (flow: object) => dataOf(flow).traffic

describe('a packet that Hubble saw', () => {
  it('is a flow between workloads, with its verdict, its direction and where it was seen', () => {
    expect(all(opening)).toEqual([
      {
        kind: 'flow.observed',
        atMs,
        data: {
          traffic: { ...traffic, flowStartedAtMs: atMs },
          verdict: 'allowed',
          direction: 'out',
          state: 'SYN TO_STACK',
        },
      },
    ])
  })

  it('is told from the side of who opened the connection, when it is a reply', () => {
    expect(trafficOf(answer)).toEqual(traffic)
    const { is_reply: _, ...unsure } = answer
    expect(trafficOf({ ...unsure, reply: true })).toEqual(traffic)
    expect(trafficOf({ ...unsure, trace_reason: 'REPLY' })).toEqual(traffic)
    expect(trafficOf({ ...unsure, is_reply: null, l4: tcp(443, 50_000, 'SYN', 'ACK') })).toEqual(traffic)
    expect(trafficOf({ ...unsure, is_reply: { value: true } })).toEqual(traffic)
  })

  it('stays as told where Hubble cannot say whether it is a reply', () => {
    const { is_reply: _, ...unsure } = answer
    const asTold = { source: traffic.destination, destination: traffic.source, from: traffic.to, to: from }
    expect(trafficOf(unsure)).toEqual({ ...traffic, ...asTold })
    expect(trafficOf({ ...unsure, is_reply: null, reply: false })).toEqual({ ...traffic, ...asTold })
    // A false one is no unknown one: the sensor's word counts before the flags.
    expect(trafficOf({ ...unsure, is_reply: false, l4: tcp(443, 50_000, 'SYN', 'ACK') })).toMatchObject(asTold)
  })

  it('is denied with its cause and the policies that said so, allowed under audit, and otherwise unknown', () => {
    const dropped = { ...opening, verdict: 'DROPPED', drop_reason: 133, drop_reason_desc: 'POLICY_DENIED' }
    expect(dataOf(dropped)).toMatchObject({ verdict: 'denied', reason: 'POLICY_DENIED' })
    const policies = [{ name: 'no-egress', namespace: 'lab' }, { name: 'all' }, 7]
    expect(dataOf({ ...dropped, egress_denied_by: policies }).reason).toBe('POLICY_DENIED, lab/no-egress, all')
    expect(dataOf({ ...dropped, drop_reason_desc: undefined }).reason).toBe('POLICY_DENIED')
    expect(dataOf({ ...dropped, drop_reason_desc: undefined, drop_reason: 155 }).reason).toBe('drop reason 155')
    const verdict = (word: unknown) => dataOf({ ...opening, verdict: word }).verdict
    expect(['REDIRECTED', 'AUDIT', 1, 5].map(verdict)).toEqual(['allowed', 'allowed', 'allowed', 'allowed'])
    expect(verdict(2)).toBe('denied')
    expect(['ERROR', 'TRACED', 'TRANSLATED', 'VERDICT_UNKNOWN', 'NEW', undefined, {}].map(verdict)).toEqual(
      Array(7).fill('unknown'),
    )
    expect(dataOf({ ...opening, verdict: 'AUDIT' }).reason).toBe('AUDIT')
  })

  it('may be a policy verdict, which is told with the policies that allowed it', () => {
    const flow = { ...opening, event_type: { type: 5 }, egress_allowed_by: [{ name: 'web', namespace: 'lab' }] }
    const read = readAll(hubble, text(flow))
    expect(read.understood).toEqual([{ what: 'policy verdict', count: 1 }])
    expect(read.made[0]?.data).toMatchObject({ verdict: 'allowed', reason: 'lab/web' })
  })

  it('has no ports when it is ICMP, and an echo that is answered was opened by who asked', () => {
    const ping = { ...opening, is_reply: null, l4: { ICMPv4: { type: 8 } } }
    expect(trafficOf(ping)).toMatchObject({ protocol: 'icmp', source: { address: '192.0.2.7' } })
    expect(JSON.stringify(trafficOf(ping))).not.toContain('"port"')
    // Type 0 is left out of protobuf's JSON.
    expect(trafficOf({ ...answer, is_reply: null, l4: { ICMPv4: {} } })).toMatchObject({
      source: { address: '192.0.2.7' },
    })
    expect(trafficOf({ ...answer, is_reply: null, l4: { ICMPv6: { type: 129 } } })).toMatchObject({
      protocol: 'ipv6-icmp',
      source: { address: '192.0.2.7' },
    })
  })

  it('names the destination by what was looked up, on the way out and back, and the address behind a translation', () => {
    const names = ['api.example.', 'b.example']
    expect(trafficOf({ ...opening, destination_names: names, source_names: ['own.example'] })).toMatchObject({
      names: ['api.example', 'b.example'],
    })
    expect(trafficOf({ ...answer, source_names: names })).toMatchObject({ names: ['api.example', 'b.example'] })
    const IP = { ...opening.IP, source_xlated: '203.0.113.1' }
    expect(trafficOf({ ...opening, IP })).toMatchObject({ translated: { source: { address: '203.0.113.1' } } })
  })

  it('keeps at most 32 labels, those of the pod itself before those of the cluster', () => {
    const derived = Array.from({ length: 40 }, (_, index) => `k8s:io.cilium.k8s.namespace.labels.n${index}=1`)
    const labels = [...derived, 'k8s:agent-id=x', '__proto__=x', `${'l'.repeat(200)}=x`, 7, '=x']
    const told = (trafficOf({ ...opening, source: { labels } }) as { from: { labels: Record<string, string> } }).from
      .labels
    expect(Object.keys(told)).toHaveLength(32)
    expect(told['k8s:agent-id']).toBe('x')
  })
})

describe('a socket that Hubble traced', () => {
  const socket = {
    ...opening,
    Type: 'SOCK',
    verdict: 'TRANSLATED',
    event_type: { type: 7, sub_type: 2 },
    sock_xlate_point: 'SOCK_XLATE_POINT_POST_DIRECTION_FWD',
    socket_cookie: '18446744073709551615',
    l4: { TCP: { destination_port: 443 } },
    is_reply: undefined,
    trace_observation_point: undefined,
  }

  it('has no verdict and no port of its own, and its cookie joins what it asked for and what it got', () => {
    const { port: _, ...source } = traffic.source
    expect(one(socket)).toMatchObject({
      kind: 'flow.observed',
      data: {
        traffic: { ...traffic, source, flow: '18446744073709551615' },
        verdict: 'unknown',
        state: 'POST_DIRECTION_FWD',
      },
    })
    expect(readAll(hubble, text(socket)).understood).toEqual([{ what: 'SOCK', count: 1 }])
  })

  it('is turned on its way back, where both ends come swapped', () => {
    const back = { ...answer, ...socket, IP: answer.IP, source: server, destination: client }
    const point = 'SOCK_XLATE_POINT_PRE_DIRECTION_REV'
    const l4 = { TCP: { source_port: 443, destination_port: 0 } }
    expect(trafficOf({ ...back, sock_xlate_point: point, l4 })).toEqual({
      ...traffic,
      source: { address: '192.0.2.7' },
      flow: '18446744073709551615',
    })
  })

  it('is skipped when it is of a process without an address', () => {
    const read = readAll(hubble, text({ ...socket, IP: { destination: '198.51.100.9' } }))
    expect(read.skipped.map(({ reason }) => reason)).toEqual(['socket of a process that Hubble knows no address of'])
  })
})

describe('a request that went through a proxy of Cilium', () => {
  const request = { ...opening, Type: 'L7', event_type: { type: 129 }, l4: tcp(50_000, 443) }
  const response = { ...answer, Type: 'L7', event_type: { type: 129 } }

  it('for a name tells it without its last dot, and what came back to who asked', () => {
    const dns = { query: 'a.example.', qtypes: ['A'], observation_source: 'proxy' }
    expect(all({ ...request, l7: { type: 'REQUEST', dns } })).toEqual([
      { kind: 'dns.queried', atMs, data: { traffic, query: 'a.example', type: 'A' } },
    ])
    const answered = { ...dns, ips: ['203.0.113.4'], cnames: ['b.example.'] }
    expect(dataOf({ ...response, l7: { type: 'RESPONSE', dns: answered } })).toEqual({
      traffic,
      query: 'a.example',
      type: 'A',
      answers: ['b.example', '203.0.113.4'],
      responseCode: 'NOERROR',
    })
    expect(dataOf({ ...response, l7: { type: 'RESPONSE', dns: { ...dns, rcode: 3 } } }).responseCode).toBe('NXDOMAIN')
    expect(dataOf({ ...response, l7: { type: 'RESPONSE', dns: { ...dns, rcode: 77 } } }).responseCode).toBe('77')
  })

  it('of HTTP tells method, address, client and status', () => {
    const http = {
      method: 'POST',
      url: 'http://u:p@api.example:8080/x?y',
      headers: [{ key: 'User-Agent', value: 'curl/8' }, { key: 'Authorization', value: 'secret-of-somebody' }, 7],
    }
    expect(all({ ...request, l7: { type: 'REQUEST', http } })).toEqual([
      {
        kind: 'http.requested',
        atMs,
        data: { traffic, method: 'POST', hostname: 'api.example', url: http.url, userAgent: 'curl/8' },
      },
    ])
    expect(dataOf({ ...response, l7: { type: 'RESPONSE', http: { ...http, code: 403 } } }).status).toBe(403)
    const bare = { url: '/x', headers: [{ key: ':authority', value: 'b.example:80' }] }
    expect(dataOf({ ...request, l7: { http: bare } })).toMatchObject({ hostname: 'b.example', url: '/x' })
  })

  it('that was denied is told twice: what was asked, and that it was denied', () => {
    const l7 = { type: 'REQUEST', dns: { query: 'c2.example.' } }
    const [asked, denied] = all({ ...request, verdict: 'DROPPED', l7 })
    expect(asked).toMatchObject({ kind: 'dns.queried', data: { query: 'c2.example' } })
    expect(denied).toMatchObject({ kind: 'flow.observed', data: { verdict: 'denied', application: 'dns' } })
    const read = readAll(hubble, text({ ...request, verdict: 'DROPPED', l7 }))
    expect([read.records, read.events, new Set(read.made.map(({ id }) => id)).size]).toEqual([1, 2, 2])
  })

  it('of another protocol is a flow of it', () => {
    const kafka = { api_key: 'produce', topic: 'orders' }
    expect(one({ ...request, l7: { type: 'REQUEST', kafka } })).toMatchObject({
      kind: 'flow.observed',
      data: { application: 'kafka', state: 'produce orders', verdict: 'allowed' },
    })
    expect(one({ ...request, l7: { type: 'REQUEST', dns: {} } })).toMatchObject({ kind: 'flow.observed' })
    expect(one({ ...request, l7: {} })).toMatchObject({ kind: 'flow.observed' })
  })
})

describe("Hubble's records", () => {
  it('are the same bare, wrapped, in a gateway, in camel case, in an array and printed over lines', () => {
    const camel = JSON.stringify(opening).replaceAll(/"([a-z]+(?:_[a-z]+)+)":/g, (_, name: string) => {
      return `"${name.replaceAll(/_([a-z])/g, (__, letter: string) => letter.toUpperCase())}":`
    })
    const go = {
      ...opening,
      time: { seconds: atMs / 1000 - 0.250_123, nanos: 250_123_000 },
      l4: { Protocol: opening.l4 },
    }
    const shapes = [
      JSON.stringify(opening),
      text(opening),
      JSON.stringify({ result: { flow: opening, node_name: 'node-1' } }),
      `{"flow":${camel},"nodeName":"node-1"}`,
      `[${text(opening)}]`,
      JSON.stringify({ flow: opening }, null, 2),
      JSON.stringify({ flow: go }),
      JSON.stringify({ flow: { ...opening, time: undefined, node_name: undefined }, node_name: 'node-1', time }),
    ]
    const [expected] = all(opening)
    for (const shape of shapes) {
      expect(readAll(hubble, shape).made, shape).toMatchObject([expected])
      expect(hubble.looksLike(shape, 'x.json')).toBe(true)
    }
  })

  it('that are no flows are skipped, each for its own reason', () => {
    const others = [
      { lost_events: { source: 'HUBBLE_RING_BUFFER', num_events_lost: 3 }, node_name: 'node-1', time },
      { node_status: { state_change: 'NODE_CONNECTED' }, node_name: 'node-1', time },
      { agent_event: { type: 'POLICY_UPDATED' }, node_name: 'node-1', time },
      { debug_event: { type: 'DBG_CT_LOOKUP' }, node_name: 'node-1', time },
      { flow: { ...opening, IP: undefined, l4: undefined, ethernet: {} } },
    ]
    const read = readAll(hubble, others.map((record) => JSON.stringify(record)).join('\n'))
    expect(read.skipped.map(({ reason }) => reason)).toEqual([
      'Hubble says that it lost events',
      'state of the connection to a node',
      "Cilium agent's event about itself",
      "Cilium agent's debugging event",
      'flow without IP addresses',
    ])
    expect(read.records).toBe(5)
  })

  it('are refused with a fixed sentence without what they cannot do without, and cost no neighbour', () => {
    const refused = (input: string) => readAll(hubble, input).refusals.map(({ reason }) => reason)
    const noTime = ['time is missing or outside of the years 2000 to 2100']
    expect(refused('{"a":1}')).toEqual(['record is no flow of Hubble'])
    expect(refused(text({ ...opening, IP: { source: '1.2.3', destination: '192.0.2.1' } }))).toEqual([
      'record names no two addresses that can be read',
    ])
    expect(refused(JSON.stringify({ ...opening, time: '1999-01-01T00:00:00Z' }))).toEqual(noTime)
    expect(refused(JSON.stringify({ ...opening, time: { seconds: 1e300 } }))).toEqual(noTime)
    const read = readAll(hubble, [text(opening), text(opening).slice(0, 80), text(answer)].join('\n'))
    expect([read.events, read.refusals.length]).toEqual([2, 1])
  })

  it('lose their bad fields only', () => {
    const bad = { l4: { TCP: { source_port: -1, destination_port: 443, flags: [] } }, source: 7, destination: [] }
    expect(dataOf({ ...opening, ...bad, traffic_direction: {}, trace_observation_point: [], node_name: 5 })).toEqual({
      traffic: {
        protocol: 'tcp',
        source: { address: '192.0.2.7' },
        destination: { address: '198.51.100.9', port: 443 },
        sensor: '5',
      },
      verdict: 'allowed',
    })
    const hostile = `{"__proto__":{"verdict":"DROPPED"},"flow":{"__proto__":{},${JSON.stringify(opening).slice(1)}}`
    expect(readAll(hubble, hostile).made[0]?.data).toMatchObject({ verdict: 'allowed' })
    const deep = `{"flow":{"l7":${'{"dns":'.repeat(20_000)}1${'}'.repeat(20_000)}}}`
    expect(readAll(hubble, deep).records).toBe(1)
  })

  it('have the same ids when they are read again, in pieces of any size', () => {
    const input = [text(opening), text(answer), text({ ...opening, uuid: 'u-2' })].join('\n')
    const whole = readAll(hubble, input).made
    expect(new Set(whole.map(({ id }) => id)).size).toBe(3)
    for (const bytes of [1, 7]) expect(readAll(hubble, input, {}, bytes).made).toEqual(whole)
  })
})
