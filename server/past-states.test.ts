// Replay equals live: on a real PostgreSQL, through the real pipeline, the state of any past moment is deep-equal to what was live then,
// wherever the snapshots lie and in whatever order people look.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Sender } from './control/admit-event.ts'
import { drawEpisode } from './model/event-for-test.ts'
import { type ConsoleState, emptyState } from './model/state.ts'
import { openPast } from './open-past.ts'
import { createPastStates, type PastLog } from './past-states.ts'
import { createPipeline } from './pipeline.ts'
import type { EventInput, StoredEvent } from './protocol/event.ts'
import type { EventId } from './protocol/ids.ts'
import { describeFixtures } from './sources/fixtures-for-test.ts'
import { incidentNames, readIncident } from './staged-incident.test-fixture.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './store/embedded-postgres.ts'
import { openEventLog } from './store/event-log.ts'
import { applyMigrations } from './store/migrate.ts'
import { writeSnapshot } from './store/snapshots.ts'

let folder: string
let postgres: EmbeddedPostgres
let pool: pg.Pool
let partitions = 0

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-past-'))
  postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres') })
  const { connectionString } = postgres
  const migrationsDir = path.resolve(import.meta.dirname, '../prisma/migrations')
  await applyMigrations({ connectionString, migrationsDir })
  pool = new pg.Pool({ connectionString, max: 4 })
  pool.on('error', () => undefined)
})
afterAll(async () => {
  await pool.end()
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

type Held = { atMs: number; seq: number; state: ConsoleState }

/** Sends them through the pipeline in portions of the sizes given; answers what it held after each commit. Snapshots are written after some. */
async function live(
  events: readonly EventInput[],
  sender: Sender,
  portions: readonly number[],
  snapshots: Set<number>,
) {
  partitions += 1
  const partition = partitions
  const log = await openEventLog({ connectionString: postgres.connectionString, partition, log: () => undefined })
  let nowMs = 1_790_000_000_000
  const held: Held[] = [{ atMs: nowMs - 1, seq: 0, state: emptyState() }]
  const pipeline = createPipeline({
    log,
    state: emptyState(),
    streams: [],
    // Every commit has a moment of its own, as what follows from an end by itself has.
    nowMs: () => {
      nowMs += 1
      return nowMs
    },
    newEventId: () => randomUUID() as EventId,
    onError: (context, error) => {
      throw new Error(`${context}: ${error}`)
    },
  })
  pipeline.onCommit(() => {
    const seq = pipeline.state.headSeq.get(partition) ?? 0
    held.push({ atMs: pipeline.state.newestFactAtMs, seq, state: structuredClone(pipeline.state) })
  })
  for (let sent = 0, turn = 0; sent < events.length; turn += 1) {
    const size = portions[turn % portions.length] ?? 1
    await pipeline.submit({ sender, events: events.slice(sent, sent + size) })
    if (snapshots.has(turn % 7)) await writeSnapshot(pool, partition, pipeline.state)
    sent += size
    nowMs += 1 + (turn % 3) * 500
  }
  await pipeline.close()
  await log.close()
  return { held, past: openPast(pool, partition, log.headSeq) }
}

/** Looks at the moments in the order given, and once plays on from the first to each later one. */
async function looksLikeLive({ held, past }: Awaited<ReturnType<typeof live>>, looks: readonly number[]) {
  const chosen = looks.map((look) => held[look % held.length]).filter((each) => each !== undefined)
  for (const { atMs, seq, state } of chosen) {
    const looked = await past.open(atMs)
    expect(looked.seq).toBe(seq)
    expect(looked.state).toEqual(state)
    looked.close()
  }
  const inOrder = [...chosen].sort((a, b) => a.seq - b.seq)
  const [first, ...later] = inOrder
  if (!first) return
  // Two look at the same moment; only one of them plays on.
  const [player, still] = await Promise.all([past.open(first.atMs), past.open(first.atMs)])
  for (const { atMs, seq, state } of later) {
    while (player.seq < seq) await player.advance(atMs, 3)
    expect(player.seq).toBe(seq)
    expect(player.state).toEqual(state)
  }
  expect(still.state).toEqual(first.state)
  player.close()
  still.close()
}

const verb = fc.oneof(
  fc.constantFrom(
    'probe',
    'silent',
    'start sh',
    'stop 1',
    'frozen 1',
    'frozen 0',
    'flag high tunnel 60 ssh',
    'flag low x 3 y',
  ),
  fc
    .tuple(fc.constantFrom('exec', 'exit', 'escape'), fc.integer({ min: 2, max: 6 }))
    .map(([what, pid]) => `${what} ${pid} 1 x`),
  fc
    .tuple(fc.constantFrom('open', 'close'), fc.integer({ min: 0, max: 3 }))
    .map(([what, n]) => (what === 'open' ? `open k${n} 203.0.113.9:22 2` : `close k${n} 1 2`)),
  fc
    .tuple(fc.constantFrom('action', 'done'), fc.integer({ min: 0, max: 3 }))
    .map(([what, n]) => `${what} c${n} shell ls`),
  fc
    .tuple(
      fc.constantFrom(
        'ask ctl-N pause',
        'ask ctl-N revoke network',
        'delivered ctl-N',
        'end ctl-N enforced',
        'read network 1',
      ),
      fc.integer({ min: 0, max: 3 }),
    )
    .map(([what, n]) => what.replace('N', String(n))),
)
const cuts = {
  portions: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
  snapshots: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { maxLength: 3 }).map((places) => new Set(places)),
  looks: fc.array(fc.nat(), { minLength: 2, maxLength: 6 }),
}
const inputs = (drawing: string): EventInput[] =>
  drawEpisode(drawing).map(
    ({ v, kind, atMs, session, host, data }) => ({ v, kind, atMs, session, host, data }) as EventInput,
  )

describe('a state of the past', () => {
  it('is what the live server held then: generated sessions, snapshots and looks anywhere, playing on and looking still', async () => {
    const episode = fc.array(verb, { minLength: 5, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(
        episode,
        cuts.portions,
        cuts.snapshots,
        cuts.looks,
        async (verbs, portions, snapshots, looks) => {
          const drawing = verbs.map((each, i) => `00:${String(i % 60).padStart(2, '0')} ${each}`).join('\n')
          await looksLikeLive(await live(inputs(drawing), { type: 'vigil' }, portions, snapshots), looks)
        },
      ),
      { numRuns: 25 },
    )
  }, 120_000)

  it('before the first event is empty, and says so by its number', async () => {
    const { past, held } = await live(inputs('00:00 probe\n00:01 start sh'), { type: 'vigil' }, [1], new Set())
    const looked = await past.open((held[0]?.atMs ?? 0) - 86_400_000)
    expect([looked.seq, looked.state.sessions.size]).toEqual([0, 0])
    looked.close()
    expect(await past.firstSeenAt()).toBeGreaterThan(held[0]?.atMs ?? 0)
  })
})

describeFixtures('a state of the past, of recorded sessions', () => {
  it.each(incidentNames())(
    '%s: is what the live server held then',
    async (name) => {
      const { firewall, audit, traces } = readIncident(name)
      const events = [...firewall, ...audit, ...traces].sort((a, b) => a.atMs - b.atMs).slice(0, 6_000)
      const sender: Sender = { type: 'source', name: 'otlp-json/trainer', trust: 'trainer' }
      const told = events.map(
        ({ v, kind, atMs, session, host, data }) => ({ v, kind, atMs, session, host, data }) as EventInput,
      )
      const lived = await live(told, sender, [37, 1, 400, 90], new Set([3]))
      expect(lived.held.length).toBeGreaterThan(5)
      await looksLikeLive(lived, [3, 1, lived.held.length - 1, Math.floor(lived.held.length / 2), 2])
    },
    120_000,
  )
})

describe('people who look back at once', () => {
  const eventsOf = (from: number, to: number) =>
    drawEpisode(Array.from({ length: to }, (_, i) => `00:00 action c${i} shell ls`).join('\n')).slice(from, to)
  function logOf(events: number) {
    const calls = { reads: 0 }
    const log: PastLog = {
      seqAt: async (atMs) => Math.min(events, atMs),
      snapshotBefore: async () => undefined,
      readSnapshot: async () => undefined,
      writeSnapshot: async () => undefined,
      async readLog(afterSeq, limit, throughSeq = events) {
        calls.reads += 1
        return eventsOf(afterSeq, Math.min(afterSeq + limit, throughSeq))
      },
    }
    return { calls, states: createPastStates(log) }
  }

  it('share one state of one moment, and it is built once', async () => {
    const { calls, states } = logOf(50)
    const looked = await Promise.all([states.open(40), states.open(40), states.open(40)])
    expect(new Set(looked.map((each) => each.state)).size).toBe(1)
    expect([calls.reads, states.size()]).toEqual([1, 1])
  })

  it('are refused once too many different moments are in use, and let in again when one is given back', async () => {
    const { states } = logOf(50)
    const looked = []
    for (let at = 1; at <= 12; at += 1) looked.push(await states.open(at))
    await expect(states.open(13)).rejects.toThrow(/too many look back/)
    looked[0]?.close()
    const late = await states.open(13)
    expect([late.seq, states.size()]).toEqual([13, 12])
  })

  it('do not have a moment built that nobody wants any more', async () => {
    const { states, calls } = logOf(50)
    let isWanted = true
    const busy = states.open(20)
    const scrubbed = states.open(30, () => isWanted)
    isWanted = false
    await expect(scrubbed).rejects.toThrow(/another moment/)
    expect([(await busy).seq, calls.reads]).toEqual([20, 1])
  })
})

describe('playing on', () => {
  /** A log in memory that can be made to wait. */
  function logOf(count: number) {
    const startMs = 1_790_000_000_000
    const events = Array.from({ length: count }, (_, n) => ({
      ...{ v: 1, partition: 0, seq: n + 1, id: `${n}`, seenAtMs: startMs + n, atMs: startMs + n, trust: 'vigil' },
      ...{ kind: 'gap.recorded', data: { stream: 'samples', count: 1, reason: 'full' } },
    })) as unknown as StoredEvent[]
    let held: Promise<void> = Promise.resolve()
    const log: PastLog = {
      seqAt: async (atMs) => Math.min(count, Math.max(0, atMs - startMs + 1)),
      snapshotBefore: async () => undefined,
      readSnapshot: async () => undefined,
      writeSnapshot: async () => undefined,
      async readLog(afterSeq, limit, throughSeq = count) {
        await held
        return events.slice(afterSeq, Math.min(afterSeq + limit, throughSeq))
      },
    }
    const hold = (until: Promise<void>) => {
      held = until
    }
    return { log, startMs, hold }
  }

  it('applies all that was seen by then, over several reads of a dense log, or says that there is more by giving as many as asked', async () => {
    const { log, startMs } = logOf(5_000)
    const past = await createPastStates(log).open(startMs + 9)
    expect((await past.advance(startMs + 3_499, 4_000)).events).toHaveLength(3_490)
    expect(past.seq).toBe(3_500)
    expect((await past.advance(startMs + 4_999, 1_200)).events).toHaveLength(1_200)
    past.close()
  })

  it('changes nothing once it was given back: somebody else may look at that state', async () => {
    const { log, startMs, hold } = logOf(5_000)
    const states = createPastStates(log)
    const past = await states.open(startMs + 9)
    await past.advance(startMs + 10, 10)
    let letGo = () => {}
    hold(
      new Promise((resolve) => {
        letGo = resolve
      }),
    )
    const going = past.advance(startMs + 4_000, 5_000)
    await Promise.resolve()
    past.close()
    letGo()
    await going
    const again = await states.open(startMs + 10)
    expect([...again.state.headSeq.values()]).toEqual([11])
    again.close()
  })

  it('is refused where too many play: each has a state of its own', async () => {
    const { log, startMs } = logOf(100)
    const states = createPastStates(log)
    const all = []
    for (let n = 0; n < 20; n += 1) all.push(await states.open(startMs + 50))
    const played = await Promise.allSettled(all.map((each) => each.advance(startMs + 60, 10)))
    expect(played.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(12)
    expect(played.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { name: 'PastBusyError' } })
    for (const each of all) each.close()
  })
})
