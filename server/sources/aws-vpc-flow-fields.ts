// Which field stands where in a VPC flow log row: the header line decides, without one the order of version 2. Values stay text here.
// Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html, "Available fields", and, for transit gateways,
// https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html.

/** A row's values by field name; `-`, AWS's "no value", is absent. */
export type FlowRow = ReadonlyMap<string, string>

export const defaultOrder: readonly string[] =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status'.split(
    ' ',
  )

const knownFields: ReadonlySet<string> = new Set([
  ...defaultOrder,
  ...'vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr'.split(' '), // version 3
  ...'region az-id sublocation-type sublocation-id'.split(' '), // 4
  ...'pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path'.split(' '), // 5
  ...'resource-type tgw-id tgw-attachment-id tgw-pair-attachment-id tgw-src-eni tgw-dst-eni'.split(' '), // 6
  ...'tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id tgw-src-az-id tgw-dst-az-id'.split(' '),
  ...'tgw-src-vpc-account-id tgw-dst-vpc-account-id'.split(' '),
  ...'packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded packets-lost-ttl-expired'.split(' '),
  ...'ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn ecs-container-instance-id'.split(' '), // 7
  ...'ecs-container-id ecs-second-container-id ecs-service-name ecs-task-definition-arn ecs-task-arn ecs-task-id'.split(
    ' ',
  ),
  ...'reject-reason resource-id encryption-status'.split(' '), // 8 and later
])

/** Names that older tools write for the same fields. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ['windowstart', 'start'],
  ['windowend', 'end'],
  ['flowlogstatus', 'log-status'],
  ['destport', 'dstport'],
  ['destaddr', 'dstaddr'],
])

const headerName = /^[a-z][a-z0-9-]{1,39}$/
/** A row has some 40 fields at most; a line with more is none. */
const fieldsMax = 128
const logStatuses: ReadonlySet<string> = new Set(['OK', 'NODATA', 'SKIPDATA'])

export function fieldsOfLine(text: string): string[] {
  return text.trim().split(/[ \t]+/, fieldsMax)
}

/**
 * The order of fields when the line is a header: only names, at least half of them known (AWS adds fields with every version). Also as
 * the format is written when a flow log is made (`${srcaddr}`), and with the underscores of Hive and Athena.
 */
export function orderOfHeader(fields: readonly string[]): readonly string[] | undefined {
  const names = fields.map((field) => {
    const bare = field.startsWith('${') && field.endsWith('}') ? field.slice(2, -1) : field
    const name = bare.toLowerCase().replaceAll('_', '-')
    return otherNames.get(name) ?? name
  })
  if (!names.every((name) => headerName.test(name))) return undefined
  const known = names.filter((name) => knownFields.has(name)).length
  return known >= 2 && known * 2 >= names.length ? names : undefined
}

/** `order` is the last header's; a row of another one is read in the default order when it can be nothing else. */
export function rowOfFields(fields: readonly string[], order: readonly string[]): FlowRow | undefined {
  if (fields.length === order.length && (order !== defaultOrder || isOfDefaultOrder(fields)))
    return rowOf(fields, order)
  return isOfDefaultOrder(fields) ? rowOf(fields, defaultOrder) : undefined
}

function isOfDefaultOrder(fields: readonly string[]): boolean {
  return (
    fields.length === defaultOrder.length && /^\d{1,2}$/.test(fields[0] ?? '') && logStatuses.has(fields.at(-1) ?? '')
  )
}

function rowOf(fields: readonly string[], order: readonly string[]): FlowRow {
  const row = new Map<string, string>()
  for (const [index, name] of order.entries()) {
    const value = fields[index]
    if (value !== undefined && value !== '-' && value !== '') row.set(name, value)
  }
  return row
}
