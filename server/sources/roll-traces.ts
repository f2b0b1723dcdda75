// ROLL's `traces.jsonl`: OTLP trace exports, one on a line, as its collector (otelcol or ROLL's own receiver) writes them below
// `otlp_output_dir/traces`. Rows of its rollout dumps are read too: people keep both under that name. See roll-span.ts and roll-row.ts for
// what is known of each from source, and what is assumed.
import { isObject, jsonOfLine } from './normal-values.ts'
import { tracesOfJson } from './otlp-json.ts'
import { jsonOfPython } from './python-json.ts'
import type { RecordSource } from './record-source.ts'
import { readRollRow } from './roll-row.ts'
import { createRollSpans } from './roll-span.ts'

export const rollTraces: RecordSource = {
  format: 'roll-traces',
  title: 'ROLL traces',
  trust: 'trainer',
  framing: 'lines',
  looksLike(head) {
    if (!/^\s*\{/.test(head)) return false
    if (/"(resourceSpans|resource_spans)"/.test(head)) {
      return (
        /"name"\s*:\s*"env_manager"/.test(head) ||
        /"(traj_id|traj_group_id)"|"name"\s*:\s*"(pipeline_step|model_update)"/.test(head)
      )
    }
    return /"(trajectory_data|traj_id|traj_group_id)"\s*:/.test(head)
  },
  open(context) {
    const spans = createRollSpans(context)
    const begun = new Set<string>()
    return {
      read(line, sink) {
        const value = jsonOfLine(line) ?? jsonOfPython(line)
        if (!isObject(value)) return sink.refused('line is no JSON object')
        if (!Object.hasOwn(value, 'resourceSpans') && !Object.hasOwn(value, 'resource_spans')) {
          return readRollRow(value, line, begun, context, sink)
        }
        const decoded = tracesOfJson(value)
        if (!decoded.ok) return sink.refused('line is no OTLP trace export')
        let told = 0
        for (const group of decoded.request.groups) {
          told += group.spans.length
          spans.read(group, sink)
        }
        for (const { reason, count, example } of decoded.request.rejected.list()) {
          told += count
          for (let index = 0; index < count; index += 1) sink.refused(reason, example)
        }
        if (told === 0) sink.skipped('export without spans')
      },
      end: (sink) => spans.end(sink),
    }
  },
}
