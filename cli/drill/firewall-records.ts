// What a firewall in between would have written, in Suricata's format: built from connections that were really made, with the firewall's own
// clock, which is wrong. Pure.
import type { PeerConnection } from './far-peer.ts'

type End = PeerConnection['from']
export type SeenFlow = { atMs: number; from: End; to: End }

/** How far the drill's firewall is ahead. */
export const firewallSkewMs = 4_200
/** It tells so long after it saw. */
export const firewallDelayMs = 5_000

const marks = {
  tunnel: { signature_id: 9_900_001, signature: 'DRILL Possible reverse tunnel over SSH to unknown host', severity: 2 },
  pool: { signature_id: 9_900_002, signature: 'DRILL Coinminer stratum protocol login', severity: 1 },
  probe: { signature_id: 9_900_003, signature: 'DRILL ET SCAN Sweep of internal addresses', severity: 2 },
} as const
export type Mark = keyof typeof marks

export function signatureOf(mark: Mark): string {
  return marks[mark].signature
}

/** Suricata's way to write a time, by the firewall's clock. */
export function timestampOf(atMs: number): string {
  return new Date(atMs).toISOString().replace('Z', '000+0000')
}

/** An alert on a flow; `n` makes its identity. */
export function alertRecord(mark: Mark, flow: SeenFlow, n: number, skewMs: number): string {
  const { signature_id, signature, severity } = marks[mark]
  return JSON.stringify({
    ...heading('alert', flow, n, skewMs),
    alert: { action: 'allowed', gid: 1, signature_id, rev: 1, signature, category: 'Drill', severity },
    flow: {
      pkts_toserver: 6,
      pkts_toclient: 5,
      bytes_toserver: 900,
      bytes_toclient: 800,
      start: timestampOf(flow.atMs + skewMs),
    },
  })
}

/** The end of a flow. */
export function flowRecord(flow: SeenFlow, n: number, skewMs: number, isAnswered: boolean): string {
  const start = timestampOf(flow.atMs + skewMs)
  return JSON.stringify({
    ...heading('flow', flow, n, skewMs),
    flow: {
      pkts_toserver: isAnswered ? 12 : 2,
      pkts_toclient: isAnswered ? 10 : 0,
      bytes_toserver: isAnswered ? 2_400 : 120,
      bytes_toclient: isAnswered ? 1_900 : 0,
      start,
      end: timestampOf(flow.atMs + skewMs + 800),
      age: 1,
      state: isAnswered ? 'established' : 'new',
      reason: 'timeout',
      alerted: false,
    },
  })
}

function heading(type: string, { atMs, from, to }: SeenFlow, n: number, skewMs: number) {
  return {
    timestamp: timestampOf(atMs + skewMs + 40),
    flow_id: flowIdOf(from, to, n),
    in_iface: 'drill0',
    event_type: type,
    src_ip: from.address,
    src_port: from.port,
    dest_ip: to.address,
    dest_port: to.port,
    proto: 'TCP',
  }
}

/** The same for every record of a flow. */
function flowIdOf(from: End, to: End, n: number): number {
  return 990_000_000_000 + n * 100_000_000 + from.port * 1_000 + (to.port % 1_000)
}
