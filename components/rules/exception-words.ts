// Exceptions in words, and what a form of one becomes. Pure.
import {
  type ExceptionCondition,
  RuleExceptionRequest,
  type RuleExceptionView,
  sessionFields,
} from '../../server/protocol/rule-view.ts'

/** Of the session, then of the event in Sigma's spelling; any other can be typed. */
export const fieldGroups: readonly { name: string; fields: readonly string[] }[] = [
  { name: 'Of the session', fields: sessionFields },
  {
    name: 'Of the event',
    fields: [
      'CommandLine',
      'Image',
      'ParentImage',
      'User',
      'DestinationIp',
      'DestinationHostname',
      'DestinationPort',
      'QueryName',
      'TargetFilename',
      'Tool',
      'Signature',
    ],
  },
]

export const howWords: Readonly<Record<ExceptionCondition['how'], string>> = {
  equals: 'is',
  contains: 'contains',
  startswith: 'starts with',
  endswith: 'ends with',
  cidr: 'is in the network',
}

export const daysChoices = [1, 7, 30, 90] as const

/** A wrong clock of this browser must not ask for more than the server allows. */
const marginMs = 60_000
const dayMs = 86_400_000

export type WrittenCondition = { field: string; how: ExceptionCondition['how']; value: string }

/** What is to be asked of the server, or what is wrong with what was written, in the words of the contract. */
export function exceptionOf(
  written: { when: readonly WrittenCondition[]; why: string; days: number },
  nowMs: number,
): { request: RuleExceptionRequest } | { wrong: string } {
  const read = RuleExceptionRequest.safeParse({
    when: written.when.map((each) => ({ ...each, field: each.field.trim() })),
    why: written.why,
    expiresAtMs: Math.floor(nowMs + written.days * dayMs - marginMs),
  })
  if (read.success) return { request: read.data }
  const [issue] = read.error.issues
  const row = issue?.path[0] === 'when' && typeof issue.path[1] === 'number' ? `Condition ${issue.path[1] + 1}: ` : ''
  return { wrong: `${row}${issue?.message ?? 'something is missing'}` }
}

/** `run is rl-0831` as parts: the value is somebody's text. */
export function conditionParts(condition: ExceptionCondition): { field: string; how: string; value: string } {
  return { field: condition.field, how: howWords[condition.how], value: condition.value }
}

/** Those that stand first, the newest on top. */
export function inForceFirst(
  exceptions: readonly RuleExceptionView[],
  nowMs: number,
): { exception: RuleExceptionView; isOver: boolean }[] {
  return exceptions
    .map((exception) => ({ exception, isOver: exception.expiresAtMs <= nowMs }))
    .sort((a, b) => Number(a.isOver) - Number(b.isOver) || b.exception.atMs - a.exception.atMs)
}
