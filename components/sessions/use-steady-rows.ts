'use client'
// Keeps the rows where they are on screen while the pointer is over them, when something above the table comes or goes
// (a banner, a proposal): they are drawn back by as much as the table moved, until the hand is away.
import { type RefObject, useEffect, useRef } from 'react'

type Refs = { scroller: RefObject<HTMLDivElement | null>; rows: RefObject<HTMLDivElement | null> }

/** Answers what puts the rows back. */
export function useSteadyRows({ scroller, rows }: Refs, isOver: () => boolean): () => void {
  const drawnBackPx = useRef(0)
  useEffect(() => {
    const element = scroller.current
    if (!element) return
    let top = element.getBoundingClientRect().top
    let windowHeight = window.innerHeight
    const observer = new ResizeObserver(() => {
      const moved = element.getBoundingClientRect().top - top
      top += moved
      const resized = windowHeight !== window.innerHeight
      windowHeight = window.innerHeight
      if (moved === 0 || resized || !isOver()) return
      drawnBackPx.current += moved
      if (rows.current) rows.current.style.translate = `0 ${-drawnBackPx.current}px`
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [scroller, rows, isOver])
  return () => {
    drawnBackPx.current = 0
    if (rows.current) rows.current.style.translate = ''
  }
}
