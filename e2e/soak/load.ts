// The steady load of a soak: short sessions that begin, work and end; calls at the gate, of which people decide some; pages that are asked for.
// What it keeps is what a window's figures need and no more.
import { setTimeout as sleep } from 'node:timers/promises'
import { type BenchEvent, ndjson, oneCall, sessionStarted } from '../bench/agent-events.ts'
import { gateClient } from '../bench/gate-client.ts'
import { ingestClient } from '../bench/ingest-client.ts'
import { percentile } from '../bench/percentile.ts'
import { apiOf } from '../chaos/api.ts'
import { key } from '../product.ts'

const callsOfSession = 10
/** Calls of one session are so many events; its start and its end are two more. */
export const eventsOfSession = callsOfSession * 6 + 2
/** As many ended sessions the server remembers: from then on one more is one less. */
const remembered = 2_000
const gateSessions = 4
const deadlineMs = 20_000

export type Window = { ingestMs?: number; gateMs?: number; pageMs?: number; events: number; failed: number }

export type Load = {
  /** Medians since it was last asked. */
  window(): Window
  firstProblem(): string | undefined
  stop(): Promise<void>
}

function sessionEvents(n: number, atMs: number): BenchEvent[] {
  const session = `soak-${n}`
  const events = [sessionStarted(session, atMs)]
  for (let call = 0; call < callsOfSession; call += 1) events.push(...oneCall(session, n * callsOfSession + call, atMs))
  return [...events, { v: 1, kind: 'session.ended', atMs, session, data: { exitCode: 0 } }]
}

/** Until the server remembers as many ended sessions as it ever will: what it held before would look like a leak. */
export async function fillMemory(url: string): Promise<void> {
  const client = ingestClient(url, key, 4)
  let next = 0
  const send = async () => {
    for (let first = next; first < remembered; first = next) {
      next += 20
      const events = Array.from({ length: 20 }, (_, index) => sessionEvents(first + index, Date.now())).flat()
      await client.send(ndjson(events), events.length)
    }
  }
  try {
    await Promise.all(Array.from({ length: 4 }, send))
  } finally {
    client.close()
  }
}

export function startLoad(url: string, eventsPerSecond: number): Load {
  const client = ingestClient(url, key, 8)
  const gate = gateClient(url, key, 16)
  const api = apiOf(url)
  const taken = { ingestMs: [] as number[], gateMs: [] as number[], pageMs: [] as number[], events: 0, failed: 0 }
  let problem: string | undefined
  let stopping = false
  const underWay = new Set<Promise<void>>()

  function measured(into: number[], work: () => Promise<unknown>): void {
    const startMs = performance.now()
    const each = work()
      .then(() => void into.push(performance.now() - startMs))
      .catch((error: unknown) => {
        taken.failed += 1
        problem ??= error instanceof Error ? error.message : String(error)
      })
      .finally(() => underWay.delete(each))
    underWay.add(each)
  }

  /** On a schedule, whether or not the last was answered. */
  async function every(ms: number, work: (n: number) => void): Promise<void> {
    const startMs = performance.now()
    for (let n = 0; !stopping; n += 1) {
      await sleep(Math.max(0, startMs + n * ms - performance.now()))
      if (!stopping) work(n)
    }
  }

  const sessionEveryMs = (1_000 * eventsOfSession) / eventsPerSecond
  const running = Promise.all([
    every(sessionEveryMs / 2, (half) => {
      // In two pieces, so that a session runs for a while.
      const events = sessionEvents(remembered + Math.floor(half / 2), Date.now())
      const piece = half % 2 === 0 ? events.slice(0, eventsOfSession / 2) : events.slice(eventsOfSession / 2)
      measured(taken.ingestMs, async () => {
        await client.send(ndjson(piece), piece.length)
        taken.events += piece.length
      })
    }),
    every(200, (n) =>
      measured(taken.gateMs, () =>
        gate.ask({
          session: gateSession(n),
          callId: `make-${n}`,
          tool: 'Make',
          input: { target: `t${n}` },
          deadlineMs,
        }),
      ),
    ),
    // How long a person takes is no figure of ours.
    every(1_000, (n) =>
      measured([], () =>
        gate.ask({
          session: gateSession(n),
          callId: `deploy-${n}`,
          tool: 'Deploy',
          input: { target: `t${n}` },
          deadlineMs,
        }),
      ),
    ),
    every(1_000, () => measured(taken.pageMs, () => api.read('/api/sessions?limit=50'))),
  ])
  return {
    window() {
      const median = (list: number[]) => (list.length === 0 ? undefined : percentile(list.splice(0), 50))
      const [ingestMs, gateMs, pageMs] = [median(taken.ingestMs), median(taken.gateMs), median(taken.pageMs)]
      const { events, failed } = taken
      taken.events = 0
      return {
        ...(ingestMs !== undefined && { ingestMs }),
        ...(gateMs !== undefined && { gateMs }),
        ...(pageMs !== undefined && { pageMs }),
        ...{ events, failed },
      }
    },
    firstProblem: () => problem,
    async stop() {
      stopping = true
      await running
      await Promise.race([Promise.all(underWay), sleep(deadlineMs, undefined, { ref: false })])
      client.close()
      gate.close()
    },
  }
}

const gateSession = (n: number) => `soak-gate-${n % gateSessions}`

/** The gate denies sessions that are not known. */
export async function makeGateSessions(url: string): Promise<void> {
  const client = ingestClient(url, key, 1)
  const events = Array.from({ length: gateSessions }, (_, n) => sessionStarted(gateSession(n), Date.now()))
  await client.send(ndjson(events), events.length).finally(() => client.close())
}
