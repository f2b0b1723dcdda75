// Zeek's logs as JSON, in Vigil's own words and documentation addresses.
import { describe, expect, it } from 'vitest'
import { readAll } from './read-all-for-test.ts'
import { zeekJson } from './zeek-json.ts'

const ts = 1_795_262_400.25
const atMs = ts * 1000
const ends = {
  uid: 'CAbc1',
  'id.orig_h': '192.0.2.7',
  'id.orig_p': 50_000,
  'id.resp_h': '198.51.100.9',
  'id.resp_p': 443,
}
const traffic = {
  protocol: 'tcp',
  source: { address: '192.0.2.7', port: 50_000 },
  destination: { address: '198.51.100.9', port: 443 },
  flow: 'CAbc1',
}

const line = (fields: object, log?: string) => JSON.stringify({ ...(log && { _path: log }), ts, ...ends, ...fields })
const conn = { proto: 'tcp', conn_state: 'SF', orig_pkts: 4, orig_ip_bytes: 300 }

function one(fields: object, log?: string, fileName?: string) {
  const read = readAll(zeekJson, line(fields, log), { fileName })
  expect(read.refusals).toEqual([])
  expect(read.made.length + read.skipped.length).toBe(1)
  const [made] = read.made
  return made === undefined ? undefined : { kind: made.kind, atMs: made.atMs, data: made.data }
}

const refused = (text: string) => readAll(zeekJson, text).refusals.map(({ reason }) => reason)
const skipped = (text: string, fileName?: string) =>
  readAll(zeekJson, text, { fileName }).skipped.map(({ reason }) => reason)

describe('a Zeek connection', () => {
  it('is a flow from its first to its last packet, with counters of both directions and no verdict', () => {
    const told = { service: 'ssl', duration: 1.5, orig_bytes: 10, resp_bytes: 20, resp_pkts: 5, community_id: '1:x=' }
    expect(one({ ...conn, ...told, local_orig: true, local_resp: false, _system_name: 'tap-1' }, 'conn')).toEqual({
      kind: 'flow.observed',
      atMs,
      data: {
        traffic: { ...traffic, communityId: '1:x=', flowStartedAtMs: atMs, sensor: 'tap-1' },
        verdict: 'unknown',
        direction: 'out',
        endedAtMs: atMs + 1500,
        bytesOut: 10,
        bytesIn: 20,
        packetsOut: 4,
        packetsIn: 5,
        state: 'SF',
        application: 'ssl',
      },
    })
  })

  it('that the other end rejected is not denied, and its direction is unknown where no network is local', () => {
    expect(one({ ...conn, conn_state: 'REJ' })?.data).toMatchObject({ state: 'REJ', verdict: 'unknown' })
    const direction = (from: boolean, to: boolean) =>
      one({ ...conn, local_orig: from, local_resp: to })?.data as { direction?: string }
    expect(direction(true, true).direction).toBe('internal')
    expect(direction(false, true).direction).toBe('in')
    expect(direction(false, false).direction).toBe('unknown')
    expect(one(conn)?.data).not.toHaveProperty('direction')
  })

  it('of ICMP has type and code where ports would be, so it has no ports, and its version is that of its addresses', () => {
    const icmp = { ...conn, proto: 'icmp', 'id.orig_p': 8, 'id.resp_p': 0 }
    expect(one(icmp)?.data).toMatchObject({
      traffic: { protocol: 'icmp', source: { address: '192.0.2.7' }, destination: { address: '198.51.100.9' } },
    })
    const six = one({ ...icmp, 'id.orig_h': '2001:DB8::1', 'id.resp_h': '2001:db8::2' })
    expect(six?.data).toMatchObject({ traffic: { protocol: 'ipv6-icmp', source: { address: '2001:db8::1' } } })
    expect(JSON.stringify(six)).not.toContain('port')
  })
})

