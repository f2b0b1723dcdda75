'use client'
// The view for who walks through all of its rows: where there are thousands, that is done four times a second and not with every frame.
// A single row is read with `useRow`, which is told at once.
import { useMemo, useSyncExternalStore } from 'react'
import { useLive } from './live-context.tsx'
import { emptyView, type ViewState } from './view-state.ts'
import type { ViewStore } from './view-store.ts'

const manyRows = 2_000
const paceMs = 250

export function usePacedView(): ViewState {
  const { store } = useLive()
  const paced = useMemo(() => pacedView(store, Date.now), [store])
  return useSyncExternalStore(paced.subscribe, paced.read, () => emptyView)
}

/** Never older than `paceMs`, and whole: rows and what is said of them are of one moment. */
export function pacedView(store: Pick<ViewStore, 'shown' | 'subscribe'>, nowMs: () => number) {
  let told = emptyView
  let toldAtMs = Number.NEGATIVE_INFINITY
  const waitMs = () => {
    const newest = store.shown()
    return newest.watch !== told.watch || newest.rows.size < manyRows ? 0 : toldAtMs + paceMs - nowMs()
  }
  return {
    read(): ViewState {
      const newest = store.shown()
      if (newest !== told && waitMs() <= 0) {
        told = newest
        toldAtMs = nowMs()
      }
      return told
    },
    subscribe(listener: () => void): () => void {
      let timer: ReturnType<typeof setTimeout> | undefined
      const look = () => {
        clearTimeout(timer)
        const ms = waitMs()
        if (ms > 0) timer = setTimeout(listener, ms)
        else listener()
      }
      const stop = store.subscribe(look)
      return () => {
        clearTimeout(timer)
        stop()
      }
    },
  }
}
