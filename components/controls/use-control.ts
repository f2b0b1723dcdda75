'use client'
// Asks for a control of a row. A lift names the hold that it lifts, an undo the control that it takes back, so that the log tells the story.
import { useCallback } from 'react'
import { toast } from 'sonner'
import type { ControlRequest, SessionRow } from '../../server/protocol/browser-messages.ts'
import { isLift } from '../../server/protocol/control.ts'
import type { ControlId } from '../../server/protocol/ids.ts'
import { useLive } from '../live/live-context.tsx'
import { containOfferOf, type Offer, offerOf } from './control-offer.ts'
import { type Deed, holdsFor, oppositeOf } from './control-trouble.ts'
import { type Pending, pendingRunOf } from './control-wording.ts'

export type ControlAsk = Deed & { undoes?: ControlId | undefined; reason?: string; ttlSeconds?: number }

export function useControl() {
  const { connection } = useLive()
  return useCallback(
    async (row: SessionRow, { action, capability, undoes, reason, ttlSeconds }: ControlAsk) => {
      const request: ControlRequest = { session: row.session, action, capability, reason, ttlSeconds }
      await connection?.control({ ...request, undoes: undoes ?? takenBack(row, action) })
    },
    [connection],
  )
}

/** The lift that a new hold takes back, if it was the last word. A lift names its hold itself. */
function takenBack({ control }: SessionRow, action: Deed['action']): ControlId | undefined {
  if (!control || isLift(action) || !isLift(control.action)) return undefined
  return oppositeOf(control.action) === action ? control.control : undefined
}

/** The way back from something that is asked and not confirmed; undefined where there is none. */
export function undoOf(row: SessionRow, pending: Pending): ControlAsk | undefined {
  const action = oppositeOf(pending.action)
  if (action === undefined) return undefined
  const { capability, control } = pending
  // A lift may only name a hold that stands; before the server has told of it, it lifts the caller's newest.
  const placed = holdsFor(row, action, capability).find((hold) => hold.control === control)
  return { action, capability, undoes: isLift(action) ? placed?.control : (control as ControlId | undefined) }
}

const pauseKeys = ['pause', 'resume'] as const
const containKeys = ['contain'] as const

/** What `p` does to a row: the offered pause or resume, or the opposite of the one that is pending. */
export function useToggle() {
  return useKeyed(offerOf, pauseKeys)
}

/** What `c` does on a session's page. */
export function useContainKey() {
  return useKeyed(containOfferOf, containKeys)
}

function useKeyed(offerFor: (row: SessionRow) => Offer | undefined, may: readonly Deed['action'][]) {
  const { store } = useLive()
  const control = useControl()
  return useCallback(
    (session: string) => {
      const row = store.newest().rows.get(session)
      if (!row) return
      const pending = pendingRunOf(row, store.asked(session))
      if (pending && may.includes(pending.action)) {
        const undo = undoOf(row, pending)
        return void (undo && control(row, undo))
      }
      const offer = offerFor(row)
      if (!offer?.enabled || pending) return
      // Letting a contained session go is no matter of one key.
      if (!may.includes(offer.action)) return void toast.info(`${offer.label}: use its button`)
      void control(row, offer)
    },
    [store, control, offerFor, may],
  )
}
