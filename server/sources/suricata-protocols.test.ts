// Suricata's records of DNS, SSH, TLS, HTTP and files, across the shapes that versions 4 to 8 write.
import { describe, expect, it } from 'vitest'
import { readAll } from './read-all-for-test.ts'
import { suricataEve } from './suricata-eve.ts'

const timestamp = '2026-11-21T03:26:54.156202+0100'
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

describe('Suricata DNS', () => {
  const resolver = { address: '203.0.113.53', port: 53 }
  const asks = { proto: 'UDP', dest_ip: resolver.address, dest_port: 53 }
  const answers53 = { proto: 'UDP', src_ip: resolver.address, src_port: 53, dest_ip: client.address, dest_port: 41000 }

  it('reads queries and answers of version 2, in which the asker stays the source', () => {
    const query = { version: 2, type: 'query', id: 1, rrname: 'pypi.example', rrtype: 'A', tx_id: 0 }
    const asked = one(line('dns', { ...asks, dns: query }))
    expect(asked).toMatchObject({ kind: 'dns.queried', data: { query: 'pypi.example', type: 'A' } })
    expect(asked?.data).not.toHaveProperty('responseCode')
    const answer = {
      version: 2,
      type: 'answer',
      rrname: 'pypi.example',
      rrtype: 'A',
      rcode: 'NOERROR',
      answers: [
        { rrname: 'pypi.example', rrtype: 'CNAME', rdata: 'cdn.example' },
        { rrname: 'cdn.example', rrtype: 'A', rdata: '203.0.113.80' },
        { rrname: 'pypi.example', rrtype: 'SOA', soa: { mname: 'ns.example' } },
      ],
    }
    expect(one(line('dns', { ...asks, dns: answer }))?.data).toMatchObject({
      traffic: { source: client, destination: resolver },
      answers: ['cdn.example', '203.0.113.80', 'ns.example'],
      responseCode: 'NOERROR',
    })
    const grouped = { ...answer, answers: undefined, grouped: { A: ['203.0.113.80', '203.0.113.81'] } }
    expect(one(line('dns', { ...asks, dns: grouped }))?.data).toMatchObject({
      answers: ['203.0.113.80', '203.0.113.81'],
    })
  })

  it('reads version 1, with one record an answer', () => {
    const dns = { type: 'answer', rcode: 'NOERROR', rrname: 'a.example', rrtype: 'A', rdata: '203.0.113.9' }
    expect(one(line('dns', { ...answers53, dns }))?.data).toMatchObject({
      traffic: { source: client, destination: resolver },
      query: 'a.example',
      answers: ['203.0.113.9'],
    })
  })

  it('reads version 3, in which a response comes from the server, and makes an event of each query', () => {
    const request = { version: 3, type: 'request', rcode: 'NOERROR', queries: [{ rrname: 'x.example', rrtype: 'TXT' }] }
    const asked = one(line('dns', { ...asks, dns: request }))
    expect(asked?.data).toMatchObject({ query: 'x.example', type: 'TXT', traffic: { source: client } })
    expect(asked?.data).not.toHaveProperty('responseCode')
    const queries = ['a.example', 'b.example'].map((rrname) => ({ rrname, rrtype: 'A' }))
    const answers = [{ rrname: 'b.example', rrtype: 'A', rdata: '203.0.113.2' }]
    const response = { version: 3, type: 'response', rcode: 'NOERROR', queries, answers }
    const read = readAll(suricataEve, line('dns', { ...answers53, dns: response }))
    expect(read.made.map(({ data }) => data)).toMatchObject([
      { query: 'a.example', traffic: { source: client, destination: resolver } },
      { query: 'b.example', answers: ['203.0.113.2'] },
    ])
    expect(new Set(read.made.map(({ id }) => id)).size).toBe(2)
    const many = { version: 3, type: 'request', queries: Array(500).fill({ rrname: 'a.example' }) }
    expect(readAll(suricataEve, line('dns', { ...asks, dns: many })).made).toHaveLength(32)
  })

  it('reads mDNS, which announces without a question, the root, and messages without any name', () => {
    const group = { proto: 'UDP', src_port: 5353, dest_ip: '224.0.0.251', dest_port: 5353 }
    const mdns = { type: 'response', answers: [{ rrname: 'printer.local', rrtype: 'A', rdata: '192.0.2.5' }] }
    expect(one(line('mdns', { ...group, mdns }))).toMatchObject({
      kind: 'dns.queried',
      data: { query: 'printer.local', answers: ['192.0.2.5'], traffic: { source: { address: client.address } } },
    })
    const root = { version: 2, type: 'query', rrname: '', rrtype: 'NS' }
    expect(one(line('dns', { ...asks, dns: root }))?.data).toMatchObject({ query: '.' })
    expect(readAll(suricataEve, line('dns', { dns: { type: 'answer', rcode: 'FORMERR' } })).skipped).toMatchObject([
      { reason: 'DNS message without a name', count: 1 },
    ])
  })
})

