'use client'
// The button for what is broad or cannot be undone: it acts only when held down to the end, with the pointer or with Space or Enter.
// Its words name the target. Who cannot hold a key (a screen reader's click) presses twice: the first press only says so.
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { useActsOff } from './act-button.tsx'
import { Button, type ButtonLook, type ButtonSize } from './button.tsx'
import { classNames } from './class-names.ts'

export const holdMs = 1_000
const hintMs = 1_800
const armedMs = 6_000

type Props = {
  /** The words, with the target: "Hold to contain 12 sessions of host gpu-node-17". */
  children: ReactNode
  onHeld: () => void
  /**
   * Identifies what it acts on. When that changes under the finger the hold is off: what was pressed is not what would be done.
   * Left out, it is the label, or the words where they are plain text; give it where an agent can change those.
   */
  about?: string
  icon?: ReactNode
  /** Where the words are shorter than what is done. */
  label?: string
  /** Why it cannot be pressed; a button with a reason is shown and does nothing. */
  why?: string | undefined
  busy?: boolean
  look?: ButtonLook
  size?: ButtonSize
  className?: string
}

export function HoldToAct(props: Props) {
  const { children, onHeld, icon, label, busy = false, look = 'critical', size, className } = props
  // Nothing acts in the past, however it is held.
  const actsOff = useActsOff()
  const why = actsOff ?? props.why
  const about = props.about ?? label ?? (typeof children === 'string' ? children : '')
  const [holding, setHolding] = useState(false)
  const [says, setSays] = useState<'hint' | 'armed'>()
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const quiet = useRef<ReturnType<typeof setTimeout>>(undefined)
  const newest = useRef({ onHeld, about })
  const off = why !== undefined || busy
  useEffect(() => {
    newest.current = { onHeld, about }
  })
  const say = (what: 'hint' | 'armed' | undefined, forMs = 0) => {
    clearTimeout(quiet.current)
    setSays(what)
    if (what) quiet.current = setTimeout(() => setSays(undefined), forMs)
  }
  const press = () => {
    if (off || timer.current !== undefined) return
    say(undefined)
    setHolding(true)
    timer.current = setTimeout(() => {
      timer.current = undefined
      setHolding(false)
      if (newest.current.about === about) newest.current.onHeld()
    }, holdMs)
  }
  /** Let go before the end: nothing happens, and it says what was missing. */
  const letGo = (hint: boolean) => {
    if (timer.current === undefined) return
    clearTimeout(timer.current)
    timer.current = undefined
    setHolding(false)
    if (hint) say('hint', hintMs)
  }
  useEffect(() => {
    // Whoever looks away, or whose button is switched off under the finger, has let go.
    const cancel = () => {
      clearTimeout(timer.current)
      timer.current = undefined
      setHolding(false)
    }
    if (off) cancel()
    window.addEventListener('blur', cancel)
    return () => {
      cancel()
      clearTimeout(quiet.current)
      window.removeEventListener('blur', cancel)
    }
  }, [off])
  // biome-ignore lint/correctness/useExhaustiveDependencies: what it acts on has changed, so neither a hold nor a first press counts
  useEffect(
    () => () => {
      clearTimeout(timer.current)
      timer.current = undefined
      setHolding(false)
      setSays(undefined)
    },
    [about],
  )
  const onKey = (event: KeyboardEvent, down: boolean) => {
    if (event.key !== ' ' && event.key !== 'Enter') return
    event.preventDefault()
    if (!down) letGo(true)
    else if (!event.repeat) press()
  }
  const spoken = says === 'armed' ? 'Press again' : says === 'hint' ? 'Keep holding' : undefined
  const button = (
    <Button
      look={why === undefined ? look : 'off'}
      size={size}
      aria-disabled={off}
      aria-label={label}
      aria-description={why ?? 'Hold down for one second'}
      title={why}
      className={classNames('relative touch-none select-none overflow-hidden', className)}
      onPointerDown={(event) => event.button === 0 && press()}
      onPointerUp={() => letGo(true)}
      onPointerLeave={() => letGo(false)}
      onPointerCancel={() => letGo(false)}
      onContextMenu={(event) => event.preventDefault()}
      onKeyDown={(event) => onKey(event, true)}
      onKeyUp={(event) => onKey(event, false)}
      onBlur={() => letGo(false)}
      onClick={(event) => {
        // Pointers and keys were dealt with above; a click without either comes from an assistive technology.
        if (event.detail !== 0 || off) return
        if (says === 'armed') {
          say(undefined)
          newest.current.onHeld()
        } else say('armed', armedMs)
      }}
    >
      <span
        aria-hidden
        className={classNames('holding absolute inset-0 origin-left bg-current opacity-25', !holding && 'hidden')}
        style={holding ? { animation: `hold-to-act ${holdMs}ms linear both` } : undefined}
      />
      {icon}
      <span className="grid min-w-0">
        <span className={classNames('col-start-1 row-start-1 min-w-0 truncate', spoken && 'invisible')}>
          {children}
        </span>
        <span className={classNames('col-start-1 row-start-1 min-w-0 truncate text-center', !spoken && 'invisible')}>
          {spoken}
        </span>
      </span>
    </Button>
  )
  return (
    <>
      {button}
      <span role="status" className="sr-only">
        {spoken}
      </span>
    </>
  )
}
