// Whether this page's script has taken over. Until then a form must not be sent: the browser would do it by itself, without our handler.
import { useEffect, useState } from 'react'

export function useReady(): boolean {
  const [ready, setReady] = useState(false)
  useEffect(() => setReady(true), [])
  return ready
}
