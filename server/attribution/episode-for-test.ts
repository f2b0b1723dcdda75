// Episodes drawn in text, one fact a line, times in seconds:
//   0.0  call c1 nohup ./x -o 198.51.100.33:3333 &      a tool call of session `ep` begins (`call c1@other …`: of another session)
//   1.1  end c1
//   0.1  exec 100<1 sh -c nohup ./x …                   process 100, child of 1; after `-c` the rest is one argument
//   0.2  conn 101 40001 198.51.100.33:3333              process 101 opens a connection from local port 40001
//   5.2  alert miner 40001 198.51.100.33:3333 since 0.2 a firewall's alert on that flow, and the time of its first packet
import type { StoredEvent } from '../protocol/event.ts'
import type { EventId } from '../protocol/ids.ts'
import { attributeAll } from './score-for-test.ts'

export const episodeStartMs = 1_795_228_000_000
export const sessionAddress = '10.8.0.7'

export type Drawn = {
  /** `c1`, `ep (no call)` or `not tied`, and the level, by the alert's title. */
  ties: Record<string, string>
  written: StoredEvent[]
}

export function draw(text: string, options: { firewallAheadMs?: number; probe?: boolean } = {}): Drawn {
  const { firewallAheadMs = 0, probe = true } = options
  let count = 0
  const titles = new Map<EventId, string>()
  const events: StoredEvent[] = []
  const push = (event: object, seconds: number, source: string | undefined, aheadMs = 0): EventId => {
    count += 1
    const id = `00000000-0000-4000-8000-${String(count).padStart(12, '0')}` as EventId
    const atMs = episodeStartMs + Math.round(seconds * 1_000) + aheadMs
    const trust = source === undefined ? 'kernel' : source.startsWith('suricata') ? 'firewall' : 'trainer'
    const whole = {
      v: 1,
      id,
      atMs,
      ...event,
      partition: 0,
      seq: count,
      seenAtMs: atMs,
      trust,
      ...(source && { source }),
    }
    events.push(whole as unknown as StoredEvent)
    return id
  }
  const started = new Set<string>()
  const begin = (session: string) => {
    if (started.has(session)) return
    started.add(session)
    const labels = session === 'ep' ? { address: sessionAddress } : {}
    push({ kind: 'session.started', session, data: { held: 'none', abilities: [], labels } }, 0, 'otlp/t')
  }
  begin('ep')
  const end = (of: string) => {
    const at = of.lastIndexOf(':')
    return { address: of.slice(0, at), port: Number(of.slice(at + 1)) }
  }
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '') continue
    const [time = '', what = '', who = '', ...rest] = line.split(/\s+/)
    const seconds = Number(time)
    const [name = '', session = 'ep'] = who.split('@')
    if (what === 'call') {
      begin(session)
      const input = rest.join(' ')
      push(
        { kind: 'action.started', session, data: { call: name, tool: 'shell', input, summary: input } },
        seconds,
        'otlp/t',
      )
    } else if (what === 'end')
      push({ kind: 'action.ended', session, data: { call: name, outcome: 'ok' } }, seconds, 'otlp/t')
    else if (what === 'exec') {
      const [pid = '', ppid = ''] = name.split('<')
      const at = rest.indexOf('-c')
      const argv = at === -1 ? rest : [...rest.slice(0, at + 1), rest.slice(at + 1).join(' ')]
      const data = { pid: Number(pid), ppid: Number(ppid), startTicks: Number(pid), comm: argv[0] ?? '', argv }
      push({ kind: 'process.started', session, host: 'h', data }, seconds, undefined)
    } else if (what === 'conn') {
      const [port = '', remote = ''] = rest
      const data = {
        connection: `c${port}`,
        protocol: 'tcp',
        local: { address: probe ? sessionAddress : '0.0.0.0', port: Number(port) },
        remote: end(remote),
        direction: 'out',
        state: 'ESTAB',
        pid: Number(name),
        startTicks: Number(name),
      }
      push({ kind: 'connection.opened', session, host: 'h', data }, seconds, undefined)
    } else if (what === 'alert') {
      const [port = '', remote = '', , since = time] = rest
      const traffic = {
        protocol: 'tcp',
        source: { address: sessionAddress, port: Number(port) },
        destination: end(remote),
        flowStartedAtMs: episodeStartMs + Math.round(Number(since) * 1_000) + firewallAheadMs,
      }
      const data = { basis: 'signature', title: who, severity: 'high', action: 'allowed', traffic }
      titles.set(push({ kind: 'alert.raised', data }, seconds, 'suricata-eve/fw', firewallAheadMs), who)
    } else throw new Error(`no such line in an episode: ${line}`)
  }
  const { attribution, written } = attributeAll(events, 1)
  const ties: Record<string, string> = {}
  for (const [id, title] of titles) {
    const tie = attribution.tieOf(id)
    ties[title] = tie ? `${tie.call ?? `${tie.session} (no call)`} ${tie.level}` : 'not tied'
  }
  return { ties, written }
}
