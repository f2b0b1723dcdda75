// Durable events a second through the API, and as a share of a bare batched insert that alternates with it in the same PostgreSQL.
import { readFileSync } from 'node:fs'
import { agentEvents, type BenchEvent, ndjson } from './agent-events.ts'
import { type BareInsert, bareInsert } from './bare-insert.ts'
import type { Figure } from './figure.ts'
import { ingestClient } from './ingest-client.ts'
import { median } from './percentile.ts'

export const eventsPerRequest = 500
const connections = 6
const sessions = 200
const rounds = 4
/** Rough size of a second's work, so that `seconds` means seconds on a small machine. */
const eventsPerSecondGuess = 15_000

export type IngestTarget = { url: string; key: string; databaseUrl: string; serverPid: number }

export async function ingestFigure(
  target: IngestTarget,
  seconds: number,
  say: (line: string) => void,
): Promise<Figure[]> {
  const count = Math.max(4, Math.round((seconds * eventsPerSecondGuess) / eventsPerRequest)) * eventsPerRequest
  const bare = await bareInsert(target.databaseUrl)
  try {
    await alternate(target, bare, { rounds: 1, count: 10_000, withIds: false })
    await alternate(target, bare, { rounds: 1, count: 10_000, withIds: true })
    say(`ingest: ${rounds} rounds of ${count} events, alternating with the bare insert`)
    const plain = await alternate(target, bare, { rounds, count, withIds: false })
    say('ingest: the same with event ids, which the log keeps once')
    const withIds = await alternate(target, bare, { rounds: 2, count, withIds: true })
    const how = `${connections} connections, ${eventsPerRequest} events a request, ${plain.bytesPerEvent} bytes an event`
    return [
      rate('ingest_durable_events_per_s', median(plain.product), how),
      rate(
        'ingest_bare_insert_events_per_s',
        median(plain.baseline),
        'same rows, batches of 2,000, one connection, arrays as the pg package writes them',
      ),
      {
        group: 'ingest',
        name: 'ingest_to_bare_ratio',
        value: median(plain.product) / median(plain.baseline),
        unit: 'ratio',
        aim: { atLeast: 0.5 },
        note: `medians of ${rounds} rounds`,
      },
      {
        group: 'ingest',
        name: 'ingest_server_cpu_per_event_us',
        value: median(plain.cpuMicros),
        unit: 'µs',
        note: 'server process alone, all its threads: what another load on the machine changes least',
      },
      rate('ingest_with_ids_events_per_s', median(withIds.product), 'every event carries an id and is kept once'),
      {
        group: 'ingest',
        name: 'ingest_with_ids_to_bare_ratio',
        value: median(withIds.product) / median(withIds.baseline),
        unit: 'ratio',
        note: 'the bare insert keeps no second index of ids',
      },
    ]
  } finally {
    await bare.close()
  }
}

function rate(name: string, value: number, note: string): Figure {
  return { group: 'ingest', name, value, unit: 'events/s', note }
}

type Rounds = { rounds: number; count: number; withIds: boolean }
type Measured = { product: number[]; baseline: number[]; cpuMicros: number[]; bytesPerEvent: number }

async function alternate(
  target: IngestTarget,
  bare: BareInsert,
  { rounds, count, withIds }: Rounds,
): Promise<Measured> {
  const measured: Measured = { product: [], baseline: [], cpuMicros: [], bytesPerEvent: 0 }
  for (let round = 0; round < rounds; round += 1) {
    const events = agentEvents({ count, sessions, atMs: Date.now(), withIds })
    const cpuBefore = cpuSecondsOf(target.serverPid)
    const sent = await ingest(target, events)
    measured.cpuMicros.push(((cpuSecondsOf(target.serverPid) - cpuBefore) * 1e6) / count)
    measured.bytesPerEvent = Math.round(sent.bytes / count)
    measured.product.push(count / sent.seconds)
    measured.baseline.push(count / (await bare.insert(events)).seconds)
  }
  return measured
}

/** Sends them over several connections at once; the clock stops when the last answer says "durable". */
export async function ingest(
  target: { url: string; key: string },
  events: readonly BenchEvent[],
): Promise<{ seconds: number; bytes: number }> {
  const bodies: { body: Buffer; events: number }[] = []
  for (let start = 0; start < events.length; start += eventsPerRequest) {
    const slice = events.slice(start, start + eventsPerRequest)
    bodies.push({ body: ndjson(slice), events: slice.length })
  }
  const bytes = bodies.reduce((sum, { body }) => sum + body.length, 0)
  const client = ingestClient(target.url, target.key, connections)
  const worker = async () => {
    for (let next = bodies.shift(); next; next = bodies.shift()) await client.send(next.body, next.events)
  }
  try {
    const startMs = performance.now()
    await Promise.all(Array.from({ length: connections }, worker))
    return { seconds: (performance.now() - startMs) / 1_000, bytes }
  } finally {
    client.close()
  }
}

/** User and system time of a process so far: fields 14 and 15 of /proc/PID/stat, in ticks of 10 ms. */
function cpuSecondsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
