'use client'
// Who is signed in; asks once, and leads to the sign-in page when nobody is.
import { createContext, useContext } from 'react'
import { z } from 'zod'
import { ShownBundle } from '../../server/protocol/shown-bundle.ts'

export const Operator = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  role: z.string(),
  twoFactor: z.boolean().optional(),
  /** The role that waits for a second factor. */
  waits: z.string().optional(),
})
export type Operator = z.infer<typeof Operator>

export const OperatorContext = createContext<Operator | undefined>(undefined)
export const useOperator = () => useContext(OperatorContext)

/** The operator, or 'nobody'; throws when the server cannot be asked. */
export async function fetchOperator(
  signal: AbortSignal,
): Promise<{ operator: Operator; shows?: ShownBundle | undefined } | 'nobody'> {
  const response = await fetch('/api/me', { signal, headers: { accept: 'application/json' } })
  if (response.status === 401) return 'nobody'
  return z.object({ operator: Operator, shows: ShownBundle.optional() }).parse(await response.json())
}

const askMs = 5_000
const againMs = { first: 1_000, most: 10_000 }

/** Asks until there is an answer: a page that asked while the server was away or busy must not stay without its rights. */
export async function untilOperatorKnown(signal: AbortSignal): ReturnType<typeof fetchOperator> {
  for (let waitMs = againMs.first; ; waitMs = Math.min(againMs.most, waitMs * 2)) {
    try {
      return await fetchOperator(AbortSignal.any([signal, AbortSignal.timeout(askMs)]))
    } catch (error) {
      if (signal.aborted) throw error
      // The pill already says that the server does not answer.
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      signal.throwIfAborted()
    }
  }
}

export function goToSignIn(): void {
  const here = `${window.location.pathname}${window.location.search}`
  window.location.replace(`/sign-in?next=${encodeURIComponent(here)}`)
}

/** Ends the session in the log of the server first; the page goes in any case. */
export async function signOut(): Promise<void> {
  const { authClient } = await import('../sign-in/auth-client.ts')
  await authClient()
    .signOut()
    .catch(() => undefined)
  window.location.assign('/sign-in')
}
