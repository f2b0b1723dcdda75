// Puts the focus on a line of the virtualised stream once it is drawn: until its place is scrolled to, it does not exist.
import type { RefObject } from 'react'

const triesMax = 20

export function focusLine(scroller: RefObject<HTMLElement | null>, seq: number, tries = triesMax): void {
  requestAnimationFrame(() => {
    const line = scroller.current?.querySelector<HTMLElement>(`[data-seq="${seq}"]`)
    if (line) line.focus({ preventScroll: true })
    else if (tries > 0) focusLine(scroller, seq, tries - 1)
  })
}
