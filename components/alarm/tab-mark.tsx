'use client'
// The count of what waits, on the tab: in its title and on its icon. Nothing else of the page can be seen from another tab.
import { useEffect } from 'react'
import { markedIcon, markedTitle } from './ring.ts'

/** `count` undefined: nobody knows. */
export function TabMark({ count }: { count: number | undefined }) {
  useEffect(() => {
    // Next writes the title and the icon's link anew whenever the page changes.
    const mark = () => {
      const title = markedTitle(document.title, count)
      if (document.title !== title) document.title = title
      for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel~="icon"]')) {
        link.dataset.bare ??= link.getAttribute('href') ?? ''
        const href = count === 0 ? link.dataset.bare : markedIcon(count)
        if (link.getAttribute('href') !== href) link.setAttribute('href', href)
      }
    }
    mark()
    const observer = new MutationObserver(mark)
    observer.observe(document.head, { childList: true, subtree: true, characterData: true })
    return () => observer.disconnect()
  }, [count])
  return null
}
