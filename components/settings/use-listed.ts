'use client'
// A list that is read when the section opens, after every change, and now and then.
import { useCallback, useEffect, useState } from 'react'
import type { z } from 'zod'
import { type ApiProblem, apiCall } from './api-call.ts'

const againMs = 5_000

/** `schema` and `path` must be constants. `may` false: nothing is asked. */
export function useListed<T>(path: string, schema: z.ZodType<T>, may: boolean) {
  const [value, setValue] = useState<T>()
  const [problem, setProblem] = useState<ApiProblem>()
  const again = useCallback(async () => {
    const answer = await apiCall('GET', path, schema)
    setProblem(answer.problem)
    if (answer.value !== undefined) setValue(answer.value)
  }, [path, schema])
  useEffect(() => {
    if (!may) return
    void again()
    // Other admins change it too, and who was invited joins.
    const look = () => {
      if (!document.hidden) void again()
    }
    const timer = setInterval(look, againMs)
    document.addEventListener('visibilitychange', look)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [may, again])
  return { value, problem, again }
}
