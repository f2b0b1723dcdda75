// What became of a packet or request, in Cilium's words to ours. A verdict is of one place on the packet's way; `AUDIT` is a policy that
// would have dropped and did not; `TRACED` and `TRANSLATED` are of sockets and judge nothing.
import { enumOf, toldOf } from './hubble-record.ts'
import { tcpFlagsOf, translationPointOf } from './hubble-traffic.ts'
import { countOf, fieldOf, type JsonObject, shortText } from './normal-values.ts'

const verdicts = [
  'VERDICT_UNKNOWN',
  'FORWARDED',
  'DROPPED',
  'ERROR',
  'AUDIT',
  'REDIRECTED',
  'TRACED',
  'TRANSLATED',
] as const

export type Verdict = 'allowed' | 'denied' | 'unknown'

export function hubbleVerdict(flow: JsonObject): Verdict {
  switch (enumOf(toldOf(flow, 'verdict'), verdicts)) {
    case 'FORWARDED':
    case 'REDIRECTED':
    case 'AUDIT':
      return 'allowed'
    case 'DROPPED':
      return 'denied'
    default:
      return 'unknown'
  }
}

/** Those by which a policy denies; the others stay numbers. */
const dropReasons = new Map<number, string>([
  [133, 'POLICY_DENIED'],
  [181, 'POLICY_DENY'],
  [189, 'AUTH_REQUIRED'],
])
const policiesMax = 8

/** Why it was dropped, and which policies said so (since Cilium 1.15): `POLICY_DENIED`, `demo/allow-dns`. */
export function hubbleReason(flow: JsonObject): string | undefined {
  const verdict = enumOf(toldOf(flow, 'verdict'), verdicts)
  const words: string[] = []
  if (verdict === 'DROPPED' || verdict === 'ERROR') words.push(...dropReasonOf(flow))
  if (verdict === 'AUDIT') words.push('AUDIT')
  const side = verdict === 'DROPPED' ? 'denied' : 'allowed'
  for (const direction of ['egress', 'ingress']) words.push(...policiesOf(toldOf(flow, `${direction}_${side}_by`)))
  return words.length === 0 ? undefined : shortText(words.join(', '))
}

function dropReasonOf(flow: JsonObject): string[] {
  const told = toldOf(flow, 'drop_reason_desc')
  const name = typeof told === 'string' ? shortText(told) : undefined
  if (name !== undefined && name !== 'DROP_REASON_UNKNOWN') return [name]
  const code = countOf(told) ?? countOf(toldOf(flow, 'drop_reason'))
  return code === undefined || code === 0 ? [] : [dropReasons.get(code) ?? `drop reason ${code}`]
}

function policiesOf(value: unknown): string[] {
  if (!Array.isArray(value)) return []
  return value.slice(0, policiesMax).flatMap((policy: unknown) => {
    const name = shortText(fieldOf(policy, 'name'))
    const namespace = shortText(fieldOf(policy, 'namespace'))
    return name === undefined ? [] : [namespace === undefined ? name : `${namespace}/${name}`]
  })
}

/** Which packet it was, where it was seen: `SYN TO_ENDPOINT`; of a socket, on which side of its translation. */
export function hubbleState(flow: JsonObject): string | undefined {
  const point = translationPointOf(flow)
  if (point !== undefined) return point
  const flags = tcpFlagsOf(flow).join('/')
  const place = shortText(toldOf(flow, 'trace_observation_point'))
  const words = [flags, place === 'UNKNOWN_POINT' ? undefined : place].filter(
    (word) => word !== undefined && word !== '',
  )
  return words.length === 0 ? undefined : shortText(words.join(' '))
}

const directions = ['TRAFFIC_DIRECTION_UNKNOWN', 'INGRESS', 'EGRESS']

/** Of the connection, not of the packet: a reply to an egress connection is EGRESS too. */
export function hubbleDirection(flow: JsonObject): 'out' | 'in' | undefined {
  const direction = enumOf(toldOf(flow, 'traffic_direction'), directions)
  return direction === 'EGRESS' ? 'out' : direction === 'INGRESS' ? 'in' : undefined
}