describe("Zeek's logs of applications", () => {
  it('of DNS tell name, type, answers and code', () => {
    const dns = { proto: 'udp', trans_id: 7, query: 'a.example', qtype: 1, qtype_name: 'A', rcode: 0 }
    expect(one({ ...dns, rcode_name: 'NOERROR', answers: ['b.example', '203.0.113.4'] })).toEqual({
      kind: 'dns.queried',
      atMs,
      data: {
        traffic: { ...traffic, protocol: 'udp' },
        query: 'a.example',
        type: 'A',
        answers: ['b.example', '203.0.113.4'],
        responseCode: 'NOERROR',
      },
    })
    expect(one({ ...dns, query: '' })?.data).toMatchObject({ query: '.' })
    expect(skipped(line({ proto: 'udp', trans_id: 0, rejected: false }))).toEqual(['DNS message without a name'])
  })

  it('of SSH tell whether the login was let in, also in the words of old versions', () => {
    const ssh = { auth_success: false, auth_attempts: 3, client: 'SSH-2.0-Go', server: 'SSH-2.0-OpenSSH_9.9' }
    expect(one(ssh)).toEqual({
      kind: 'ssh.observed',
      atMs,
      data: {
        traffic,
        clientVersion: 'SSH-2.0-Go',
        serverVersion: 'SSH-2.0-OpenSSH_9.9',
        authenticated: false,
        attempts: 3,
      },
    })
    expect(one({ status: 'success' }, 'ssh')?.data).toMatchObject({ authenticated: true })
    expect(one({ status: 'undetermined' }, 'ssh')?.data).toEqual({ traffic })
  })

  it('of TLS and HTTP tell the name that was asked for', () => {
    const ssl = { version: 'TLSv13', server_name: 'a.example', established: true, resumed: false, ja3: 'x', ja4: 'y' }
    expect(one({ ...ssl, validation_status: 'ok', subject: 'CN=a', issuer: 'CN=b' })).toEqual({
      kind: 'tls.observed',
      atMs,
      data: {
        traffic: { ...traffic, names: ['a.example'] },
        serverName: 'a.example',
        version: 'TLSv13',
        subject: 'CN=a',
        issuer: 'CN=b',
        ja3: 'x',
        ja4: 'y',
        validation: 'ok',
      },
    })
    expect(one({ ...ssl, version: 'DTLSv12' })?.data).toMatchObject({ traffic: { protocol: 'udp' } })
    const http = {
      trans_depth: 1,
      method: 'GET',
      host: '203.0.113.4',
      uri: '/x',
      user_agent: 'curl/8',
      status_code: 404,
    }
    expect(one({ ...http, response_body_len: 9 })).toEqual({
      kind: 'http.requested',
      atMs,
      data: {
        traffic,
        method: 'GET',
        hostname: '203.0.113.4',
        url: '/x',
        userAgent: 'curl/8',
        status: 404,
        responseBytes: 9,
      },
    })
  })

  it('of files tell the connection in both shapes, the opener being who received what the server sent', () => {
    const file = { fuid: 'F1', source: 'HTTP', filename: 'x.sh', seen_bytes: 5, mime_type: 'text/plain', sha256: 'ab' }
    const data = { name: 'x.sh', sizeBytes: 5, mimeType: 'text/plain', sha256: 'ab' }
    expect(one(file, 'files')).toEqual({ kind: 'file.transferred', atMs, data: { traffic, ...data } })
    const hosts = { tx_hosts: ['198.51.100.9'], rx_hosts: ['192.0.2.7'], conn_uids: ['CAbc1'] }
    const old = (isOrig: boolean, more: object = hosts) => JSON.stringify({ ts, ...file, ...more, is_orig: isOrig })
    const [fromServer] = readAll(zeekJson, old(false)).made
    const between = { source: { address: '192.0.2.7' }, destination: { address: '198.51.100.9' } }
    expect(fromServer?.data).toEqual({ traffic: { protocol: 'tcp', ...between, flow: 'CAbc1' }, ...data })
    expect(readAll(zeekJson, old(true)).made[0]?.data).toMatchObject({
      traffic: { source: between.destination, destination: between.source },
    })
    expect(skipped(old(false, {}))).toEqual(['file that was seen outside of a connection'])
  })

  it('without a kind of their own show that two ends talked', () => {
    expect(one({ mailfrom: 'a@a.example', trans_depth: 1 })).toEqual({
      kind: 'flow.observed',
      atMs,
      data: { traffic, verdict: 'unknown', application: 'smtp' },
    })
    expect(one({ action: 'SMB::FILE_OPEN' }, 'smb_files')?.data).toMatchObject({ application: 'smb' })
    expect(one({ analyzer: 'HTTP', proto: 'tcp' }, 'dpd')?.data).toEqual({ traffic, verdict: 'unknown' })
    const read = readAll(zeekJson, line({}, 'bought_plugin'))
    expect(read.understood).toEqual([{ what: 'other log', count: 1 }])
  })

  it('that speak of the network or of the sensor alone are skipped', () => {
    const bare = (fields: object) => JSON.stringify({ ts, ...fields })
    const inventory = ["log of the sensor's inventory"]
    expect(skipped(bare({ _path: 'software', host: '192.0.2.7', software_type: 'SSH::CLIENT' }))).toEqual(inventory)
    expect(skipped(bare({ host: '192.0.2.7' }), 'known_hosts.log')).toEqual(inventory)
    expect(skipped(bare({ 'certificate.serial': '01' }))).toEqual(inventory)
    expect(skipped(bare({ _path: 'capture_loss', gaps: 0 }))).toEqual(['sensor reports on itself'])
  })
})

