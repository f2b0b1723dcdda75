// Beside the word of a button that lifts: whose hold it would lift, where it is not one's own.
import { classNames } from '../ui/class-names.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import type { OthersHoldWords } from './hold-words.ts'

/** `short`: only whose; the button's title says the rest. */
export function OthersHold({ others, short }: { others: OthersHoldWords | undefined; short: boolean }) {
  if (!others) return null
  return (
    <span className={classNames('min-w-0 truncate text-2xs', short ? 'max-w-18' : 'max-w-56')}>
      · <HostileText text={short ? others.whose : others.words} max={80} />
    </span>
  )
}
