'use client'
// What this operator's role may do. The server decides; here it is only said before anyone clicks.
import { useOperator } from '../shell/operator.tsx'

/** Why containing and releasing is not for this operator; undefined when it is, or when it is not known yet who it is. */
export function useWhyNotControl(): string | undefined {
  const operator = useOperator()
  if (!operator || operator.role === 'responder' || operator.role === 'admin') return undefined
  if (operator.waits !== undefined) return waitsFor(operator.waits)
  return 'Your role is viewer: it reads. Containing and releasing take a responder or an admin.'
}

export function useWhyNotAdmin(): string | undefined {
  const operator = useOperator()
  if (!operator || operator.role === 'admin') return undefined
  if (operator.waits !== undefined) return waitsFor(operator.waits)
  return `Your role is ${operator.role === 'responder' ? 'responder' : 'viewer'}: this takes an admin.`
}

function waitsFor(role: string): string {
  return `Your role is ${role === 'admin' ? 'admin' : 'responder'} once your second factor is set up, in Settings. Until then you read.`
}