describe('Suricata application protocols', () => {
  it('keeps the banners of SSH where they were told, also when they are swapped', () => {
    const ssh = {
      client: { proto_version: '2.0', software_version: 'dropbear_2022.83' },
      server: { proto_version: '2.0', software_version: 'AsyncSSH_2.8.1' },
    }
    expect(one(line('ssh', { dest_port: 22, ssh }))).toMatchObject({
      kind: 'ssh.observed',
      data: { clientVersion: 'dropbear_2022.83', serverVersion: 'AsyncSSH_2.8.1' },
    })
  })

  it('reads TLS and QUIC, and takes the server name as a name only when it is one', () => {
    const tls = {
      sni: 'www.example.org',
      version: 'TLS 1.3',
      subject: 'CN=www.example.org',
      issuerdn: 'CN=Vigil CA',
      ja3: { hash: 'b20b44b18b853ef29ab773e921b03422', string: '771,1' },
      ja4: 't13d1814h2_29a2cd9e9f10_d267a5f792d4',
    }
    expect(one(line('tls', { tls }))).toMatchObject({
      kind: 'tls.observed',
      data: {
        traffic: { names: ['www.example.org'] },
        serverName: 'www.example.org',
        version: 'TLS 1.3',
        subject: 'CN=www.example.org',
        issuer: 'CN=Vigil CA',
        ja3: 'b20b44b18b853ef29ab773e921b03422',
        ja4: 't13d1814h2_29a2cd9e9f10_d267a5f792d4',
      },
    })
    for (const sni of ['198.51.100.7', '2001:db8::1', '[2001:db8::1]:443', '-', 'a b', '<b>', '']) {
      const event = one(line('tls', { tls: { sni, version: 'UNDETERMINED' } }))
      expect(event?.kind === 'tls.observed' && event.data.traffic.names).toBeUndefined()
      expect(event?.data).not.toHaveProperty('version')
    }
    const quic = { version: '1', sni: 'quic.example', ja3: { hash: 'aa' } }
    expect(one(line('quic', { proto: 'UDP', quic }))).toMatchObject({
      kind: 'tls.observed',
      data: { serverName: 'quic.example', version: '1', ja3: 'aa', traffic: { names: ['quic.example'] } },
    })
  })

  it('reads HTTP of both versions', () => {
    const http = {
      hostname: 'files.example:8080',
      url: '/x',
      http_user_agent: 'curl/8',
      http_method: 'GET',
      status: 200,
      length: 245,
    }
    expect(one(line('http', { http }))).toMatchObject({
      kind: 'http.requested',
      data: {
        traffic: { names: ['files.example'] },
        method: 'GET',
        hostname: 'files.example:8080',
        url: '/x',
        userAgent: 'curl/8',
        status: 200,
        responseBytes: 245,
      },
    })
    const http2 = {
      request_headers: [
        { name: ':method', value: 'POST' },
        { name: ':path', value: '/y' },
        { name: ':authority', value: 'two.example' },
      ],
      response_headers: [{ name: ':status', value: '204' }],
    }
    expect(one(line('http2', { http2 }))?.data).toMatchObject({
      method: 'POST',
      url: '/y',
      hostname: 'two.example',
      status: 204,
    })
  })

  it('reads files, and turns what the server sent so that who asked is the source', () => {
    const fileinfo = { filename: '/miner.tar.gz', size: 102_400, state: 'CLOSED', sha256: 'ff', md5: 'ee' }
    const http = { hostname: 'files.example', http_content_type: 'application/gzip', status: 200 }
    expect(one(line('fileinfo', { ...swapped, fileinfo, http }))).toMatchObject({
      kind: 'file.transferred',
      data: {
        traffic: { source: client, destination: server },
        name: '/miner.tar.gz',
        sizeBytes: 102_400,
        mimeType: 'application/gzip',
        sha256: 'ff',
        md5: 'ee',
      },
    })
    const sent = one(line('fileinfo', { fileinfo, http }))
    expect(sent?.data).toMatchObject({ traffic: { source: client } })
    expect(sent?.data).not.toHaveProperty('mimeType')
  })
})
