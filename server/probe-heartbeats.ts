// When each host's probe was connected, as a strip: kept in memory since the server started, before which nobody listened.
import { type HeardMinutes, heardOf, markHeard, newHeard } from './model/heard-minutes.ts'
import type { Pipeline } from './pipeline.ts'
import type { ProbeHeartbeat } from './protocol/source-view.ts'

const lookEveryMs = 20_000

export type ProbeHeartbeats = { list(): ProbeHeartbeat[]; close(): void }

export function keepProbeHeartbeats(pipeline: Pipeline, nowMs: () => number): ProbeHeartbeats {
  const startedAtMs = nowMs()
  const heard = new Map<string, HeardMinutes>()
  const goneBecause = new Map<string, string>()

  function look(): void {
    for (const { host, connected } of pipeline.state.hosts.values()) {
      const minutes = heard.get(host) ?? newHeard(startedAtMs)
      heard.set(host, minutes)
      if (connected) markHeard(minutes, nowMs())
    }
  }
  pipeline.onCommit(({ events }) => {
    for (const event of events) {
      if (event.host === undefined) continue
      if (event.kind === 'probe.disconnected') goneBecause.set(event.host, event.data.reason)
      else if (event.kind === 'probe.connected') goneBecause.delete(event.host)
    }
  })
  const timer = setInterval(look, lookEveryMs)

  return {
    list() {
      look()
      return [...pipeline.state.hosts.values()].map(({ host, connected, sinceMs }) => ({
        host,
        connected,
        sinceMs,
        ...(!connected && goneBecause.has(host) && { goneBecause: goneBecause.get(host) }),
        heard: heardOf(heard.get(host) ?? newHeard(startedAtMs), nowMs()),
      }))
    },
    close: () => clearInterval(timer),
  }
}
