'use client'
// The marks of the lanes on screen: asked for when a lane comes into sight, and again when its session's row tells of something newer.
import { useContext, useEffect, useMemo, useRef, useState } from 'react'
import { z } from 'zod'
import { LaneView } from '../../server/protocol/live-view.ts'
import { useHold, useLive } from '../live/live-context.tsx'
import { MomentContext } from '../live/use-now.ts'
import { useReplay } from '../replay/replay-context.tsx'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'

const Lanes = z.object({ lanes: z.array(LaneView) })
const askMax = 40
const stepMs = 1_500
const keptMax = 400

type Kept = { lane: LaneView; lastSeq: number; sinceMs: number }

/** `sinceMs`: how far back the axis goes now. */
export function useLanes(sessions: readonly string[], spanMs: number) {
  const { store } = useLive()
  const { held } = useHold()
  const lookedAtMs = useReplay()?.lookedAtMs
  const moment = useRef<number>(undefined)
  moment.current = useContext(MomentContext)
  const kept = useRef(new Map<string, Kept>())
  const [version, setVersion] = useState(0)
  const [problem, setProblem] = useState<ApiProblem>()
  const key = sessions.join(',')
  const newest = useRef(sessions)
  useEffect(() => {
    newest.current = sessions
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` is the sessions' words
  useEffect(() => {
    let isOver = false
    // Another moment: what was known after it must not be seen.
    if (lookedAtMs !== undefined) kept.current.clear()
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async () => {
      const past = moment.current
      const sinceMs = Math.floor((past ?? Date.now() + store.clock().offsetMs) - spanMs)
      const rows = store.newest().rows
      const wanted = newest.current
        .filter((session) => {
          const known = kept.current.get(session)
          if (known === undefined || known.sinceMs > sinceMs) return true
          return !held && known.lastSeq < (rows.get(session)?.lastSeq ?? 0)
        })
        .slice(0, askMax)
      if (wanted.length > 0 && !document.hidden) {
        const lastSeqs = new Map(wanted.map((session) => [session, rows.get(session)?.lastSeq ?? 0]))
        const until = past === undefined ? '' : `&until=${past + 999}`
        const path = `/api/lanes?since=${Math.max(0, sinceMs)}${until}&sessions=${encodeURIComponent(wanted.map(encodeURIComponent).join(','))}`
        const { value, problem: refused } = await apiCall('GET', path, Lanes)
        if (isOver) return
        setProblem(refused)
        for (const lane of value?.lanes ?? []) {
          kept.current.delete(lane.session)
          kept.current.set(lane.session, { lane, lastSeq: lastSeqs.get(lane.session) ?? 0, sinceMs })
        }
        for (const oldest of kept.current.keys()) {
          if (kept.current.size <= keptMax) break
          kept.current.delete(oldest)
        }
        if (value) setVersion((times) => times + 1)
      }
      timer = setTimeout(look, stepMs)
    }
    // A list that is scrolled through asks for where it stops.
    timer = setTimeout(look, 120)
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [key, spanMs, held, store, lookedAtMs])
  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` says that the map holds other lanes
  const laneOf = useMemo(() => {
    const map = kept.current
    return (session: string) => map.get(session)?.lane
  }, [version])
  return { laneOf, problem }
}
