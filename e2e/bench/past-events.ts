// Events of a fleet over days, in the log's own shape and order: hosts, sessions that begin, work and end, flags with their incidents,
// approvals, pauses. The same number of events is always the same log but for its ids. Nothing here reads a clock.
import { randomUUID } from 'node:crypto'
import type { EventKind, StoredEvent } from '../../server/protocol/event.ts'
import type { Trust } from '../../server/protocol/trust.ts'
import { type BenchEvent, oneCall } from './agent-events.ts'

/** Sessions at work at once; the first of them never ends, and does a fiftieth of everything. */
export const slots = 400
export const longSession = 'bench-long'
export const longShare = 50
const callsOfSession = 400
const hosts = 8
const gpusOfHost = 8
/** What the long one said once, in the first tenth of the log: the farthest that a search may have to look. */
export const rareText = 'the-needle-of-the-long-one'
/** Of the log, how far it is when the incident of the long one opens: the rest of it is its timeline. */
const incidentFrom = 0.8
export const openIncident = 'INC-1'

export type PastSpan = { events: number; fromMs: number; toMs: number }

type Slot = { session: string; host: string; gpu: string | undefined; calls: number; open: readonly BenchEvent[] }
type Said = {
  kind: EventKind
  /** Where another event names it. */
  id?: string
  session?: string
  host?: string
  trust: Trust
  data: Record<string, unknown>
}

export function* pastEvents({ events, fromMs, toMs }: PastSpan): Generator<StoredEvent> {
  let seq = 0
  let incidents = 1
  let unresolved: { incident: string; turn: number }[] = []
  const stepMs = (toMs - fromMs) / events
  const stored = ({ kind, id = randomUUID(), session, host, trust, data }: Said): StoredEvent => {
    seq += 1
    const atMs = Math.floor(fromMs + (seq - 1) * stepMs)
    const of = { ...(session !== undefined && { session }), ...(host !== undefined && { host }) }
    const said = kind === 'incident.joined' ? { ...data, flagAtMs: atMs, detectedAtMs: atMs } : data
    return {
      v: 1,
      kind,
      atMs,
      ...of,
      data: said,
      id,
      partition: 0,
      seq,
      seenAtMs: atMs,
      trust,
    } as unknown as StoredEvent
  }
  const vigil = (kind: EventKind, data: object, session?: string): Said => ({
    kind,
    trust: 'vigil',
    data: data as Record<string, unknown>,
    ...(session !== undefined && { session }),
  })

  function* all(): Generator<Said> {
    for (let n = 0; n < hosts; n += 1) yield* hostComes(n)
    const fleet: Slot[] = []
    for (let n = 0; n < slots; n += 1) {
      const slot = slotOf(n, n === 0 ? longSession : `bench-${n}-0`, n % callsOfSession)
      fleet.push(slot)
      yield* sessionStarts(slot)
    }
    let isOpen = false
    for (let turn = 0; ; turn += 1) {
      const place = turn % longShare === 0 ? 0 : 1 + ((turn * 7) % (slots - 1))
      const slot = fleet[place]
      if (!slot) return
      yield* call(slot, turn, place === 0 && Math.floor(turn / longShare) === Math.floor(events / 6 / longShare / 12))
      if (place !== 0 && slot.calls >= callsOfSession) {
        yield* sessionEnds(slot)
        const next = slotOf(place, `bench-${place}-${turn}`, 0)
        fleet[place] = next
        yield* sessionStarts(next)
      }
      if (turn % 500 === 7) yield* approval(slot, turn)
      if (turn % 2_000 === 3) yield* pause(slot, turn)
      if (!isOpen && seq > events * incidentFrom) {
        isOpen = true
        yield vigil('incident.opened', {
          incident: openIncident,
          because: 'an incident over a long time',
          isDrill: false,
        })
      }
      if (isOpen && turn % 6_000 === 0) yield* flag(longSession, turn, openIncident)
      else if (turn % 600 === 11) {
        const opens = turn % 7_200 === 11
        const incident = opens ? `INC-${incidents + 1}` : undefined
        if (incident !== undefined) {
          incidents += 1
          unresolved.push({ incident, turn })
          yield vigil('incident.opened', { incident, because: 'it pages by itself', isDrill: false })
        }
        yield* flag(slot.session, turn, incident)
      }
      const over = unresolved.filter((each) => turn - each.turn > 40_000)
      unresolved = unresolved.filter((each) => !over.includes(each))
      for (const { incident } of over)
        yield vigil('incident.changed', { incident, by: operator, change: { type: 'resolve', verdict: 'true' } })
    }
  }

  for (const said of all()) {
    yield stored(said)
    if (seq === events) return
  }
}

const operator = { type: 'operator', id: 'bench-operator', name: 'on-call' } as const

function slotOf(place: number, session: string, calls: number): Slot {
  const host = place % hosts
  const gpu = place % 6 === 0 ? gpuOf(host, place % gpusOfHost) : undefined
  return { session, host: hostOf(host), gpu, calls, open: [] }
}
const hostOf = (n: number) => `bench-host-${n}`
const gpuOf = (host: number, n: number) => `GPU-bench-${host}-${n}`

