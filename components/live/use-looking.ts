'use client'
// Tells the server which sessions are on screen, once the list rests: those are told at once, what is out of sight a second later.
import { useEffect } from 'react'
import { useLive } from './live-context.tsx'

const restMs = 60
/** More than any screen shows; of more the first are told. */
const lookedMax = 200

export function useLooking(sessions: readonly string[]): void {
  const { connection } = useLive()
  const key = sessions.slice(0, lookedMax).join(' ')
  useEffect(() => {
    if (key === '') return
    const timer = setTimeout(() => connection?.onScreen(key.split(' ')), restMs)
    return () => clearTimeout(timer)
  }, [connection, key])
}
