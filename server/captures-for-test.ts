// Recordings through the whole of detection, as a live server takes them: each file's own reader, the log's order, attribution, rules, detectors
// and context. Only the clock differs: it is the recordings' own.
import { basename } from 'node:path'
import { createAttribution } from './attribution/attribution.ts'
import type { Owner } from './detection/events/detection-events.ts'
import { gpuUseOf } from './detection/events/gpu-use.ts'
import { loadRulePackForTest } from './detection/rules/load-rule-pack-for-test.ts'
import { openShellReaderForTest } from './detection/shell/open-shell-reader-for-test.ts'
import { openWatch, type Raised } from './detection/watch.ts'
import { applyEvent, nothingTouched } from './model/reduce.ts'
import { emptyState } from './model/state.ts'
import type { StoredEvent } from './protocol/event.ts'
import type { EventId, HostId } from './protocol/ids.ts'
import type { GpuSample } from './protocol/sample.ts'
import { signalGroups } from './protocol/signal-view.ts'
import { allSources } from './sources/all-sources.ts'
import { fixtureBytes } from './sources/fixtures-for-test.ts'
import { readAll } from './sources/read-all-for-test.ts'

export type Recording = {
  path: string
  /** The machine on which it was taken, where the file does not say. */
  host?: string
  /** When it was taken, where the file does not say. */
  takenAtMs?: number
  /** A moment as a poller would have read it, had it lasted: so many readings, so far apart. */
  lasting?: { readings: number; everyMs: number }
}

/** What a live server waits for attribution, see `detection-keeper.ts`. */
const ownerWaitMs = 15_000
/** Facts of sensors name no session of their own. */
const ofSensors: ReadonlySet<string> = new Set(Object.values(signalGroups).flat())

/** An event that stands in no file: kind, host, session, data. */
export type Told = { kind: StoredEvent['kind']; host?: string; session?: string; data: object }

type Fact = { event: StoredEvent } | { sample: GpuSample }
const timeOf = (fact: Fact) => ('event' in fact ? fact.event.atMs : fact.sample.atMs)

/** All that the files hold, by time; a fact that two files tell alike is in the log once. `told`: what no file says, such as a plan, told before. */
function factsOf(recordings: readonly Recording[], told: readonly Told[]): Fact[] {
  const events = new Map<string, StoredEvent>()
  const samples: GpuSample[] = []
  for (const { path, host = 'capture-host', takenAtMs, lasting = { readings: 1, everyMs: 0 } } of recordings) {
    const bytes = fixtureBytes(path)
    const head = new TextDecoder().decode(bytes.subarray(0, 65_536))
    const source = allSources.find((each) => each.looksLike(head, basename(path)))
    if (source === undefined) throw new Error(`no reader for ${path}`)
    const { made, readings } = readAll(source, bytes, {
      fileName: basename(path),
      host: host as HostId,
      ...(takenAtMs !== undefined && { recordedAtMs: takenAtMs }),
    })
    const origin = { partition: 0, trust: source.trust, source: `${source.format}/${path}` }
    for (let turn = 0; turn < lasting.readings; turn += 1) {
      const laterMs = turn * lasting.everyMs
      samples.push(...readings.map((sample) => ({ ...sample, atMs: sample.atMs + laterMs })))
      for (const event of made) {
        const id = `${event.id ?? `${path}#${events.size}`}${turn === 0 ? '' : ` again ${turn}`}`
        const atMs = event.atMs + laterMs
        if (!events.has(id)) events.set(id, { ...event, ...origin, id, atMs, seenAtMs: atMs } as StoredEvent)
      }
    }
  }
  const firstMs = Math.min(...[...events.values(), ...samples].map(({ atMs }) => atMs))
  for (const [index, each] of told.entries()) {
    const place = { v: 1, id: `told ${index}`, atMs: firstMs - 1_000, seenAtMs: firstMs - 1_000, partition: 0 }
    events.set(`told ${index}`, { ...place, trust: 'kernel', source: 'probe', ...each } as unknown as StoredEvent)
  }
  const facts: Fact[] = [...[...events.values()].map((event) => ({ event })), ...samples.map((sample) => ({ sample }))]
  facts.sort((a, b) => timeOf(a) - timeOf(b))
  return facts.map((fact, index) => ('event' in fact ? { event: { ...fact.event, seq: index + 1 } } : fact))
}

const pack = loadRulePackForTest()
const readShell = await openShellReaderForTest()

/** Everything that these recordings, laid together, raise. */
export function raisedBy(recordings: readonly Recording[], told: readonly Told[] = []): Raised[] {
  const state = emptyState()
  const watch = openWatch({
    ruleSet: pack.ruleSet,
    readShell,
    about: (id) => {
      const session = state.sessions.get(id as never)
      return {
        run: session?.labels.run,
        taskSet: session?.labels.taskset ?? session?.labels.task,
        taskText: session === undefined || session.held === 'none' ? undefined : session.task,
      }
    },
  })
  const attribution = createAttribution()
  const waiting = new Map<EventId, StoredEvent>()
  const raised: Raised[] = []
  let concluded = 0

  function conclude(nowMs: number): void {
    const newId = () => `ffffffff-0000-4000-8000-${(++concluded).toString(16).padStart(12, '0')}` as EventId
    for (let rounds = 0; attribution.isPending() && rounds < 1_000; rounds += 1)
      for (const made of attribution.settle(nowMs, newId)) {
        const tie = { ...made, partition: 1, seq: concluded, seenAtMs: nowMs, trust: 'vigil' } as StoredEvent
        attribution.take(tie)
        if (tie.kind !== 'attribution.made' || tie.data.level === undefined || tie.session === undefined) continue
        release(
          tie.data.subjects.map(({ event }) => event),
          { session: tie.session, call: tie.data.call },
        )
      }
  }

  function release(ids: Iterable<EventId>, owner?: Owner): void {
    for (const id of ids) {
      const event = waiting.get(id)
      if (event === undefined) continue
      waiting.delete(id)
      raised.push(...watch.take(event, owner))
    }
  }

  let turnMs = Number.NEGATIVE_INFINITY
  for (const fact of factsOf(recordings, told)) {
    const nowMs = timeOf(fact)
    if (nowMs - turnMs >= ownerWaitMs) {
      turnMs = nowMs
      conclude(nowMs)
      release([...waiting].filter(([, { atMs }]) => nowMs - atMs >= ownerWaitMs).map(([id]) => id))
      raised.push(...watch.elapse(nowMs))
    }
    if ('sample' in fact) {
      raised.push(...watch.takeGpuSample(fact.sample, gpuUseOf(state, fact.sample), nowMs))
      continue
    }
    const { event } = fact
    applyEvent(state, event, nothingTouched())
    attribution.take(event)
    if (event.session === undefined && ofSensors.has(event.kind)) waiting.set(event.id, event)
    else raised.push(...watch.take(event))
  }
  conclude(turnMs)
  release([...waiting.keys()])
  return raised
}
