'use client'
// The server's time, ticking in shared steps: one timer per step length for the whole page, none when nobody looks.
import { createContext, useCallback, useContext, useSyncExternalStore } from 'react'
import { useLive } from './live-context.tsx'

type Ticker = { nowMs: number; listeners: Set<() => void>; timer: ReturnType<typeof setInterval> | undefined }
const tickers = new Map<number, Ticker>()

function subscribeTo(stepMs: number, listener: () => void): () => void {
  const ticker = tickers.get(stepMs) ?? { nowMs: Date.now(), listeners: new Set(), timer: undefined }
  tickers.set(stepMs, ticker)
  ticker.listeners.add(listener)
  ticker.nowMs = Date.now()
  ticker.timer ??= setInterval(() => {
    ticker.nowMs = Date.now()
    for (const each of [...ticker.listeners]) each()
  }, stepMs)
  return () => {
    ticker.listeners.delete(listener)
    if (ticker.listeners.size > 0) return
    clearInterval(ticker.timer)
    ticker.timer = undefined
  }
}

/** Browser time; does not tick while `stepMs` is undefined. */
export function useBrowserNow(stepMs: number | undefined): number {
  const subscribe = useCallback(
    (listener: () => void) => (stepMs === undefined ? () => undefined : subscribeTo(stepMs, listener)),
    [stepMs],
  )
  return useSyncExternalStore(
    subscribe,
    () => (stepMs === undefined ? 0 : (tickers.get(stepMs)?.nowMs ?? 0)),
    () => 0,
  )
}

/** Of the past that is shown; undefined: what is shown is live. */
export const MomentContext = createContext<number | undefined>(undefined)

/** Server time, to compare with what the server says; in the past the moment that is shown. */
export function useNow(stepMs: number | undefined): number {
  const { store } = useLive()
  const moment = useContext(MomentContext)
  const now = useBrowserNow(moment === undefined ? stepMs : undefined)
  return moment ?? now + store.clock().offsetMs
}
