// Trajectories of OpenHands: a list of actions and observations, bare, inside `history`, `events` or `trajectory`, or one on a line; and the
// `output.jsonl` of its evaluations, one run on a line. Times carry no zone: they are the clock of the machine that ran it.
import { createHash } from 'node:crypto'
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { badTimeReason, callOf, endedData, long, modelData, startedData } from './event-draft.ts'
import { defined, fieldOf, isObject, isoToMs, objectIn, sessionOf, shortText } from './normal-values.ts'
import { endingOf, modelResponseOf, readOpenHandsEvent } from './openhands-event.ts'
import type { OpenHandsReading } from './openhands-reading.ts'
import { compactJson, jsonOfPython } from './python-json.ts'
import type { RecordContext, RecordSink, RecordSource } from './record-source.ts'

export const openHands: RecordSource = {
  format: 'openhands',
  title: 'OpenHands trajectory',
  trust: 'agent',
  framing: 'document',
  looksLike(head) {
    if (!/^\s*[[{]/.test(head)) return false
    if (head.includes('"instance_id"') && head.includes('"agent_class"')) return true
    if (/"kind"\s*:\s*"(ActionEvent|ObservationEvent|MessageEvent|SystemPromptEvent)"/.test(head)) return true
    const isEvent = /"(action|observation)"\s*:\s*"[a-z_]{1,40}"/.test(head) && /"(args|extras|cause)"\s*:/.test(head)
    return isEvent && /"source"\s*:\s*"(agent|user|environment)"/.test(head)
  },
  open: (context) => ({
    read(document, sink) {
      const text = new TextDecoder().decode(document)
      const whole = jsonOfPython(text)
      if (whole === undefined) readLines(text, context, sink)
      else if (!readRun(whole, context, sink)) sink.refused('document holds no events of OpenHands')
    },
    end() {},
  }),
}

/** Lines that hold a whole run each, or one event each of the same run. */
function readLines(text: string, context: RecordContext, sink: RecordSink): void {
  const events: unknown[] = []
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const value = jsonOfPython(line)
    if (value === undefined) sink.refused('line is no JSON', line.slice(0, 2_000))
    else if (eventsIn(value) === undefined) events.push(value)
    else readRun(value, context, sink)
  }
  if (events.length > 0) readRun(events, context, sink)
}

function eventsIn(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value
  for (const key of ['history', 'events', 'trajectory']) {
    const list = fieldOf(value, key)
    if (Array.isArray(list)) return list
  }
  return undefined
}

function readRun(value: unknown, context: RecordContext, sink: RecordSink): boolean {
  const isEvent = ['action', 'observation', 'kind'].some((key) => typeof fieldOf(value, key) === 'string')
  const given = isEvent ? [value] : eventsIn(value)
  if (given === undefined) return false
  // Runs of 2024 hold pairs of an action and its observation.
  const events = given.flatMap((item) => (Array.isArray(item) ? item.slice(0, 2) : [item]))
  const about = isObject(value) && !isEvent ? value : {}
  const named = shortText(fieldOf(about, 'instance_id')) ?? shortText(fieldOf(about, 'conversation_id'))
  const task = named ?? context.fileName?.replace(/\.jsonl?$/, '')
  // The first event has a time and a text: it tells runs apart, and stays the same while the run goes on.
  const first = `${named ?? ''} ${compactJson(events[0]) ?? ''}`
  const run = digest(first)
  const session =
    context.boundSession ?? context.session ?? sessionOf(`openhands/${task}/${run}`) ?? sessionOf(`openhands/${run}`)
  if (session !== undefined) new Run(run, session, about, task, context, sink).read(events)
  return true
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

type OpenAction = { call: string; tool: string; atMs: number }

class Run {
  /** Actions by the id of their event. As many as the document holds. */
  readonly #actions = new Map<string, OpenAction>()
  readonly #responses = new Set<string>()
  readonly #run: string
  readonly #session: SessionId
  readonly #about: object
  readonly #task: string | undefined
  readonly #context: RecordContext
  readonly #sink: RecordSink
  /** The newest action that has no observation yet, for observations that name no cause. */
  #last: OpenAction | undefined
  #madeUp = false

  constructor(
    run: string,
    session: SessionId,
    about: object,
    task: string | undefined,
    context: RecordContext,
    sink: RecordSink,
  ) {
    this.#run = run
    this.#session = session
    this.#about = about
    this.#task = task
    this.#context = context
    this.#sink = sink
  }

  read(events: readonly unknown[]): void {
    const zone = this.#context.zoneOffsetMinutes
    const known = events.map((event) => isoToMs(fieldOf(event, 'timestamp'), zone)).filter((ms) => ms !== undefined)
    this.#madeUp = known.length === 0
    let atMs = known[0] ?? this.#context.recordedAtMs ?? this.#context.nowMs
    const startMs = known.reduce((min, ms) => Math.min(min, ms), atMs)
    const endMs = known.reduce((max, ms) => Math.max(max, ms), atMs)
    // Times that were made up here belong to the identity.
    const made = this.#madeUp ? ` ${atMs}` : ''
    this.#sink.understood('trajectory', {
      events: [this.#start(startMs)],
      identity: `openhands ${this.#run} start${made}`,
    })
    let ending: string | undefined
    for (const [index, event] of events.entries()) {
      const stamp = fieldOf(event, 'timestamp')
      const given = isoToMs(stamp, zone)
      const name = shortText(fieldOf(event, 'id')) ?? `#${index}`
      // Ids are small numbers, and joined files repeat them: what the event says belongs to its identity.
      const identity = `openhands ${this.#run} ${name} ${digest(compactJson(event) ?? String(index))}${made}`
      ending = endingOf(event) ?? ending
      // Without a time of its own it happened no earlier than its neighbour before.
      atMs = given ?? atMs
      if (given === undefined && stamp !== undefined && stamp !== null) this.#sink.refused(badTimeReason, identity)
      else this.#tell(event, readOpenHandsEvent(event), name, identity, atMs)
    }
    const error = shortText(fieldOf(this.#about, 'error'))
    const reason = error === undefined ? ending : shortText(`error: ${error}`)
    if (reason === undefined && fieldOf(this.#about, 'instance_id') === undefined) return
    const end: EventInput = {
      v: 1,
      kind: 'session.ended',
      atMs: endMs,
      session: this.#session,
      data: defined({ reason }),
    }
    this.#sink.understood('outcome', { events: [end], identity: `openhands ${this.#run} outcome ${endMs}` })
  }

  #start(atMs: number): EventInput {
    const metadata = objectIn(this.#about, 'metadata')
    const agent = shortText(fieldOf(metadata, 'agent_class')) ?? 'OpenHands'
    const model = shortText(fieldOf(objectIn(metadata, 'llm_config'), 'model'))
    const labels = defined({ model, task: shortText(this.#task), times: this.#madeUp ? 'made up' : undefined })
    const told = defined({ name: shortText(this.#task), agent, task: shortText(this.#task), held: 'none' as const })
    return { v: 1, kind: 'session.started', atMs, session: this.#session, data: { ...told, abilities: [], labels } }
  }

  #tell(event: unknown, reading: OpenHandsReading, name: string, identity: string, atMs: number): void {
    const session = this.#session
    switch (reading.type) {
      case 'skipped':
        return this.#sink.skipped(
          reading.reason,
          shortText(fieldOf(event, 'action') ?? fieldOf(event, 'observation')) ?? '',
        )
      case 'refused':
        return this.#sink.refused(reading.reason, identity)
      case 'message': {
        const data = { role: reading.role, text: long(reading.text) }
        const events: EventInput[] = [
          ...this.#modelCall(event, atMs),
          { v: 1, kind: 'message.recorded', atMs, session, data },
        ]
        return this.#sink.understood('message', { events, identity })
      }
      case 'action': {
        const call = callOf(reading.call, `${this.#run} event ${name.slice(0, 64)}`)
        const events = this.#modelCall(event, atMs)
        if (reading.thought !== undefined) {
          const data = { role: 'assistant' as const, text: long(reading.thought) }
          events.push({ v: 1, kind: 'message.recorded', atMs, session, data })
        }
        events.push({ v: 1, kind: 'action.started', atMs, session, data: startedData(reading, call, {}) })
        this.#last = { call, tool: reading.tool, atMs }
        this.#actions.set(name, this.#last)
        return this.#sink.understood('action', { events, identity })
      }
      case 'observation':
        return this.#tellObservation(event, reading, identity, atMs)
    }
  }

  #tellObservation(
    event: unknown,
    reading: Extract<OpenHandsReading, { type: 'observation' }>,
    identity: string,
    atMs: number,
  ): void {
    const session = this.#session
    const cause = shortText(fieldOf(event, 'cause') ?? fieldOf(event, 'action_id'))
    const action = cause === undefined ? this.#last : this.#actions.get(cause)
    if (action === this.#last) this.#last = undefined
    if (action === undefined && reading.tool === 'error' && reading.output !== undefined) {
      const data = { role: 'other' as const, text: long(reading.output) }
      return this.#sink.understood('error', {
        events: [{ v: 1, kind: 'message.recorded', atMs, session, data }],
        identity,
      })
    }
    if (action === undefined && cause === undefined) {
      return this.#sink.skipped('observation that no action caused', reading.tool)
    }
    const call = action?.call ?? `${this.#run} event ${cause?.slice(0, 64)}`
    const { output, outcome, exitCode } = reading
    const durationMs = action !== undefined && !this.#madeUp && atMs >= action.atMs ? atMs - action.atMs : undefined
    const data = endedData({ tool: action?.tool ?? reading.tool, output, outcome }, call, undefined, durationMs)
    if (exitCode !== undefined) data.exitCode = exitCode
    this.#sink.understood('observation', { events: [{ v: 1, kind: 'action.ended', atMs, session, data }], identity })
  }

  #modelCall(event: unknown, atMs: number): EventInput[] {
    const response = modelResponseOf(event)
    if (response === undefined || (response.id !== undefined && this.#responses.has(response.id))) return []
    if (response.id !== undefined) this.#responses.add(response.id)
    return [{ v: 1, kind: 'model.called', atMs, session: this.#session, data: modelData(response) }]
  }
}
