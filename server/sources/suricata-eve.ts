// Suricata EVE JSON: what a network sensor or inline firewall saw and judged. Records come one a line; files of one pretty-printed
// record, arrays, and lines with a syslog header are read too. Times are of the packets, and lines are not in their order.

import { jsonRecordReader } from './json-records.ts'
import type { RecordSink, RecordSource } from './record-source.ts'
import { suricataMeaning } from './suricata-meaning.ts'
import type { SuricataRecord } from './suricata-traffic.ts'

export const suricataEve: RecordSource = {
  format: 'suricata-eve',
  title: 'Suricata EVE',
  trust: 'firewall',
  framing: 'lines',
  looksLike: (head) =>
    /^\s*[[{]/.test(head) &&
    /"event_type"\s*:\s*"/.test(head) &&
    /"timestamp"\s*:\s*"\d{4}-/.test(head) &&
    /"(?:flow_id|src_ip|stats|engine|pcap_cnt|in_iface)"\s*:/.test(head) &&
    !/"firewall_name"\s*:/.test(head),
  open: () => jsonRecordReader((record, text, sink) => tellSuricata({ record, text }, text, sink)),
}

/** Tells what the record comes to. `identity` is the record's text: records in arrays share a line. */
export function tellSuricata(told: SuricataRecord, identity: string, sink: RecordSink): void {
  const meaning = suricataMeaning(told)
  if ('skipped' in meaning) sink.skipped(meaning.skipped, identity)
  else if ('refused' in meaning) sink.refused(meaning.refused, identity)
  else sink.understood(meaning.what, { events: meaning.events, identity })
}
