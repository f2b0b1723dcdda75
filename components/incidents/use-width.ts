'use client'
// How wide there is to draw, as it changes.
import { useEffect, useRef, useState } from 'react'

/** Of what it stands in. */
export function useWidth(least: number) {
  const frame = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(least)
  useEffect(() => {
    const element = frame.current
    if (!element) return
    const watch = new ResizeObserver(() => setWidth(Math.max(least, element.clientWidth)))
    watch.observe(element)
    return () => watch.disconnect()
  }, [least])
  return { frame, width }
}
