'use client'
// What this browser keeps of how a person likes Live: which columns, which saved views. Not the server's: another browser knows nothing of it.
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { z } from 'zod'

const changed = 'vigil-kept'

function readKept(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    // A browser that forbids storage keeps nothing; everything else works.
    return null
  }
}

/** What was kept under `key` in its shape, and how to keep another; `schema` and `empty` must be constants. */
export function useKept<T>(key: string, schema: z.ZodType<T>, empty: T): [T, (next: T) => void] {
  const subscribe = useCallback((listener: () => void) => {
    window.addEventListener('storage', listener)
    window.addEventListener(changed, listener)
    return () => {
      window.removeEventListener('storage', listener)
      window.removeEventListener(changed, listener)
    }
  }, [])
  const text = useSyncExternalStore(
    subscribe,
    () => readKept(key),
    () => null,
  )
  const value = useMemo(() => parseKept(text, schema, empty), [text, schema, empty])
  const keep = useCallback(
    (next: T) => {
      try {
        localStorage.setItem(key, JSON.stringify(next))
      } catch {
        return
      }
      window.dispatchEvent(new Event(changed))
    },
    [key],
  )
  return [value, keep]
}

function parseKept<T>(text: string | null, schema: z.ZodType<T>, empty: T): T {
  if (text === null) return empty
  try {
    const parsed = schema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : empty
  } catch {
    return empty
  }
}

export const viewsMax = 30
export const SavedView = z.object({ name: z.string().min(1).max(60), search: z.string().max(2_000) })
export type SavedView = z.infer<typeof SavedView>
export const SavedViews = z.array(SavedView).max(viewsMax)

/** One name, one view: the newer takes the place of the older; beyond the limit the oldest go. */
export function withView(views: readonly SavedView[], view: SavedView): SavedView[] {
  return [...views.filter(({ name }) => name !== view.name), view].slice(-viewsMax)
}
