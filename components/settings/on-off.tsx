// Whether a setting is on: by a sign, a word and a colour, never by colour alone.
import { CircleCheck, CircleSlash } from 'lucide-react'

/** `on` undefined: nobody has told yet, and nothing is claimed. */
export function OnOff({ on }: { on: boolean | undefined }) {
  if (on === undefined) return <span className="text-sm font-normal text-muted">not known yet</span>
  return on ? (
    <span className="flex items-center gap-1 text-sm font-normal text-ok">
      <CircleCheck aria-hidden className="size-3.5" /> On
    </span>
  ) : (
    <span className="flex items-center gap-1 text-sm font-normal text-muted">
      <CircleSlash aria-hidden className="size-3.5" /> Off
    </span>
  )
}
