'use client'
// A held-down button with what it does and what cannot be undone beside it, read before it is pressed and while it is held.
import { type ReactNode, useId } from 'react'
import type { ButtonLook, ButtonSize } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { HoldToAct } from '../ui/hold-to-act.tsx'
import { HostileText } from '../ui/hostile-text.tsx'

type Props = {
  children: ReactNode
  icon: ReactNode
  /** Accessible name; names the target. */
  label: string
  /** What it acts on, by id: the words may change at an agent's will, and that must not shake the hold off. */
  about: string
  /** May hold agent-written text, such as the session's name. */
  consequence: string
  /** Why it cannot be done here. */
  why?: string | undefined
  size?: ButtonSize
  look?: ButtonLook
  /** Where there is no room below it. */
  side?: 'below' | 'left'
  onHeld: () => void
}

export function Irreversible(props: Props) {
  const { children, icon, label, about, consequence, why, size, look = 'danger', side, onHeld } = props
  const said = useId()
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame; it groups a button with its warning
    <span role="group" aria-describedby={said} className="group relative inline-flex">
      <HoldToAct
        icon={icon}
        label={`${label}. ${consequence}`}
        about={about}
        why={why}
        look={look}
        size={size ?? 'form'}
        onHeld={onHeld}
      >
        {children}
      </HoldToAct>
      <span
        id={said}
        role="tooltip"
        className={classNames(
          'pointer-events-none absolute z-40 hidden w-64 rounded-md border border-critical/50 bg-panel px-2.5 py-1.5 text-left text-sm text-ink shadow-lg group-focus-within:block group-hover:block',
          side === 'left' ? 'top-0 right-full mr-2' : 'top-full right-0 mt-1.5',
        )}
      >
        <HostileText text={consequence} max={300} className="break-words" />
        <span className="block font-medium text-critical">
          {why ?? 'Hold for one second, with the pointer or Enter.'}
        </span>
      </span>
    </span>
  )
}
