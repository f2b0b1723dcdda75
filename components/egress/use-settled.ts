'use client'
// A value once it has stopped changing for a moment: the server is not asked for every letter.
import { useEffect, useState } from 'react'

export function useSettled<T>(value: T, forMs: number): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), forMs)
    return () => clearTimeout(timer)
  }, [value, forMs])
  return settled
}
