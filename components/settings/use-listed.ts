'use client'
// A list that is read when the section opens, after every change, and now and then.
import { useCallback, useEffect, useRef, useState } from 'react'
import type { z } from 'zod'
import { type ApiProblem, apiCall } from './api-call.ts'

const againMs = 5_000

/** `schema` and `path` must be constants. `may` false: nothing is asked. Asked again every `everyMs` while the page is visible. */
export function useListed<T>(path: string, schema: z.ZodType<T>, may: boolean, everyMs = againMs) {
  const [listed, setListed] = useState<{ value: T; path: string }>()
  const [problem, setProblem] = useState<ApiProblem>()
  const asking = useRef<Promise<void>>(undefined)
  const next = useRef<{ path: string; done: Promise<void> }>(undefined)
  const again = useCallback(async () => {
    // One that has not begun yet brings what is wanted now: a hundred changes at once are not a hundred requests.
    if (next.current?.path === path) return await next.current.done
    const earlier = asking.current
    const mine = (async () => {
      // One after the other: a slow answer must not come after a newer one.
      await earlier
      next.current = undefined
      const answer = await apiCall('GET', path, schema)
      setProblem(answer.problem)
      if (answer.value !== undefined) setListed({ value: answer.value, path })
    })()
    asking.current = mine
    next.current = { path, done: mine }
    await mine
    if (asking.current === mine) asking.current = undefined
  }, [path, schema])
  // What failed for want of an answer, or because the server is not ready yet, is not left standing for long after there is one again.
  const stepMs = problem?.noAnswer || (problem?.status ?? 0) >= 500 ? Math.min(everyMs, againMs) : everyMs
  useEffect(() => {
    if (may) void again()
  }, [may, again])
  useEffect(() => {
    if (!may) return
    // Other admins change it too, and who was invited joins.
    const look = () => {
      if (!document.hidden && asking.current === undefined) void again()
    }
    const timer = setInterval(look, stepMs)
    document.addEventListener('visibilitychange', look)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [may, again, stepMs])
  /** `isEarlier`: the value answers an earlier question, and the one to this is on its way. */
  return { value: listed?.value, isEarlier: listed !== undefined && listed.path !== path, problem, again }
}
