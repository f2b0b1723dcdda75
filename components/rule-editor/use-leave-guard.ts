'use client'
// Asks before the tab is closed over unsaved text: what the tab keeps goes with it. A walk inside the console loses nothing.
import { useEffect } from 'react'

export function useLeaveGuard(hasUnsaved: boolean): void {
  useEffect(() => {
    if (!hasUnsaved) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [hasUnsaved])
}