function* hostComes(n: number): Generator<Said> {
  const host = hostOf(n)
  const boot = { version: '0.1.0', bootId: `boot-${n}`, kernel: '6.8.0', abilities: [], observers: [] }
  yield { kind: 'probe.connected', host, trust: 'kernel', data: boot }
  const gpus = Array.from({ length: gpusOfHost }, (_, index) => ({
    uuid: gpuOf(n, index),
    index,
    name: 'NVIDIA H100 80GB HBM3',
    memoryTotalBytes: 85_899_345_920,
  }))
  yield { kind: 'gpu.inventory', host, trust: 'kernel', data: { gpus } }
}

function* sessionStarts(slot: Slot): Generator<Said> {
  const { session, host, gpu } = slot
  const data = {
    name: session,
    agent: 'coder',
    task: 'Make the failing tests of the checkout pass, and say why they failed.',
    argv: ['python', '-m', 'agent', '--task', session],
    held: 'cgroup',
    cgroup: `/sys/fs/cgroup/vigil/${session}`,
    abilities: [],
    labels: { run: 'grpo-17', group: session.slice(0, 8) },
  }
  yield { kind: 'session.started', session, host, trust: 'kernel', data }
  if (gpu)
    yield { kind: 'gpu.process.started', session, host, trust: 'kernel', data: { gpu, pid: 900, comm: 'python' } }
}

function* sessionEnds(slot: Slot): Generator<Said> {
  const { session, host, gpu } = slot
  yield* slot.open.map((event) => saidOf(event, slot))
  if (gpu) yield { kind: 'gpu.process.ended', session, host, trust: 'kernel', data: { gpu, pid: 900 } }
  yield { kind: 'session.ended', session, host, trust: 'kernel', data: { exitCode: 0 } }
}

/** The call before comes to its end, and the next begins: so there is always one that runs. */
function* call(slot: Slot, turn: number, hasNeedle: boolean): Generator<Said> {
  yield* slot.open.map((event) => saidOf(event, slot))
  const six = oneCall(slot.session, turn, 0)
  if (hasNeedle && six[0]) six[0].data = { ...six[0].data, summary: `echo ${rareText}` }
  slot.open = six.slice(3)
  slot.calls += 1
  yield* six.slice(0, 3).map((event) => saidOf(event, slot))
}

function saidOf({ kind, data }: BenchEvent, { session, host }: Slot): Said {
  return { kind: kind as EventKind, session, host, trust: kind.startsWith('action.') ? 'trainer' : 'kernel', data }
}

function* approval({ session, host }: Slot, turn: number): Generator<Said> {
  const id = `apr-bench-${turn}`
  const of = { session, host, trust: 'vigil' as const }
  const asked = {
    approval: id,
    call: `held-${turn}`,
    tool: 'Bash',
    input: JSON.stringify({ command: `npm publish --tag next # ${turn}` }),
    digest: turn.toString(16).padStart(64, '0'),
    severity: 'medium',
    people: 1,
    policy: 'publishing',
    heldFor: [],
    expiresAtMs: 4_000_000_000_000,
    askedBy: { type: 'key', id: 'bench', name: 'bench' },
  }
  yield { kind: 'approval.requested', ...of, data: asked }
  yield { kind: 'approval.decided', ...of, data: { approval: id, decision: 'approved', by: operator } }
}

function* pause({ session, host }: Slot, turn: number): Generator<Said> {
  const control = `ctl-bench-${turn}`
  const of = { session, host }
  const read = { observed: 'frozen 1', observedFrom: `/sys/fs/cgroup/vigil/${session}/cgroup.events` }
  yield { kind: 'control.requested', ...of, trust: 'operator', data: { control, action: 'pause', by: operator } }
  yield { kind: 'control.delivered', ...of, trust: 'vigil', data: { control } }
  yield { kind: 'session.observed', ...of, trust: 'kernel', data: { paused: true, ...read } }
  yield {
    kind: 'control.ended',
    ...of,
    trust: 'kernel',
    data: { control, outcome: 'enforced', enforcer: 'cgroup', ...read },
  }
  const back = `ctl-bench-${turn}-back`
  const resume = { control: back, action: 'resume', by: operator, undoes: control, lifts: [control] }
  const ran = { ...read, observed: 'frozen 0' }
  yield { kind: 'control.requested', ...of, trust: 'operator', data: resume }
  yield { kind: 'session.observed', ...of, trust: 'kernel', data: { paused: false, ...ran } }
  yield {
    kind: 'control.ended',
    ...of,
    trust: 'kernel',
    data: { control: back, outcome: 'enforced', enforcer: 'cgroup', ...ran },
  }
}

function* flag(session: string, turn: number, incident: string | undefined): Generator<Said> {
  const said = {
    rule: `bench-${turn % 9}`,
    title: `Something worth a look (${turn % 9})`,
    severity: incident === undefined ? 'low' : 'high',
    techniques: ['T1090'],
    tactics: ['command-and-control'],
    source: 'command',
  }
  const id = randomUUID()
  const raised = { ...said, matched: [], fingerprint: `f-${turn}`, context: [] }
  yield { kind: 'flag.raised', id, session, trust: 'vigil', data: raised }
  if (incident === undefined) return
  const joined = { incident, because: 'the same session', flag: id, session, ...said, destinations: [] }
  yield { kind: 'incident.joined', trust: 'vigil', data: joined }
}
