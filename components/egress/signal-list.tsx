'use client'
// The rows, and what counts as being in use: then they stay where they are. Keys move among them.
import { History } from 'lucide-react'
import { type ReactNode, type RefObject, useCallback, useEffect, useRef } from 'react'
import type { TieView } from '../../server/protocol/signal-view.ts'
import { useSteadyRows } from '../sessions/use-steady-rows.ts'
import type { ApiProblem } from '../settings/api-call.ts'
import { ProblemLine } from '../settings/section.tsx'
import { rowInFocus, useRowKeys } from '../shell/use-row-keys.ts'
import { useShortcuts } from '../shell/use-shortcuts.ts'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { SignalLine, signalColumns } from './signal-line.tsx'
import type { SignalRows } from './waiting-rows.ts'

const heads = ['Time', 'What', 'From → to', 'Protocol', 'Bytes', 'Source', 'Tied to']

type Props = {
  rows: SignalRows
  name: string
  open: readonly string[]
  /** Not all of the tab was asked for. */
  narrowed: boolean
  /** The rows are of an earlier question. */
  asking: boolean
  /** Stands above the rows and scrolls with them. */
  above: ReactNode
  older: { asking: boolean; problem?: ApiProblem | undefined } | undefined
  onToggle: (id: string) => void
  onTie: (id: string, tie: TieView | undefined) => void
  onOlder: () => void
  /** All of `ids`, or each that is open. */
  onClose: (ids?: readonly string[]) => void
  onUse: (inUse: boolean) => void
  scroller: RefObject<HTMLDivElement | null>
}

export function SignalList(props: Props) {
  const { rows, name, open, narrowed, asking, above, older, onToggle, onTie, onOlder, onClose, onUse, scroller } = props
  const body = useRef<HTMLDivElement>(null)
  // In use: the pointer is over the rows, one of them has the focus, or the list is scrolled away from its top.
  const use = useRef({ over: false, within: false, scrolled: false })
  const mark = (change: Partial<typeof use.current>) => {
    // Asked for anew each time: a row that goes away with the focus in it says nothing.
    const within = scroller.current?.contains(document.activeElement) ?? false
    Object.assign(use.current, { within, ...change })
    onUse(use.current.over || use.current.within || use.current.scrolled)
  }
  useEffect(() => () => onUse(false), [onUse])
  const putBack = useSteadyRows(
    { scroller, rows: body },
    useCallback(() => use.current.over, []),
  )
  /** The one that is being read, else all: the way back to the bare list. */
  const closeRead = () => {
    const here = rowInFocus()
    const id = here?.dataset.row
    // What has the focus must not vanish with it.
    here?.focus({ preventScroll: true })
    onClose(id !== undefined && open.includes(id) ? [id] : undefined)
  }
  useRowKeys({ list: body })
  useShortcuts(open.length > 0 ? { Escape: closeRead } : {})
  return (
    <section
      ref={scroller}
      aria-label={name}
      className="facts relative min-h-0 flex-1 overflow-y-auto overflow-x-hidden"
      onPointerEnter={(event) => event.pointerType === 'mouse' && mark({ over: true })}
      onPointerLeave={() => {
        putBack()
        mark({ over: false })
      }}
      onFocus={() => mark({ within: true })}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && mark({ within: false })}
      onScroll={(event) => mark({ scrolled: event.currentTarget.scrollTop > 0 })}
    >
      <div
        aria-hidden
        className={classNames(
          signalColumns,
          'sticky top-0 z-10 h-7 items-center border-b bg-canvas px-4 text-xs text-muted max-xl:hidden',
        )}
      >
        {heads.map((head) => (
          <span key={head} className={classNames(head === 'Bytes' && 'text-right', head === heads[0] && 'pl-[22px]')}>
            {head}
          </span>
        ))}
      </div>
      <div ref={body} className="[[data-stale=true]_&]:pb-24">
        {above}
        <ul aria-busy={asking} className={asking ? 'opacity-60' : undefined}>
          {rows.signals.map((signal) => (
            <SignalLine
              key={signal.id}
              signal={signal}
              open={open.includes(signal.id)}
              leaving={rows.leaving.has(signal.id)}
              onToggle={onToggle}
              onTie={onTie}
            />
          ))}
        </ul>
        {rows.signals.length > 0 && (
          <div className="flex flex-col items-center gap-2 px-4 py-3 text-muted">
            {rows.nextBefore === null ? (
              <p>
                These are all {narrowed ? 'that match among those ' : 'that are '}kept here. The log has the older ones.
              </p>
            ) : (
              <Button look="quiet" className="max-md:h-11" disabled={older?.asking} onClick={onOlder}>
                <History aria-hidden /> {older?.asking ? 'Asking for older ones' : 'Older'}
              </Button>
            )}
            <ProblemLine problem={older?.problem} />
          </div>
        )}
      </div>
    </section>
  )
}
