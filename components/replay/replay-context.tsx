'use client'
// One moment for the whole console: while there is one, everything below reads a store of the past, and nothing acts.
// The address carries it (`?at=`), so that a reload and a link show the same.
import { usePathname, useSearchParams } from 'next/navigation'
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react'
import { toast } from 'sonner'
import { momentOf, type ReplayMoment } from '../../server/protocol/replay-messages.ts'
import { LiveContext } from '../live/live-context.tsx'
import { MomentContext } from '../live/use-now.ts'
import { ActsOffContext } from '../ui/act-button.tsx'
import { PastConnection } from './past-connection.ts'
import { pastGuard, pastWhy } from './past-guard.ts'

/** The address follows a replay that plays that often, by the clock on the wall: browsers refuse one that is rewritten all the time. */
const addressMs = 2_000

export type Replay = {
  /** What was asked for last; the same for as long as it plays on from there. */
  lookedAtMs: number
  /** Where it stands. */
  atMs: number
  moment: ReplayMoment | undefined
  isLooking: boolean
  problem: { title: string; detail: string } | undefined
  speed: number
  look(atMs: number): void
  play(): void
  stop(): void
  setSpeed(speed: number): void
  back(): void
}

type Looking = { replay: Replay | undefined; enter: (atMs: number) => void }
const ReplayContext = createContext<Looking>({ replay: undefined, enter: () => undefined })

/** Undefined: what is on screen is live. */
export const useReplay = (): Replay | undefined => useContext(ReplayContext).replay
export const useIsReplay = (): boolean => useReplay() !== undefined
/** Moves the whole console to that moment. */
export const useEnterReplay = (): ((atMs: number) => void) => useContext(ReplayContext).enter

/**
 * The moment that a page asks the API for; undefined: what is on screen is live. While it plays it follows in steps, because each moment is a
 * question, and never goes to before what was looked at.
 */
export function usePastAt(): number | undefined {
  const replay = useReplay()
  if (!replay) return undefined
  const { isLooking, lookedAtMs, atMs, moment, speed } = replay
  if (isLooking || !moment?.playing) return Math.floor(isLooking ? lookedAtMs : atMs)
  const stepMs = addressMs * Math.max(1, speed)
  return Math.max(Math.floor(lookedAtMs), Math.floor(atMs / stepMs) * stepMs)
}

export function ReplayProvider({ children }: { children: ReactNode }) {
  const path = usePathname()
  const param = useSearchParams().get('at')
  const [looked, setLooked] = useState(() => (param === null ? undefined : momentOf(param)))
  const [connection, setConnection] = useState<PastConnection>()
  const [moment, setMoment] = useState<ReplayMoment>()
  const [isLooking, setLooking] = useState(false)
  const [problem, setProblem] = useState<Replay['problem']>()
  const [speed, setSpeed] = useState(1)
  const isPast = looked !== undefined
  pastGuard.set(isPast)

  const firstLook = useRef(looked)
  const enter = useCallback((atMs: number) => {
    pastGuard.set(true)
    firstLook.current = atMs
    setLooked(atMs)
    setProblem(undefined)
    writeAddress(String(atMs))
    setConnection((now) => {
      now?.look(atMs)
      return now
    })
  }, [])
  const back = useCallback(() => {
    pastGuard.set(false)
    setLooked(undefined)
    setMoment(undefined)
    setProblem(undefined)
    writeAddress(undefined)
  }, [])

  useEffect(() => {
    if (!isPast) return
    const opened = new PastConnection(firstLook.current ?? 0, {
      onMoment: (told) => {
        setMoment(told)
        setProblem(told.why === undefined ? undefined : { title: 'It stopped playing', detail: told.why })
      },
      onRefused: (title, detail) => setProblem({ title, detail }),
      onLooking: setLooking,
      onAct: (title, detail) => toast.error(title, { description: detail }),
    })
    opened.open()
    setConnection(opened)
    return () => {
      opened.close()
      setConnection(undefined)
    }
  }, [isPast])

  const atMs = moment?.atMs ?? looked ?? 0
  const playing = moment?.playing ?? false
  // The address follows: when it stops at once, while it plays now and then.
  const stepMs = addressMs * Math.max(1, speed)
  const shownMs = playing ? Math.floor(atMs / stepMs) * stepMs : Math.floor(atMs)
  const written = useRef(param)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another room's address has lost it, so the path counts too
  useEffect(() => {
    if (param !== null && param !== written.current) {
      // Somebody opened another address, or went back to one.
      written.current = param
      const asked = momentOf(param)
      if (asked === undefined) {
        toast.error('That is no moment', { description: 'at= takes epoch milliseconds or ISO 8601 with its zone.' })
        back()
      } else if (asked !== looked) enter(asked)
      return
    }
    if (!isPast || moment === undefined) return
    const text = String(shownMs)
    if (param === text) return
    written.current = text
    writeAddress(text)
  }, [path, param, shownMs, isPast, moment === undefined])

  const replay = useMemo<Replay | undefined>(() => {
    if (looked === undefined) return undefined
    return {
      lookedAtMs: looked,
      atMs,
      moment,
      isLooking,
      problem,
      speed,
      look: enter,
      play: () => connection?.play(speed),
      stop: () => connection?.stop(),
      setSpeed(next) {
        setSpeed(next)
        if (playing) connection?.play(next)
      },
      back,
    }
  }, [looked, atMs, moment, isLooking, problem, speed, playing, connection, enter, back])
  const looking = useMemo(() => ({ replay, enter }), [replay, enter])
  return (
    <ReplayContext value={looking}>
      <MomentContext value={isPast ? Math.floor(atMs / 1_000) * 1_000 : undefined}>
        <ActsOffContext value={isPast ? pastWhy : undefined}>
          <Stores connection={connection} isPast={isPast}>
            {children}
          </Stores>
        </ActsOffContext>
      </MomentContext>
    </ReplayContext>
  )
}

/** In the address that stands now, whichever room has just been gone to; what else is in it stays. */
function writeAddress(at: string | undefined): void {
  const url = new URL(window.location.href)
  if (at === undefined) url.searchParams.delete('at')
  else url.searchParams.set('at', at)
  window.history.replaceState(null, '', url)
}

/** Nothing live is below while the past is on its way. */
function Stores({
  connection,
  isPast,
  children,
}: {
  connection: PastConnection | undefined
  isPast: boolean
  children: ReactNode
}) {
  const live = useContext(LiveContext)
  const past = useMemo(
    () => (isPast && connection ? { store: connection.store, connection } : undefined),
    [isPast, connection],
  )
  if (isPast && !past) return null
  return <LiveContext value={past ?? live}>{children}</LiveContext>
}
