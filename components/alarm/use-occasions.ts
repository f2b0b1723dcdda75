'use client'
// What waits for somebody, asked again and again, also while nobody looks: a hidden tab's timers sleep, but the socket's beats come all the same.
import { useCallback, useEffect, useRef, useState } from 'react'
import type { z } from 'zod'
import { OccasionsView } from '../../server/protocol/notification-view.ts'
import { useFleet, useLive } from '../live/live-context.tsx'
import { apiCall } from '../settings/api-call.ts'

const againMs = 3_000

export type Occasions = z.infer<typeof OccasionsView>

/** `isKnown` false: it was asked and nobody answered. */
export function useOccasions(): { value: Occasions | undefined; isKnown: boolean } {
  const { store } = useLive()
  const mark = useFleet()?.approvals.mark
  const [value, setValue] = useState<Occasions>()
  const [isKnown, setKnown] = useState(true)
  const asking = useRef(false)
  const askedAtMs = useRef(0)
  const ask = useCallback(async () => {
    if (asking.current) return
    asking.current = true
    askedAtMs.current = Date.now()
    const answer = await apiCall('GET', '/api/occasions', OccasionsView)
    asking.current = false
    setKnown(answer.value !== undefined)
    if (answer.value) setValue(answer.value)
  }, [])
  useEffect(() => {
    void ask()
    const later = () => {
      if (Date.now() - askedAtMs.current >= againMs) void ask()
    }
    const stop = store.subscribeLink(later)
    const timer = setInterval(later, againMs)
    return () => {
      stop()
      clearInterval(timer)
    }
  }, [ask, store])
  useEffect(() => {
    if (mark !== undefined) void ask()
  }, [mark, ask])
  return { value, isKnown }
}
