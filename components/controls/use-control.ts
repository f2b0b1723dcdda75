'use client'
// Asks for a control of a row. An undo names the control that it takes back, so that the log tells the story.
import { useCallback } from 'react'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import type { ControlAction } from '../../server/protocol/control.ts'
import { useLive } from '../live/live-context.tsx'
import { offerOf } from './control-offer.ts'
import { pendingOf } from './control-wording.ts'

export function useControl() {
  const { connection } = useLive()
  return useCallback(
    async (row: SessionRow, action: ControlAction) => {
      const last = row.control
      const takesBack = last !== undefined && last.action !== action
      await connection?.control({ session: row.session, action, ...(takesBack ? { undoes: last.control } : {}) })
    },
    [connection],
  )
}

/** What `p` does to a row: the offered action, or the opposite of the one that is pending. */
export function useToggle() {
  const { store } = useLive()
  const control = useControl()
  return useCallback(
    (session: string) => {
      const row = store.newest().rows.get(session)
      if (!row) return
      const pending = pendingOf(row, store.asked(session))
      if (pending) return void control(row, pending.action === 'pause' ? 'resume' : 'pause')
      const offer = offerOf(row)
      if (offer?.enabled) void control(row, offer.action)
    },
    [store, control],
  )
}
