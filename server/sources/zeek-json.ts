// Zeek's logs as JSON: one record a line, plain (`LogAscii::use_json`), streamed (`_path`, `_write_ts`), or tagged by their log's name as
// the Kafka writer does. Every line may be of another log.
// Source: https://docs.zeek.org/en/current/log-formats.html, https://github.com/corelight/json-streaming-logs
import { jsonRecordReader } from './json-records.ts'
import { fieldOf, isObject, type JsonObject, shortText } from './normal-values.ts'
import type { RecordSource } from './record-source.ts'
import { tellZeek } from './zeek-records.ts'
import type { ZeekRecord } from './zeek-values.ts'

export const zeekJson: RecordSource = {
  format: 'zeek-json',
  title: 'Zeek (JSON)',
  trust: 'firewall',
  framing: 'lines',
  looksLike: (head) =>
    /^\s*[[{]/.test(head) &&
    /"ts"\s*:\s*["\d]/.test(head) &&
    (/"id[._]orig_h"\s*:|"orig_h"\s*:|"_path"\s*:\s*"/.test(head) || isNotice(head) || isWithoutConnection(head)),
  open: ({ fileName }) =>
    jsonRecordReader((record, text, sink) => tellZeek(zeekRecordOf(record), text, fileName, sink)),
}

function isNotice(head: string): boolean {
  return /"note"\s*:\s*"\w{1,64}::\w{1,64}"/.test(head) && /"(?:actions|suppress_for)"\s*:/.test(head)
}

function isWithoutConnection(head: string): boolean {
  const isWeird = /"notice"\s*:\s*(?:true|false)/.test(head) && /"name"\s*:\s*"\w/.test(head)
  return isWeird || /"certificate\.(?:subject|serial)"\s*:/.test(head) || /"software_type"\s*:\s*"\w+::/.test(head)
}

/** Names of fields stand as Zeek writes them, or with `_` for the dot (`Log::default_scope_sep`), or as objects within objects. */
function zeekRecordOf(given: JsonObject): ZeekRecord {
  const { log, record } = untagged(given)
  return {
    log,
    get(field) {
      const own = fieldOf(record, field)
      if (own !== undefined && own !== null) return own
      const dot = field.indexOf('.')
      if (dot === -1) return undefined
      const inner = fieldOf(fieldOf(record, field.slice(0, dot)), field.slice(dot + 1))
      return inner ?? fieldOf(record, field.replace('.', '_')) ?? undefined
    },
  }
}

/** `{"conn":{…}}` of the Kafka writer; everything else as it is. */
function untagged(given: JsonObject): { log: string | undefined; record: JsonObject } {
  const [tag, ...others] = Object.keys(given)
  const inner = tag === undefined || others.length > 0 ? undefined : fieldOf(given, tag)
  if (isObject(inner) && fieldOf(inner, 'ts') !== undefined) return { log: shortText(tag), record: inner }
  return { log: shortText(fieldOf(given, '_path')), record: given }
}
