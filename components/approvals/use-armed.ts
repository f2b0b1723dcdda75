'use client'
// The first of two presses: it counts for a while and then ends by itself, and none counts before what it is about has been on screen.
import { useEffect, useRef, useState } from 'react'
import { type Armed, armedMs } from './may-decide.ts'

export function useArmed<A extends Armed>() {
  const [armed, setArmed] = useState<A>()
  const shownAtMs = useRef(0)
  useEffect(() => {
    shownAtMs.current = Date.now()
  }, [])
  useEffect(() => {
    if (!armed) return
    const timer = setTimeout(() => setArmed(undefined), armedMs)
    return () => clearTimeout(timer)
  }, [armed])
  return { armed, setArmed, shownForMs: (nowMs: number) => nowMs - shownAtMs.current }
}
