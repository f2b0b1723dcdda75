// Tool calls that only the conversation shows: an agent whose model calls are observed and whose tools are not. The call begins when the
// model has asked for it and ends when a later model call is given the result.
import { type AskedCall, askedCalls, toolResults } from './chat-tool-calls.ts'
import type { AttributeValue, Span } from './otlp-model.ts'
import { attributeValueOf, hexIdOf } from './span-export.ts'

type Generation = { span: Span; input: unknown; output: unknown }
type Given = { atMs: number; output: unknown; isError: boolean }

export function spansOfAskedCalls(generations: readonly Generation[]): Span[] {
  const given = resultsById(generations)
  return generations.flatMap(({ span, output }) =>
    // By place and not by the call's id: an agent that uses one id twice must not hide the second call.
    askedCalls(output).map((call, index) => spanOf(call, span, index, given.get(call.id ?? ''))),
  )
}

/** Every call repeats the history: the earliest that holds a result is the one that it was given to. */
function resultsById(generations: readonly Generation[]): Map<string, Given> {
  const given = new Map<string, Given>()
  const inTime = [...generations].sort((a, b) => a.span.startMs - b.span.startMs)
  for (const { span, input } of inTime)
    for (const { id, output, isError } of toolResults(input))
      if (!given.has(id)) given.set(id, { atMs: span.startMs, output, isError })
  return given
}

function spanOf({ id, tool, input }: AskedCall, asking: Span, index: number, given: Given | undefined): Span {
  const startMs = asking.endMs === 0 ? asking.startMs : asking.endMs
  const said: { readonly [key: string]: unknown } = {
    'openinference.span.kind': 'TOOL',
    'tool.name': tool,
    'tool_call.id': id,
    'input.value': input,
    'output.value': given?.output,
  }
  const attributes = new Map<string, AttributeValue>()
  for (const [key, value] of Object.entries(said)) if (value !== undefined) attributes.set(key, attributeValueOf(value))
  return {
    traceId: asking.traceId,
    spanId: hexIdOf(`${asking.spanId} asked ${index}`, 16) ?? asking.spanId,
    parentSpanId: asking.spanId,
    name: tool,
    startMs,
    endMs: given === undefined ? 0 : Math.max(given.atMs, startMs),
    status: given?.isError === true ? 'error' : 'unset',
    statusMessage: '',
    attributes,
    events: [],
  } satisfies Span
}
