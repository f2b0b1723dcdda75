'use client'
// The server's list of long work: read with the page, when something was started here, when one looks again, and once a second while something runs.
import { useCallback, useEffect, useRef, useState } from 'react'
import { JobsAnswer } from '../../server/protocol/job.ts'
import { apiCall } from '../settings/api-call.ts'

const againMs = 1_000
const changed = 'vigil:jobs-changed'

/** Whoever starts something says so: the list is read at once. */
export function tellJobsChanged(): void {
  window.dispatchEvent(new Event(changed))
}

export function useJobs() {
  const [answer, setAnswer] = useState<JobsAnswer>()
  /** The newest list may be old: the server was not heard. */
  const [isOld, setIsOld] = useState(false)
  const newest = useRef<JobsAnswer>(undefined)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const isOver = useRef(false)
  const look = useCallback(async () => {
    const { value, problem } = await apiCall('GET', '/api/jobs', JobsAnswer)
    if (isOver.current) return
    setIsOld(problem !== undefined)
    if (value) {
      newest.current = value
      setAnswer(value)
    }
    clearTimeout(timer.current)
    // While the server is not heard, what ran last may run still.
    if (newest.current?.jobs.some(({ state }) => state === 'running'))
      timer.current = setTimeout(() => void look(), againMs)
  }, [])
  useEffect(() => {
    const again = () => {
      if (!document.hidden) void look()
    }
    isOver.current = false
    void look()
    window.addEventListener(changed, again)
    document.addEventListener('visibilitychange', again)
    return () => {
      isOver.current = true
      clearTimeout(timer.current)
      window.removeEventListener(changed, again)
      document.removeEventListener('visibilitychange', again)
    }
  }, [look])
  return { jobs: answer?.jobs ?? [], serverNowMs: answer?.serverNowMs ?? 0, isOld, look }
}
