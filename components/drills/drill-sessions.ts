// Which sessions are drills, as the server says: asked once for all that ask, and again when one appears that could be.
import { useSyncExternalStore } from 'react'
import { z } from 'zod'
import { apiCall } from '../settings/api-call.ts'

const Sessions = z.object({ sessions: z.array(z.string()) })
const againMs = 3_000
/** Asked so often for one that is not known; then it is no drill. */
const triesMax = 5

let known: ReadonlySet<string> = new Set()
const tries = new Map<string, number>()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setTimeout> | undefined

/** Every drill's session begins like this; only for such it is worth asking. */
function couldBe(session: string): boolean {
  return session.startsWith('drill-')
}

async function ask(): Promise<void> {
  timer = undefined
  const { value } = await apiCall('GET', '/api/drills/sessions', Sessions)
  if (value) known = new Set(value.sessions)
  for (const listener of listeners) listener()
  for (const [session, count] of tries) if (!known.has(session)) wanted(session, count)
}

function wanted(session: string, count = tries.get(session) ?? 0): void {
  if (known.has(session) || count >= triesMax) return
  if (timer !== undefined) return
  tries.set(session, count + 1)
  timer = setTimeout(() => void ask(), count === 0 ? 0 : againMs)
}

/** True once the server said so. */
export function useIsDrill(session: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      if (!couldBe(session)) return () => undefined
      listeners.add(listener)
      wanted(session)
      return () => {
        listeners.delete(listener)
        tries.delete(session)
      }
    },
    () => known.has(session),
    () => false,
  )
}
