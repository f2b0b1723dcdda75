// Silence while the session lives: of the probe, of the host's view of one session, of the agent's own telemetry, and gaps in the log.
import type { DetectionEvent } from '../detection-event.ts'
import { flagOf, numberAt, type StatefulDetector, type Tell, textAt } from './detector.ts'
import { RecencyMap } from './recency-map.ts'
import { agentSilent, hostViewSilent, logGap, probeLost } from './telemetry-rules.ts'
import { Once } from './window.ts'

const graceMs = 60_000
const atWorkMs = 30_000
const hostsAtOnce = 3
const blindCalls = 6
const blindMs = 60_000
const hostFactsMin = 5
const silentMs = 600_000
const silentProcesses = 20
const callsMin = 3
const largeGap = 10_000
const openCallsMax = 256
const sessionsPerHost = 16
const lostHostsMax = 1_024
const againMs = 1_800_000

type Session = {
  host: string | undefined
  isLive: boolean
  calls: number
  open: Set<string>
  /** When its agent was last heard, by the agent's own clock. */
  agentMs: number
  hostFacts: number
  /** Shell calls since the host last saw anything of it. */
  blindCalls: number
  blindSinceMs: number
  /** New processes in the agent's silence. */
  orphans: number
  said: { blind: Once; silent: Once }
}

const shellTool = /bash|shell|exec|terminal|command|python|ipython|^run$|^sh$/i

export function createTelemetrySilence(): StatefulDetector {
  const sessions = new RecencyMap<Session>(4_096)
  /** Names of live sessions by host. */
  const onHost = new RecencyMap<Set<string>>(4_096)
  /** Lost probes that have not been told yet. */
  const lost = new Map<string, DetectionEvent>()
  /** How many hosts were lost in about the same minute: then it is the network or this server. */
  let recentlyLost = 0
  let recentlyLostMs = Number.NEGATIVE_INFINITY

  function sessionFor(name: string): Session {
    const known = sessions.get(name)
    if (known !== undefined) return known
    const made: Session = {
      host: undefined,
      isLive: false,
      calls: 0,
      open: new Set(),
      agentMs: Number.NEGATIVE_INFINITY,
      hostFacts: 0,
      blindCalls: 0,
      blindSinceMs: 0,
      orphans: 0,
      said: { blind: new Once(againMs), silent: new Once(againMs) },
    }
    sessions.set(name, made)
    return made
  }

  function takeTelemetry(event: DetectionEvent, tell: Tell): void {
    const { Stream, State } = event.fields
    switch (Stream) {
      case 'probe':
        return takeProbe(event, State)
      case 'session':
        return takeSession(event, State)
      case 'agent': {
        if (event.session === undefined) return
        const session = sessionFor(event.session)
        session.agentMs = Math.max(session.agentMs, event.atMs)
        session.orphans = 0
        if (State === 'call-ended' && event.call !== undefined) session.open.delete(event.call)
        return
      }
      case 'log': {
        const count = numberAt(event, 'Count') ?? 0
        if (State !== 'gap' || count === 0) return
        const isLarge = count >= largeGap
        tell(
          flagOf(logGap, event, {
            what: '',
            matched: [
              ['Count', count],
              ['Reason', event.fields.Reason ?? ''],
            ],
            ...(isLarge && { severity: 'medium', context: `raised: ${count} facts at once` }),
          }),
        )
        return
      }
      default:
    }
  }

  function takeProbe(event: DetectionEvent, state: unknown): void {
    if (event.host === undefined || event.trust === 'agent') return
    if (state === 'connected') {
      lost.delete(event.host)
      return
    }
    if (state !== 'lost') return
    if (event.atMs - recentlyLostMs > graceMs) recentlyLost = 0
    if (!lost.has(event.host)) recentlyLost += 1
    recentlyLostMs = event.atMs
    if (lost.size < lostHostsMax) lost.set(event.host, event)
  }

  function takeSession(event: DetectionEvent, state: unknown): void {
    if (event.session === undefined || event.trust === 'agent') return
    const session = sessionFor(event.session)
    session.isLive = state === 'started'
    session.host = event.host ?? session.host
    if (session.host === undefined) return
    const names = onHost.get(session.host) ?? new Set()
    if (session.isLive && names.size < 4_096) names.add(event.session)
    else names.delete(event.session)
    if (names.size === 0) onHost.delete(session.host)
    else onHost.set(session.host, names)
  }

  function takeAction(event: DetectionEvent, tell: Tell): void {
    if (event.session === undefined) return
    const session = sessionFor(event.session)
    session.agentMs = Math.max(session.agentMs, event.atMs)
    session.orphans = 0
    session.calls += 1
    if (event.call !== undefined && session.open.size < openCallsMax) session.open.add(event.call)
    if (!shellTool.test((textAt(event, 'Tool') ?? '').slice(0, 64))) return
    if (session.blindCalls === 0) session.blindSinceMs = event.atMs
    session.blindCalls += 1
    if (session.hostFacts < hostFactsMin || session.blindCalls < blindCalls) return
    if (event.atMs - session.blindSinceMs < blindMs || !session.said.blind.now(event.atMs)) return
    tell(
      flagOf(hostViewSilent, event, {
        what: '',
        matched: [
          ['Tool', event.fields.Tool ?? ''],
          ['calls that the host did not see', session.blindCalls],
        ],
      }),
    )
  }

  function takeHostFact(event: DetectionEvent, tell: Tell): void {
    // Agents may say of themselves what they like: it proves nobody's eyes.
    if (event.session === undefined || event.trust === 'agent' || event.trust === 'trainer') return
    const session = sessionFor(event.session)
    session.hostFacts += 1
    session.blindCalls = 0
    if (event.source !== 'process' || session.calls < callsMin || session.open.size > 0) return
    if (event.atMs - session.agentMs < silentMs) return
    session.orphans += 1
    if (session.orphans < silentProcesses || !session.said.silent.now(event.atMs)) return
    tell(
      flagOf(agentSilent, event, {
        what: '',
        matched: [
          ['Image', event.fields.Image ?? ''],
          ['processes in the silence', session.orphans],
          ['minutes of silence', Math.round((event.atMs - session.agentMs) / 60_000)],
        ],
      }),
    )
  }

  function tellLost(nowMs: number, tell: Tell): void {
    for (const [host, event] of lost) {
      if (nowMs - event.atMs < graceMs) continue
      lost.delete(host)
      let told = 0
      for (const name of onHost.get(host) ?? []) {
        const session = sessions.get(name)
        if (!session?.isLive) continue
        const wasAtWork = session.open.size > 0 || Math.abs(event.atMs - session.agentMs) < atWorkMs
        const areMany = recentlyLost >= hostsAtOnce
        tell(
          flagOf(
            probeLost,
            { ...event, session: name },
            {
              what: '',
              matched: [['Reason', event.fields.Reason ?? '']],
              ...(wasAtWork &&
                !areMany && { severity: 'high', context: 'raised: the session was at work when its host fell silent' }),
            },
          ),
        )
        told += 1
        if (told >= sessionsPerHost) break
      }
    }
  }

  return {
    sources: ['telemetry', 'action', 'process', 'connection'],
    seesExpected: true,
    observe(event, tell) {
      if (lost.size > 0 && event.trust !== 'agent') tellLost(event.atMs, tell)
      switch (event.source) {
        case 'telemetry':
          return takeTelemetry(event, tell)
        case 'action':
          return takeAction(event, tell)
        default:
          return takeHostFact(event, tell)
      }
    },
    elapse(nowMs, tell) {
      if (lost.size > 0) tellLost(nowMs, tell)
    },
  }
}
