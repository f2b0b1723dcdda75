// What a Suricata record comes to: events before they have the common fields, or why there are none. Reasons are fixed sentences.
import { type EventInput, eventVersion } from '../protocol/event.ts'
import type { signalData } from '../protocol/signal.ts'

type SignalKind = keyof typeof signalData

/** An event of a sensor, without id, session or host. */
export type SensorEvent = Extract<EventInput, { kind: SignalKind }>

export type SuricataMeaning = { what: string; events: SensorEvent[] } | { skipped: string } | { refused: string }

export const noAddressReason = 'record names no two addresses that can be read'

type DataOf<K extends SignalKind> = Extract<EventInput, { kind: K }>['data']
type Written = { [K in SignalKind]: { kind: K; atMs: number; data: DataOf<K> } }[SignalKind]

export function sensorEvent(event: Written): SensorEvent {
  return { v: eventVersion, ...event }
}
