// The envelopes of Hubble's records and the names of their fields: protobuf's JSON writes `is_reply` or `isReply`, the envelope may be
// there or not, and enums come as names or as numbers.
// Source: https://github.com/cilium/cilium/blob/main/api/v1/flow/flow.proto and .../observer/observer.proto
import { countOf, fieldOf, isObject, type JsonObject, objectIn, shortText } from './normal-values.ts'

/** A field by its name in the .proto; undefined for null. */
export function toldOf(record: JsonObject, name: string): unknown {
  const own = fieldOf(record, name) ?? undefined
  if (own !== undefined || !name.includes('_')) return own
  const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return fieldOf(record, camel) ?? undefined
}

export function toldObject(record: JsonObject, name: string): JsonObject {
  const inner = toldOf(record, name)
  return isObject(inner) ? inner : {}
}

/** Name of an enum's value without its prefix; `names` are by number. */
export function enumOf(value: unknown, names: readonly string[]): string | undefined {
  const number = typeof value === 'number' ? countOf(value) : undefined
  return number === undefined ? shortText(value)?.toUpperCase() : names[number]
}

export type HubbleParts = { flow: JsonObject; envelope: JsonObject }

/** Events of Hubble that are no flow, and why they are none of ours. */
const otherEvents: readonly [name: string, reason: string][] = [
  ['lost_events', 'Hubble says that it lost events'],
  ['node_status', 'state of the connection to a node'],
  ['agent_event', "Cilium agent's event about itself"],
  ['debug_event', "Cilium agent's debugging event"],
]

/** Finds the flow in its envelope: bare, `{flow, node_name, time}`, or that in the `result` of a gateway. */
export function partsOf(record: JsonObject): HubbleParts | { skipped: string } | { refused: string } {
  const envelope = isObject(fieldOf(record, 'result')) ? objectIn(record, 'result') : record
  const flow = toldOf(envelope, 'flow')
  if (isObject(flow)) return { flow, envelope }
  for (const [name, reason] of otherEvents) if (isObject(toldOf(envelope, name))) return { skipped: reason }
  const isBare = ['verdict', 'IP', 'l4', 'l7', 'Type'].some((name) => toldOf(envelope, name) !== undefined)
  return isBare ? { flow: envelope, envelope } : { refused: 'record is no flow of Hubble' }
}
