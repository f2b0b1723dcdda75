// What a drill tells the server and asks of it: the calls of its agent as a harness would tell them, the words of other sensors in their own
// formats, and what the console knows by now.
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { ApprovalView } from '../../server/protocol/approval.ts'
import { SessionDetail } from '../../server/protocol/browser-messages.ts'
import type { DrillId, DrillName, DrillReport } from '../../server/protocol/drill.ts'
import type { EventInput } from '../../server/protocol/event.ts'
import { FlagView } from '../../server/protocol/flag-view.ts'
import type { EventId, SessionId } from '../../server/protocol/ids.ts'
import { SignalView } from '../../server/protocol/signal-view.ts'
import { callApi, type Reach } from '../call-api.ts'
import { postPatiently } from '../gate-client.ts'

const answerWithinMs = 15_000
const Accepted = z.object({ accepted: z.number(), rejected: z.number() })
const Flags = z.object({ flags: z.array(FlagView) })
const Signals = z.object({ signals: z.array(SignalView) })
const Events = z.object({
  events: z.array(z.object({ kind: z.string(), seenAtMs: z.number(), data: z.record(z.string(), z.unknown()) })),
})
const GateAnswered = z.object({ decision: z.enum(['allow', 'deny', 'edit']), reason: z.string() })
const Approvals = z.object({ approvals: z.array(ApprovalView) })
/** Of an incident only what a drill is measured by; a server that knows no incidents answers 404. */
const Incidents = z.object({
  incidents: z.array(
    z.looseObject({
      sessions: z.array(z.string()).optional(),
      session: z.string().optional(),
      acknowledgedAtMs: z.number().optional(),
      times: z.looseObject({ acknowledgedAtMs: z.number().optional() }).optional(),
    }),
  ),
})

export type DrillApi = ReturnType<typeof createDrillApi>

export function createDrillApi(reach: Reach, session: SessionId) {
  const path = `/api/sessions/${encodeURIComponent(session)}`

  async function post(pathname: string, body: string, type: string): Promise<void> {
    const response = await fetch(`${reach.url}${pathname}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${reach.key}`, 'content-type': type },
      body,
      signal: AbortSignal.timeout(answerWithinMs),
      redirect: 'error',
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${pathname}: the server answered ${response.status}: ${text.slice(0, 200)}`)
    const answer = Accepted.safeParse(JSON.parse(text))
    if (!answer.success || answer.data.rejected > 0) throw new Error(`${pathname}: not taken: ${text.slice(0, 300)}`)
  }

  async function tell(...events: Omit<EventInput, 'v' | 'id' | 'session'>[]): Promise<void> {
    const lines = events.map((event) => JSON.stringify({ v: 1, id: randomUUID() as EventId, session, ...event }))
    await post('/api/ingest/events', `${lines.join('\n')}\n`, 'application/x-ndjson')
  }

  return {
    tell,
    /** `source`: the sensor's name. */
    async sensor(format: string, source: string, text: string): Promise<void> {
      await post(`/api/ingest/${format}?source=${encodeURIComponent(source)}`, text, 'text/plain')
    },
    /** Undefined while the server does not know it. */
    async detail(): Promise<SessionDetail | undefined> {
      return await callApi(reach, 'GET', path, SessionDetail).catch((error) => {
        if (String(error).includes('answered 404')) return undefined
        throw error
      })
    },
    async flags(): Promise<FlagView[]> {
      const { flags } = await callApi(
        reach,
        'GET',
        `/api/flags?session=${encodeURIComponent(session)}&limit=1000`,
        Flags,
      )
      return flags.sort((a, b) => a.seq - b.seq)
    },
    /** When the server saw each call begin. */
    async callsSeen(): Promise<Map<string, number>> {
      const { events } = await callApi(reach, 'GET', `${path}/events?kinds=action.started&after=0&limit=1000`, Events)
      return new Map(events.map(({ data, seenAtMs }) => [String(data.call), seenAtMs]))
    },
    /** Alerts whose text has `text`, newest first. */
    async alerts(text: string): Promise<SignalView[]> {
      const query = new URLSearchParams({ groups: 'alerts', q: text, limit: '100' })
      return (await callApi(reach, 'GET', `/api/signals?${query}`, Signals)).signals
    },
    /** Undefined: nobody did, or this server keeps no incidents. */
    async acknowledgedAtMs(): Promise<number | undefined> {
      const answer = await callApi(reach, 'GET', '/api/incidents', Incidents).catch(() => undefined)
      const times = (answer?.incidents ?? [])
        .filter((incident) => incident.session === session || incident.sessions?.includes(session))
        .map((incident) => incident.acknowledgedAtMs ?? incident.times?.acknowledgedAtMs)
        .filter((atMs) => atMs !== undefined)
      return times.length === 0 ? undefined : Math.min(...times)
    },
    async begun(id: DrillId, drill: DrillName): Promise<void> {
      await callApi(reach, 'POST', `/api/drills/${id}/begun`, z.unknown(), { drill, session })
    },
    async finished(report: DrillReport): Promise<void> {
      await callApi(reach, 'POST', `/api/drills/${report.id}/report`, z.unknown(), report)
    },
    /** By a way that waits as long as a person may take; throws where the gate decided nothing. */
    async gate(ask: {
      callId: string
      tool: string
      input: unknown
      deadlineMs: number
    }): Promise<{ decision: string; reason: string }> {
      const body = JSON.stringify({ session, door: { name: 'vigil drill', version: '1' }, ...ask })
      const signal = AbortSignal.timeout(ask.deadlineMs + answerWithinMs)
      const { status, text } = await postPatiently(`${reach.url}/api/gate`, reach.key, body, signal)
      if (status !== 200) throw new Error(`the gate answered ${status}: ${text.slice(0, 200)}`)
      return GateAnswered.parse(JSON.parse(text))
    },
    /** Of each call that a person decided, what: never what ran out, was withdrawn, or what the policy said by itself. */
    async decidedByPeople(): Promise<Map<string, string>> {
      const query = new URLSearchParams({ session, limit: '100' })
      const { approvals } = await callApi(reach, 'GET', `/api/approvals?${query}`, Approvals)
      return new Map(
        approvals.flatMap(({ call, decided }) =>
          decided?.by.type === 'operator' && ['approved', 'edited', 'denied'].includes(decided.decision)
            ? [[call, `${decided.decision} by ${decided.by.name}`] as const]
            : [],
        ),
      )
    },
  }
}
