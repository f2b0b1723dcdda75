'use client'
// What can be done with the sessions that were picked: contain them in one click. The way back, the lift, takes its place.
// It lies over the foot of the table, so that no row moves when it comes or goes.
import { CirclePause, Hourglass, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { toast } from 'sonner'
import { SessionId } from '../../server/protocol/ids.ts'
import { LiftButton } from '../containment/lift-button.tsx'
import { StandingName, StandingParts } from '../containment/standing-line.tsx'
import { useWhyNotControl } from '../containment/use-role.ts'
import { useFleet, useLive } from '../live/live-context.tsx'
import { ActButton } from '../ui/act-button.tsx'
import { Button } from '../ui/button.tsx'
import { plural } from '../ui/format-quantity.ts'
import { mayBePicked, type Selection, selectionWords } from './selection.ts'

type Props = {
  selection: Selection
  /** Sessions on screen that are not selected yet. */
  rest: number
  onAll: () => void
  onClear: () => void
}

const barClass =
  'absolute inset-x-0 bottom-3 z-20 mx-auto flex w-fit max-w-[calc(100%-24px)] flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-line-strong bg-raised py-2 pr-2 pl-4 max-md:px-3'

export function SelectionBar({ selection, rest, onAll, onClear }: Props) {
  const { connection, store } = useLive()
  const why = useWhyNotControl()
  const [asked, setAsked] = useState<string>()
  const [busy, setBusy] = useState(false)
  const contain = async () => {
    if (!connection || busy || why !== undefined) return
    const { rows } = store.newest()
    const sessions = selection.ids.filter((id) => mayBePicked(rows.get(id))).map((id) => SessionId.parse(id))
    if (sessions.length === 0) return onClear()
    setBusy(true)
    const answer = await connection.contain({ selector: { sessions } })
    setBusy(false)
    if ('problem' in answer) {
      toast.error(answer.problem.title, { description: answer.problem.detail, duration: 12_000 })
      return
    }
    setAsked(answer.containment)
    onClear()
  }
  const { ids } = selection
  const [words = '', ...notes] = selectionWords(selection)
  if (ids.length === 0 && notes.length === 0)
    return asked === undefined ? null : <Result containment={asked} onClose={() => setAsked(undefined)} />
  return (
    <section aria-label="Selection" className={barClass}>
      <span aria-live="polite">
        <strong className="font-semibold">{words}</strong>
        {notes.map((note) => (
          <span key={note} className="text-muted">
            {' · '}
            {note}
          </span>
        ))}
      </span>
      <span className="flex flex-wrap items-center gap-2 max-md:[&>button]:h-11">
        {ids.length > 0 && (
          <ActButton
            look="critical"
            aria-disabled={busy || why !== undefined}
            title={
              why ??
              'Holds tool calls, cuts traffic, freezes; lifting stands beside it. Connections that are cut do not come back.'
            }
            onClick={() => void contain()}
          >
            <CirclePause aria-hidden /> {busy ? 'Asking…' : `Contain ${plural(ids.length, 'session')}`}
          </ActButton>
        )}
        {rest > 0 && (
          <Button look="quiet" onClick={onAll}>
            Select all shown
          </Button>
        )}
        <Button look="bare" onClick={onClear}>
          Clear
        </Button>
      </span>
    </section>
  )
}

/** What became of it, in the server's numbers, with the way back. Gone when it was lifted. */
function Result({ containment, onClose }: { containment: string; onClose: () => void }) {
  const fleet = useFleet()
  const view = fleet?.containments.find((each) => each.containment === containment)
  const over = view?.liftedAtMs !== undefined
  useEffect(() => {
    if (over) onClose()
  }, [over, onClose])
  if (over) return null
  return (
    <section aria-label="Containment of the selection" className={barClass}>
      {view ? (
        <>
          <StandingName view={view} named={2} />
          <StandingParts view={view} />
          <LiftButton view={view} className="max-md:h-11" />
        </>
      ) : (
        <span className="flex items-center gap-2 text-warn">
          <Hourglass aria-hidden className="size-4" /> Asked, not confirmed
        </span>
      )}
      <button
        type="button"
        aria-label="Close this line; the containment stands on"
        onClick={onClose}
        className="flex size-7 items-center justify-center rounded-md text-muted hover:bg-panel hover:text-ink max-md:size-11"
      >
        <X aria-hidden className="size-4" />
      </button>
    </section>
  )
}
