// Zeek's logs as tab separated values: lines that begin with `#` say which log follows, its columns and how values are written. They may
// come again in the middle of a file. A row that does not fit its header is refused: a shifted column makes a false fact.
// Source: https://docs.zeek.org/en/current/log-formats.html ("Zeek TSV Format Logs").
import type { RecordContext, RecordReader, RecordSource } from './record-source.ts'
import { tellZeek } from './zeek-records.ts'
import { readDirective, unreadHeader, type ZeekTsvHeader, zeekTsvRow } from './zeek-tsv-header.ts'

export const zeekTsv: RecordSource = {
  format: 'zeek-tsv',
  title: 'Zeek (TSV)',
  trust: 'firewall',
  framing: 'lines',
  hasHeader: true,
  looksLike: (head) =>
    /^\s*#separator[ \t]/.test(head) ||
    (/^\s*#/.test(head) && /^[ \t]{0,8}#fields\s/m.test(head) && /^[ \t]{0,8}#(?:path|types)\s/m.test(head)),
  open: openReader,
}

function openReader({ fileName }: RecordContext): RecordReader<string> {
  let header: ZeekTsvHeader = unreadHeader

  return {
    read(line, sink) {
      const directive = readDirective(line, header)
      if (directive !== undefined) {
        header = directive.header
        if (directive.refused === undefined) sink.skipped('header line')
        else sink.refused(directive.refused)
        return
      }
      const row = zeekTsvRow(line, header)
      if ('refused' in row) sink.refused(row.refused)
      else tellZeek(row, line, fileName, sink, header.names)
    },
    end() {},
  }
}
