// A row of toggles that narrow a list; on is told by its shape and a cross, not by a colour.
import { X } from 'lucide-react'
import { classNames } from './class-names.ts'
import { countText } from './format-quantity.ts'

/** `isAll`: the one that narrows nothing, so there is nothing to take away. */
type Chip<Name extends string> = { value: Name; word: string; count?: number; isAll?: boolean }

type Props<Name extends string> = {
  label: string
  chips: readonly Chip<Name>[]
  on: readonly Name[]
  onToggle: (name: Name) => void
  className?: string
}

export function FilterChips<Name extends string>({ label, chips, on, onToggle, className }: Props<Name>) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a row of toggles, not a form's fieldset
    <div role="group" aria-label={label} className={classNames('flex gap-1 overflow-x-auto', className)}>
      {chips.map(({ value, word, count, isAll }) => {
        const isOn = on.includes(value)
        return (
          <button
            key={value}
            type="button"
            aria-pressed={isOn}
            onClick={() => onToggle(value)}
            className={classNames(
              'inline-flex h-6 shrink-0 items-center gap-1 rounded-md border px-2 text-sm outline-offset-[-2px] max-md:h-9 max-md:px-3',
              isOn
                ? 'border-line-strong bg-raised text-ink'
                : 'border-transparent text-muted hover:bg-raised hover:text-ink',
            )}
          >
            {word}
            {count !== undefined && <span className="text-xs text-muted">{countText(count)}</span>}
            {isOn && !isAll && <X aria-hidden className="size-3" />}
          </button>
        )
      })}
    </div>
  )
}
