// Events as agents and their hosts really send them: tool calls, processes and connections that begin and end, about 300 bytes a line.
import { randomUUID } from 'node:crypto'

export type BenchEvent = {
  v: 1
  kind: string
  atMs: number
  id?: string
  session: string
  data: Record<string, unknown>
}

/**
 * `count` events of `sessions` running agents, interleaved as they would arrive. `withIds`: as a source that may repeat itself.
 * `fromTurn`: the first of their turns, where an earlier call has told those before it.
 */
export function agentEvents(options: {
  count: number
  sessions: number
  atMs: number
  withIds: boolean
  fromTurn?: number
}): BenchEvent[] {
  const events: BenchEvent[] = []
  for (let turn = options.fromTurn ?? 0; events.length < options.count; turn += 1) {
    const session = `bench-${turn % options.sessions}`
    for (const event of oneCall(session, turn, options.atMs)) {
      if (events.length === options.count) break
      events.push(options.withIds ? { ...event, id: randomUUID() } : event)
    }
  }
  return events
}

export function sessionStarted(session: string, atMs: number): BenchEvent {
  const data = { name: session, agent: 'bench-agent', task: 'measure', held: 'none', abilities: [] }
  return { v: 1, kind: 'session.started', atMs, session, data }
}

export function actionStarted(session: string, call: string, summary: string, atMs: number): BenchEvent {
  return {
    v: 1,
    kind: 'action.started',
    atMs,
    session,
    data: { call, tool: 'Bash', input: JSON.stringify({ command: summary }), summary },
  }
}

export function actionEnded(session: string, call: string, atMs: number): BenchEvent {
  return {
    v: 1,
    kind: 'action.ended',
    atMs,
    session,
    data: { call, tool: 'Bash', outcome: 'ok', exitCode: 0, durationMs: 240 },
  }
}

/** One tool call: a shell command, its process, the connection that the process opens, and the end of all three. */
export function oneCall(session: string, turn: number, atMs: number): BenchEvent[] {
  const call = `call_${turn.toString(36).padStart(8, '0')}`
  const pid = 2_000 + (turn % 4_000_000)
  const startTicks = 5_000_000 + turn
  const connection = `tcp:${turn.toString(16)}`
  const command = `git -C /work/repo fetch origin refs/pull/${turn}/head && npm test -- --shard ${turn % 16}/16`
  const event = (kind: string, data: Record<string, unknown>): BenchEvent => ({ v: 1, kind, atMs, session, data })
  const remote = { address: `198.51.100.${turn % 250}`, port: 443 }
  const local = { address: '10.0.3.17', port: 32_768 + (turn % 28_000) }
  return [
    actionStarted(session, call, command, atMs),
    event('process.started', {
      pid,
      ppid: 1_999,
      startTicks,
      comm: 'git',
      exe: '/usr/bin/git',
      argv: ['git', '-C', '/work/repo', 'fetch', 'origin', `refs/pull/${turn}/head`],
      uid: 1_000,
    }),
    event('connection.opened', {
      connection,
      protocol: 'tcp',
      local,
      remote,
      direction: 'out',
      state: 'ESTAB',
      pid,
      startTicks,
      comm: 'git-remote-https',
    }),
    event('connection.closed', { connection, bytesOut: 4_211 + turn, bytesIn: 918_222, durationMs: 812 }),
    event('process.exited', { pid, startTicks, exitCode: 0 }),
    {
      ...actionEnded(session, call, atMs),
      data: { call, tool: 'Bash', outcome: 'ok', output: outputOf(turn), exitCode: 0, durationMs: 940 },
    },
  ]
}

function outputOf(turn: number): string {
  return `From github.example:acme/repo\n * branch refs/pull/${turn}/head -> FETCH_HEAD\n\nTests  ${turn % 400} passed (${turn % 400})\nDuration  9.40s (transform 812ms, setup 220ms, collect 1.2s, tests 8.1s, environment 0ms, prepare 120ms)\n${'✓ src/checkout/price.test.ts (12 tests) 38ms\n'.repeat(3)}`
}

export function ndjson(events: readonly BenchEvent[]): Buffer {
  return Buffer.from(events.map((event) => JSON.stringify(event)).join('\n'))
}
