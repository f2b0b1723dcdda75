// What is asked for one session, and what has become of it while it is granted together with others.
import type { Session } from '../session.ts'
import { inParallel } from './egress-batch.ts'
import type { Target } from './egress-target.ts'
import type { Place } from './egress-tools.ts'

export type Wish = { kind: 'cut' | 'restore' | 'forget'; session: Session }

/** One wish in the making. */
export type Work = {
  wish: Wish
  target: Target
  places: Place[]
  notes: string[]
  problems: string[]
  killed: number
  /** Far ends of flows that did not end. */
  open: string[]
  /** Of a restore: there was something to take back. */
  wasCut: boolean
}

/** `before`: where it was cut, besides where it is now. */
export function beginWork(wish: Wish, target: Target, before: readonly Place[]): Work {
  const places = [...new Set([...target.places, ...before])]
  return { wish, target, places, notes: [], problems: [], killed: 0, open: [], wasCut: false }
}

export function targetOf({ target }: Work): Target {
  return target
}

/** Works through the namespaces, each with the sessions in it; what cannot be done there is a problem of those sessions. */
export async function atEachPlace(
  works: readonly Work[],
  act: (place: Place, its: Work[]) => Promise<void>,
): Promise<void> {
  const byPlace = new Map<Place, Work[]>()
  for (const work of works) {
    for (const place of work.places) {
      const its = byPlace.get(place)
      if (its) its.push(work)
      else byPlace.set(place, [work])
    }
  }
  await inParallel([...byPlace], async ([place, its]) => {
    try {
      await act(place, its)
    } catch (error) {
      for (const { problems } of its) problems.push((error as Error).message)
    }
  })
}
