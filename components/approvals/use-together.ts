'use client'
// Several alike, decided one after the other: one call and one record for each, with the digest that was shown. What was refused is told
// for each; nothing is claimed for one because another went through.
import { useRef, useState } from 'react'
import type { ApprovalView } from '../../server/protocol/approval.ts'
import { type Armed, press, takesSecondPress } from './may-decide.ts'
import { useArmed } from './use-armed.ts'
import type { Decide } from './use-decision.ts'

/** `unanswered`: it may have been decided or not. `unsent`: it was not even tried, because another had no answer. */
export type Told = { state: 'sent' | 'done' | 'unanswered' | 'unsent' } | { state: 'refused'; why: string }
export type Together = ReturnType<typeof useTogether>

/** So many are on their way at once. */
const atOnce = 4

export function useTogether(members: readonly ApprovalView[], decide: Decide) {
  const { armed, setArmed, shownForMs } = useArmed<Armed>()
  const [told, setTold] = useState<ReadonlyMap<string, Told>>(new Map())
  const [busy, setBusy] = useState(false)
  const sending = useRef(false)
  const open = members.filter((each) => !each.decided && told.get(each.approval)?.state !== 'done')

  async function send(decision: 'approve' | 'deny', reason: string) {
    if (sending.current) return
    sending.current = true
    setBusy(true)
    setArmed(undefined)
    const left = [...open]
    const tell = (id: string, what: Told) => setTold((now) => new Map(now).set(id, what))
    const work = async () => {
      for (let each = left.shift(); each; each = left.shift()) {
        const { approval, digest } = each
        tell(approval, { state: 'sent' })
        const words = reason.trim() === '' ? {} : { reason: reason.trim() }
        const refused = await decide(approval, { decision, digest, ...words })
        if (!refused) tell(approval, { state: 'done' })
        else if (!refused.noAnswer) tell(approval, { state: 'refused', why: `${refused.title}: ${refused.detail}` })
        else {
          tell(approval, { state: 'unanswered' })
          // A server that does not answer one is not sent the rest: nobody would know what became of them.
          for (const unsent of left.splice(0)) tell(unsent.approval, { state: 'unsent' })
        }
      }
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    sending.current = false
    setBusy(false)
  }

  return {
    open,
    told,
    busy,
    armed: armed !== undefined,
    approve(reason: string) {
      const nowMs = Date.now()
      // Of exactly these: one that is decided meanwhile makes it another deed.
      const about = open.map(({ approval, digest }) => `${approval} ${digest}`).join(' ')
      const found = press(armed, about, open.some(takesSecondPress), nowMs, shownForMs(nowMs))
      if (found.does === 'arm') setArmed(found.armed)
      if (found.does === 'act') void send('approve', reason)
    },
    deny(reason: string) {
      void send('deny', reason)
    },
  }
}