describe("Zeek's judgements", () => {
  const note = (name: string, more: object = {}) => one({ note: name, msg: 'told', actions: [], ...more })?.data

  it('become alerts whose severity is of what is known of the notice', () => {
    expect(note('Scan::Port_Scan', { proto: 'tcp', peer_descr: 'worker-2' })).toEqual({
      basis: 'notice',
      title: 'Scan::Port_Scan',
      ruleId: 'Scan::Port_Scan',
      severity: 'medium',
      action: 'unknown',
      message: 'told',
      traffic: { ...traffic, sensor: 'worker-2' },
    })
    expect(note('SSH::Password_Guessing')).toMatchObject({ severity: 'high' })
    expect(note('ICMP::TimestampScan')).toMatchObject({ severity: 'medium' })
    expect(note('Site::Never_Heard_Of')).toMatchObject({ severity: 'low' })
    expect(note('constructor')).toMatchObject({ severity: 'low' })
    expect(note('ATTACK::Discovery', { sub: 'T1046 and T1021.002' })).toMatchObject({
      techniques: ['T1046', 'T1021.002'],
    })
  })

  it('are blocked where Zeek asked for a drop', () => {
    expect(note('A::B', { actions: ['Notice::ACTION_LOG', 'Notice::ACTION_DROP'] })).toMatchObject({
      action: 'blocked',
    })
    expect(note('A::B', { dropped: true })).toMatchObject({ action: 'blocked' })
    expect(note('A::B', { dropped: false, actions: ['Notice::ACTION_LOG'] })).toMatchObject({ action: 'unknown' })
  })

  it('name two hosts without a connection, or one host in their message only', () => {
    const about = { ts, note: 'A::B', msg: 'x', proto: 'tcp', src: '192.0.2.7', p: 22 }
    const [two, alone] = readAll(
      zeekJson,
      [{ ...about, dst: '198.51.100.9' }, about].map((one) => JSON.stringify(one)).join('\n'),
    ).made
    expect(two?.data).toMatchObject({
      traffic: {
        protocol: 'tcp',
        source: { address: '192.0.2.7' },
        destination: { address: '198.51.100.9', port: 22 },
      },
    })
    expect(alone?.data).not.toHaveProperty('traffic')
  })

  it('of protocols, signatures and threat intelligence are alerts of their own bases', () => {
    expect(one({ name: 'bad_TCP_checksum', addl: 'x', notice: false, peer: 'zeek' })?.data).toMatchObject({
      basis: 'anomaly',
      title: 'bad_TCP_checksum',
      severity: 'info',
      message: 'x',
    })
    const signature = {
      ts,
      sig_id: 's1',
      event_msg: 'seen',
      src_addr: '192.0.2.7',
      src_port: 1,
      dst_addr: '192.0.2.8',
      dst_port: 2,
    }
    expect(readAll(zeekJson, JSON.stringify(signature)).made[0]?.data).toMatchObject({
      basis: 'signature',
      title: 'seen',
      ruleId: 's1',
      traffic: { destination: { address: '192.0.2.8', port: 2 } },
    })
    expect(
      one({ 'seen.indicator': 'bad.example', 'seen.where': 'DNS::IN_REQUEST', sources: ['list'] })?.data,
    ).toMatchObject({
      title: 'Intel: bad.example',
      message: 'DNS::IN_REQUEST, list',
    })
  })
})

