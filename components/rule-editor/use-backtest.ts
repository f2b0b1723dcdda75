'use client'
// One backtest: asked for, watched until it is over, and found again by its id after a reload.
import { useCallback, useEffect, useState } from 'react'
import { z } from 'zod'
import { BacktestView } from '../../server/protocol/rule-view.ts'
import { tellJobsChanged } from '../jobs/use-jobs.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'

const againMs = 700
const Started = z.object({ id: z.string() })

type Options = { id: string | null; onStarted: (id: string) => void }

export function useBacktest({ id, onStarted }: Options) {
  const [test, setTest] = useState<BacktestView>()
  const [problem, setProblem] = useState<ApiProblem>()
  const [starting, setStarting] = useState(false)
  /** The text that was sent: what was found is of it, not of what was typed since. */
  const [of, setOf] = useState<{ id: string; text: string }>()
  useEffect(() => {
    if (id === null) return
    let timer: ReturnType<typeof setTimeout>
    let wanted = true
    const look = async () => {
      const answer = await apiCall('GET', `/api/backtests/${encodeURIComponent(id)}`, BacktestView)
      if (!wanted) return
      setProblem(answer.problem)
      if (answer.value) setTest(answer.value)
      // One that is gone does not come back.
      if (answer.value?.state === 'running' || (answer.problem && answer.problem.status !== 404))
        timer = setTimeout(() => void look(), againMs)
    }
    void look()
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [id])
  const run = useCallback(
    /** `text`: what is tried, to tell later whether it is still what is written. */
    async (asked: object, text: string, path = '/api/backtests') => {
      setStarting(true)
      const answer = await apiCall('POST', path, Started, asked)
      setStarting(false)
      setProblem(answer.problem)
      if (!answer.value) return
      tellJobsChanged()
      setOf({ id: answer.value.id, text })
      onStarted(answer.value.id)
    },
    [onStarted],
  )
  const cancel = useCallback(async () => {
    if (id === null) return
    const answer = await apiCall('DELETE', `/api/backtests/${encodeURIComponent(id)}`, z.unknown())
    if (answer.problem) setProblem(answer.problem)
  }, [id])
  const shown = test?.id === id ? test : undefined
  return { test: shown, problem, starting, run, cancel, ofText: of?.id === id ? of?.text : undefined }
}
