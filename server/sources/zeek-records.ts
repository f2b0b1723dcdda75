// A Zeek record, whichever of its two writers wrote it, to what it means. The one core of both readers: the same record as JSON and as TSV
// must make the same event.
import { badTimeReason } from './event-draft.ts'
import type { RecordSink } from './record-source.ts'
import { intelMeaning, noticeMeaning, signatureMeaning, weirdMeaning } from './zeek-alert.ts'
import { dnsMeaning, filesMeaning, httpMeaning, sshMeaning, sslMeaning } from './zeek-application.ts'
import { connMeaning, conversationMeaning } from './zeek-flow.ts'
import { type ReadLog, readLogs, sensorsOwnLogs, zeekLogOf } from './zeek-log-name.ts'
import {
  inventoryReason,
  namesConnection,
  relativeTimeReason,
  type ZeekMeaning,
  type ZeekRecord,
  zeekTimeOf,
} from './zeek-values.ts'

const meaningOfLog: Record<ReadLog, (record: ZeekRecord, atMs: number) => ZeekMeaning> = {
  conn: connMeaning,
  dns: dnsMeaning,
  ssh: sshMeaning,
  ssl: sslMeaning,
  http: httpMeaning,
  files: filesMeaning,
  notice: noticeMeaning,
  weird: weirdMeaning,
  signatures: signatureMeaning,
  intel: intelMeaning,
}

function meaningOf(record: ZeekRecord, log: string | undefined): ZeekMeaning {
  const read = readLogs.find((name) => name === log)
  if (read === undefined) {
    if (log !== undefined && sensorsOwnLogs.has(log)) return { skipped: 'sensor reports on itself' }
    if (!namesConnection(record)) {
      const isOfZeek = record.log !== undefined || log !== undefined || record.get('ts') !== undefined
      return isOfZeek ? { skipped: inventoryReason } : { refused: 'record names neither a log of Zeek nor a time' }
    }
  }
  const time = zeekTimeOf(record.get('ts'))
  if (time === undefined) return { refused: badTimeReason }
  if (time === 'relative') return { refused: relativeTimeReason }
  return read === undefined ? conversationMeaning(record, log, time.atMs) : meaningOfLog[read](record, time.atMs)
}

/** Tells what the record comes to. `text` is the record's own; `columns` says how it is to be read where the text does not. */
export function tellZeek(
  record: ZeekRecord,
  text: string,
  fileName: string | undefined,
  sink: RecordSink,
  columns = '',
): void {
  const log = zeekLogOf(record, fileName)
  const meaning = meaningOf(record, log)
  if ('skipped' in meaning) sink.skipped(meaning.skipped, text)
  else if ('refused' in meaning) sink.refused(meaning.refused, text)
  else sink.understood(meaning.what, { events: [meaning.event], identity: `${meaning.what}\n${columns}\n${text}` })
}
