// One `model.called` for one message of the model, though Claude Code writes a message as several lines. Older versions put the final count of
// tokens only on the last of them and mark none as last: there the call waits until a line shows that the message is over.
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { modelData } from './event-draft.ts'
import { eventIdOf } from './event-id.ts'
import { countOf, fieldOf, objectIn, shortText } from './normal-values.ts'

const toldKept = 4_096
const waitingMax = 64

type Call = {
  id: string
  model: string
  session: SessionId
  atMs: number
  inputTokens: number | undefined
  outputTokens: number | undefined
}

export class ModelCalls {
  readonly #told = new Set<string>()
  /** By agent: each agent of a session has one message at a time. */
  readonly #waiting = new Map<string, Call>()
  readonly #format: string
  readonly #boundTo: string

  constructor(format: string, boundTo: string) {
    this.#format = format
    this.#boundTo = boundTo
  }

  /** A line of a message of the model: the calls that are over by it. `isWhole`: its count of tokens is final. */
  line(message: unknown, agent: string, session: SessionId, atMs: number, isWhole: boolean): EventInput[] {
    const id = shortText(fieldOf(message, 'id'))
    const before = this.#waiting.get(agent)
    const over = before !== undefined && before.id !== id ? this.over(agent) : []
    const model = shortText(fieldOf(message, 'model'))
    // Claude Code's own words, for example an error of the API: no model was asked.
    if (id === undefined || model === undefined || model === '<synthetic>') return over
    const key = `${session} ${id}`
    if (this.#told.has(key)) return over
    const sameMessage = before?.id === id ? before : undefined
    const usage = objectIn(message, 'usage')
    const output = countOf(fieldOf(usage, 'output_tokens'))
    const call: Call = {
      id,
      model,
      session,
      atMs,
      inputTokens: countOf(fieldOf(usage, 'input_tokens')) ?? sameMessage?.inputTokens,
      outputTokens: larger(output, sameMessage?.outputTokens),
    }
    this.#waiting.delete(agent)
    if (isWhole) return [...over, this.#tell(call)]
    this.#waiting.set(agent, call)
    for (const oldest of this.#waiting.keys()) {
      if (this.#waiting.size <= waitingMax) break
      over.push(...this.over(oldest))
    }
    return over
  }

  /** The agent's message is over. */
  over(agent: string): EventInput[] {
    const call = this.#waiting.get(agent)
    if (call === undefined) return []
    this.#waiting.delete(agent)
    return [this.#tell(call)]
  }

  allOver(): EventInput[] {
    return [...this.#waiting.keys()].flatMap((agent) => this.over(agent))
  }

  /** For a stream, whose lines never hold the final count of output: told at the message's first line, without it. */
  first(message: unknown, session: SessionId, atMs: number): EventInput[] {
    const isWhole = typeof fieldOf(message, 'stop_reason') === 'string'
    const events = this.line(message, '', session, atMs, true)
    if (isWhole) return events
    return events.map((event) => {
      if (event.kind !== 'model.called') return event
      const { outputTokens: _partial, ...data } = event.data
      return { ...event, data }
    })
  }

  #tell(call: Call): EventInput {
    const { id, session, atMs, ...told } = call
    if (this.#told.size >= toldKept) this.#told.clear()
    this.#told.add(`${session} ${id}`)
    return {
      v: 1,
      kind: 'model.called',
      atMs,
      id: eventIdOf(this.#boundTo, this.#format, session, id),
      session,
      data: modelData(told),
    }
  }
}

function larger(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other)
}