describe('a Zeek record', () => {
  it('is of the log that it names, else of the one its fields belong to, else of the one in the name of its file', () => {
    expect(one({ conn_state: 'SF', query: 'x' }, 'dns')?.kind).toBe('dns.queried')
    expect(one({ query: 'x' }, undefined, 'dns.2026-11-21.log')?.kind).toBe('dns.queried')
    expect(one({ ...conn }, undefined, 'dns.log')?.kind).toBe('flow.observed')
    expect(one({ version: 2 }, undefined, 'site_ssh.json')?.kind).toBe('ssh.observed')
    expect(one({ trans_depth: 1, request_from: 'x', uri: 'sip:x', method: 'OPTIONS' })?.data).toMatchObject({
      application: 'sip',
    })
    expect(one({ mac: 'x', trans_id: 5 }, undefined, 'dhcp.log')?.kind).toBe('flow.observed')
  })

  it('may have its time as seconds, milliseconds or text, and the seconds of a capture are refused for what they are', () => {
    for (const time of [ts, [ts, ts + 1], atMs, String(ts), '2026-11-21T12:00:00.250000Z']) {
      expect(one({ ...conn, ts: time })?.atMs).toBe(atMs)
    }
    const relative = ['ts counts from the start of a capture, not from 1970']
    for (const time of [26.67, 0, '26.67', '1970-01-01T00:00:26.67Z']) {
      expect(refused(line({ ...conn, ts: time }))).toEqual(relative)
    }
    for (const time of [-1, 5e9, 'soon', null, {}, 1e300]) {
      expect(refused(line({ ...conn, ts: time }))).toEqual(['time is missing or outside of the years 2000 to 2100'])
    }
  })

  it('may be tagged by its log, nested, named with underscores, printed over lines, or element of an array', () => {
    const plain = one(conn)
    const { 'id.orig_h': orig_h, 'id.orig_p': orig_p, 'id.resp_h': resp_h, 'id.resp_p': resp_p, uid } = ends
    const id = { orig_h, orig_p, resp_h, resp_p }
    const shapes = [
      { conn: { ts, ...ends, ...conn } },
      { ts, uid, id, ...conn },
      { ts, uid, id_orig_h: orig_h, id_orig_p: orig_p, id_resp_h: resp_h, id_resp_p: resp_p, ...conn },
    ]
    for (const text of [
      ...shapes.map((shape) => JSON.stringify(shape)),
      JSON.stringify(JSON.parse(line(conn)), null, 2),
      `[${line(conn)}]`,
    ]) {
      expect(readAll(zeekJson, text).made).toMatchObject([plain])
      expect(zeekJson.looksLike(text, 'x.json')).toBe(true)
    }
  })

  it('loses its bad fields only', () => {
    const bad = {
      duration: -5,
      orig_bytes: -1,
      resp_bytes: 1.5,
      orig_pkts: {},
      service: [[]],
      local_orig: 'yes',
      conn_state: 7,
    }
    expect(one({ proto: 6, missed_bytes: 0, ...bad, uid: [], 'id.orig_p': 70_000 })?.data).toEqual({
      traffic: {
        protocol: 'tcp',
        source: { address: '192.0.2.7' },
        destination: traffic.destination,
        flowStartedAtMs: atMs,
      },
      verdict: 'unknown',
      state: '7',
    })
    expect(one({ ...conn, duration: 1e300 })?.data).not.toHaveProperty('endedAtMs')
    const hostile = `{"__proto__":{"_path":"dns"},"constructor":{},${line(conn).slice(1)}`
    expect(readAll(zeekJson, hostile).made[0]?.kind).toBe('flow.observed')
  })

  it('is refused with a fixed sentence without what it cannot do without, and costs no neighbour', () => {
    expect(refused(line({ ...conn, 'id.resp_h': '1.XX.3.4' }))).toEqual([
      'record names no two addresses that can be read',
    ])
    expect(refused(line({ note: '' }, 'notice'))).toEqual(['notice has no note'])
    expect(refused('{"a":1}')).toEqual(['record names neither a log of Zeek nor a time'])
    expect(refused('[{"a":1}')).toHaveLength(2)
    const read = readAll(
      zeekJson,
      [line(conn), line(conn, 'conn').slice(0, 50), line({ query: 'x' }, 'dns'), 'x'].join('\n'),
    )
    expect(read.made).toHaveLength(2)
    expect(read.refusals.map(({ reason }) => reason)).toEqual([
      'JSON record is cut off or damaged',
      'line is not a JSON object',
    ])
    const deep = `{"ts":${ts},"id":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
    expect(skipped(deep)).toEqual(["log of the sensor's inventory"])
  })

  it('has the same id when it is read again, in pieces of any size, and another than a record of other text', () => {
    const text = [line(conn), line({ ...conn, uid: 'CAbc2' }), line({ query: 'x' }, 'dns')].join('\n')
    const whole = readAll(zeekJson, text).made
    expect(new Set(whole.map(({ id }) => id)).size).toBe(3)
    for (const bytes of [1, 7]) expect(readAll(zeekJson, text, {}, bytes).made).toEqual(whole)
  })
})
