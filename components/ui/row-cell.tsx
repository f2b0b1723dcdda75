// What a row of a wide list becomes on a narrow screen: named figures of a card. And the heading of such a list.
import type { ReactNode } from 'react'
import { classNames } from './class-names.ts'

type CellProps = { name: string; isCount?: boolean; className?: string | undefined; children: ReactNode }

/** Inside a `dl` that is `xl:contents`. */
export function RowCell({ name, isCount = false, className, children }: CellProps) {
  return (
    <div className={classNames('relative min-w-0', isCount && 'xl:text-right', className)}>
      <dt className="text-xs text-muted xl:sr-only">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  )
}

type HeadProps = {
  heads: readonly string[]
  /** The class of the columns, as the rows have it. */
  columns: string
  /** From this one on they are numbers. */
  countsFrom?: number
  className?: string
}

/** For the eye alone: every cell says its own name. */
export function RowHeads({ heads, columns, countsFrom = heads.length, className }: HeadProps) {
  return (
    <div
      aria-hidden
      className={classNames(columns, 'h-7 items-center border-b px-4 text-xs text-muted max-xl:hidden', className)}
    >
      {heads.map((head, index) => (
        <span key={head} className={index === 0 ? 'pl-[22px]' : index >= countsFrom ? 'text-right' : undefined}>
          {head}
        </span>
      ))}
    </div>
  )
}
