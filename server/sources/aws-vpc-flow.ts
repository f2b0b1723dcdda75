// VPC flow logs of AWS: rows of text as S3 holds them, and the same rows wrapped by CloudWatch Logs (subscription, FilterLogEvents,
// export with a time in front). A row whose fields are not known must be refused: a guessed column makes a false fact.
// Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html and
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
import { defaultOrder, fieldsOfLine, orderOfHeader, rowOfFields } from './aws-vpc-flow-fields.ts'
import { flowOfRow } from './aws-vpc-flow-row.ts'
import { JsonObjectStream } from './json-object-stream.ts'
import { defined, fieldOf, isObject, isoToMs, type JsonObject, numberOf, timeMs } from './normal-values.ts'
import type { RecordContext, RecordReader, RecordSink, RecordSource } from './record-source.ts'

export const awsVpcFlow: RecordSource = {
  format: 'aws-vpc-flow',
  title: 'AWS VPC flow logs',
  trust: 'firewall',
  framing: 'lines',
  hasHeader: true,
  looksLike: (head) => looksLikeRows(head) || looksLikeCloudWatch(head),
  open: openReader,
}

const rowStart =
  /^(?:\d{4}-\d\d-\d\d\S{5,30}\s+(?:\S{1,80}\s+)?|\d{13},)?\d{1,2} (?:\d{6,12}|unknown) (?:eni-|[a-z-]{1,20}eni)\S* /

function looksLikeRows(head: string): boolean {
  const first =
    head
      .trimStart()
      .replace(/^timestamp,message\r?\n/, '')
      .split('\n', 1)[0] ?? ''
  if (first.length > 4_096) return false
  const order = orderOfHeader(fieldsOfLine(withoutPrefix(first).text))
  return order?.some((name) => /^(?:pkt-)?(?:src|dst)addr$/.test(name)) || rowStart.test(first)
}

function looksLikeCloudWatch(head: string): boolean {
  if (!/^\s*[{[]/.test(head)) return false
  const isWrapped = /"(?:logEvents|events|message)"\s*:/.test(head)
  return isWrapped && /"message"\s*:\s*"[^"]{0,400} (?:OK|NODATA|SKIPDATA)\b/.test(head)
}

/** What the wrapping says of one row. */
type Wrapping = { atMs?: number | undefined; id?: string | undefined }

function openReader(context: RecordContext): RecordReader<string> {
  const objects = new JsonObjectStream()
  let order = defaultOrder

  function readText(text: string, wrapping: Wrapping, sink: RecordSink): void {
    const bare = withoutPrefix(text)
    let fields = fieldsOfLine(bare.text)
    const header = orderOfHeader(fields)
    if (header !== undefined) {
      order = header
      sink.skipped('header line', text)
      return
    }
    if (bare.text === 'timestamp,message') return sink.skipped('header line', text)
    let row = rowOfFields(fields, order)
    if (row === undefined && bare.atMs !== undefined) {
      // `aws logs tail` puts the stream's name after the time.
      fields = fields.slice(1)
      row = rowOfFields(fields, order)
    }
    if (row === undefined) {
      return sink.refused('row fits neither the header above it nor the default order of version 2', text)
    }
    const wrappedAtMs = wrapping.atMs ?? bare.atMs
    const meaning = flowOfRow(row, wrappedAtMs ?? context.recordedAtMs ?? context.nowMs)
    if ('skipped' in meaning) return sink.skipped(meaning.skipped, text)
    if ('refused' in meaning) return sink.refused(meaning.refused, text)
    // The same row in S3 and in CloudWatch is one fact; the same text under another header is another one.
    const identity = [fields.join(' ')]
    if (order !== defaultOrder && order.join() !== defaultOrder.join()) identity.push(order.join(' '))
    if (!meaning.hasOwnTime) identity.push(String(meaning.event.atMs), wrapping.id ?? '')
    sink.understood('flow', { events: [meaning.event], identity: identity.join('\n') })
  }

  function readWrapping(wrapping: JsonObject, sink: RecordSink): void {
    if (wrapping.messageType === 'CONTROL_MESSAGE') return sink.skipped('CloudWatch control message', '')
    const events = [wrapping.logEvents, wrapping.events].find(Array.isArray)
    if (events === undefined) {
      if (typeof wrapping.message === 'string') return readLogEvent(wrapping, sink)
      const isPacked = typeof wrapping.awslogs === 'object' || wrapping.data !== undefined
      return sink.refused(
        isPacked ? 'compressed CloudWatch data: unpack it first' : 'JSON without log events',
        JSON.stringify(wrapping).slice(0, 2_000),
      )
    }
    if (events.length === 0) return sink.skipped('CloudWatch message without log events', '')
    for (const event of events) readLogEvent(event, sink)
  }

  function readLogEvent(event: unknown, sink: RecordSink): void {
    const message = fieldOf(event, 'message')
    if (!isObject(event) || typeof message !== 'string' || message.trim() === '') {
      return sink.refused('log event without a message', (JSON.stringify(event) ?? '').slice(0, 2_000))
    }
    const id = [event.id, event.eventId].find((value) => typeof value === 'string')
    const atMs = timeMs(numberOf(event.timestamp)) ?? isoToMs(event.timestamp)
    readText(message, defined({ atMs, id: typeof id === 'string' ? id : undefined }), sink)
  }

  const takerOf = (sink: RecordSink) => ({
    object: (value: JsonObject) => readWrapping(value, sink),
    broken: (reason: string, raw: string) => sink.refused(reason, raw),
  })

  return {
    read(line, sink) {
      const isText = /^[\d$A-Za-z]/.test(line) && rowOrHeader(line)
      // A row inside of an object that is open: the object broke off.
      if (isText && objects.isWaiting) objects.giveUp(takerOf(sink))
      if (objects.isWaiting || /^\s*[{[\],]/.test(line)) objects.take(line, takerOf(sink))
      else readText(line, {}, sink)
    },
    end: (sink) => objects.giveUp(takerOf(sink)),
  }
}

/** JSON printed over lines has no line that begins with two bare words. */
function rowOrHeader(line: string): boolean {
  return /^\S+[ \t]+[A-Za-z\d-]/.test(line.slice(0, 256)) || orderOfHeader(fieldsOfLine(line)) !== undefined
}

/** `2026-11-21T00:00:00.000Z ROW` (export, `aws logs tail`) and `1795262400000,ROW` (the console's CSV). */
function withoutPrefix(text: string): { text: string; atMs?: number | undefined } {
  const trimmed = text.trim()
  const csv = /^(\d{13}),"?(?=[\d-])/.exec(trimmed)
  if (csv) return { text: trimmed.slice(csv[0].length).replace(/"$/, ''), atMs: timeMs(Number(csv[1])) }
  const blank = trimmed.indexOf(' ')
  const atMs = blank > 0 && blank < 40 ? isoToMs(trimmed.slice(0, blank)) : undefined
  return atMs === undefined ? { text: trimmed } : { text: trimmed.slice(blank + 1), atMs }
}
