// Traces as Langfuse exports them (https://langfuse.com/docs/api-and-data-platform): `{"trace": …, "observations": […]}` of the console, a
// trace of `GET /api/public/traces/{id}` with its observations inside, pages of the API (`{"data": […], "meta": …}`), sessions, and lines
// of JSON with a trace or an observation each (batch and blob storage exports). Langfuse has its own types; TOOL, GENERATION and AGENT
// become the OpenInference spans of the same meaning.
import { spansOfAskedCalls } from './langfuse-asked-calls.ts'
import { ObservationList, spanOfObservation } from './langfuse-observation.ts'
import { type LangfuseTrace, langfuseTraces } from './langfuse-records.ts'
import { introductionOfTrace, resourceOfTrace } from './langfuse-trace.ts'
import type { Span } from './otlp-model.ts'
import type { RecordContext, RecordSink, RecordSource } from './record-source.ts'
import { rawTextOf, tellSpans } from './span-export.ts'

export const langfuse: RecordSource = {
  format: 'langfuse',
  title: 'Langfuse trace export',
  trust: 'trainer',
  framing: 'document',
  looksLike: (head) =>
    /^\s*[[{]/.test(head) && !head.includes('"span_kind"') && (holdsTrace(head) || holdsObservation(head)),
  open: (context) => ({
    read(document, sink) {
      const text = new TextDecoder().decode(document)
      for (const each of langfuseTraces(text, sink)) tellTrace(each, text, context, sink)
    },
    end() {},
  }),
}

const firstIsTrace = /^\s*(?:\{\s*"(?:data|traces)"\s*:\s*)?(?:\[\s*)?\{\s*"(?:trace"\s*:\s*\{|id"\s*:)/

function holdsTrace(head: string): boolean {
  const has = (camel: string, snake: string) => head.includes(`"${camel}"`) || head.includes(`"${snake}"`)
  const ofProject = has('projectId', 'project_id') || (has('sessionId', 'session_id') && has('userId', 'user_id'))
  return firstIsTrace.test(head) && head.includes('"timestamp"') && ofProject
}

function holdsObservation(head: string): boolean {
  return (
    (head.includes('"parentObservationId"') && head.includes('"traceId"')) ||
    (head.includes('"parent_observation_id"') && head.includes('"trace_id"'))
  )
}

function tellTrace(each: LangfuseTrace, text: string, context: RecordContext, sink: RecordSink): void {
  const list = new ObservationList(each.observations)
  const resource = resourceOfTrace(each, context, sink)
  const spans: Span[] = []
  const generations: { span: Span; input: unknown; output: unknown }[] = []
  for (const observation of each.observations) {
    const span = spanOfObservation(observation, each.id, list)
    if (typeof span === 'string') {
      sink.refused(span, rawTextOf(observation))
      continue
    }
    spans.push(span)
    if (list.isModelCall(observation)) generations.push({ span, input: observation.input, output: observation.output })
  }
  // Where tools are observed, each call has its own observation, and what the model asked for would be a second telling.
  if (!list.holdsTools) for (const asked of spansOfAskedCalls(generations)) spans.push(asked)
  if (spans.length > 0) tellSpans(resource, spans, context, sink, text)
  if (each.trace === undefined) return
  const introduced = introductionOfTrace(each.trace, each.id, resource, context)
  if (typeof introduced === 'string') sink.refused(introduced, rawTextOf(each.trace))
  else sink.understood('langfuse.trace', { events: [introduced], identity: text })
}
