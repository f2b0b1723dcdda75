// Named sentences side by side, as a row opens to.
import { type ReactNode, useId } from 'react'
import { classNames } from './class-names.ts'
import { HostileText } from './hostile-text.tsx'

/** Inside a `dl`. */
export function Fact({ name, children }: { name: string; children: string }) {
  return (
    <div className="min-w-0">
      <dt className="text-sm text-muted">{name}</dt>
      <dd className="min-w-0 text-pretty break-words">
        <HostileText text={children} max={1_000} />
      </dd>
    </div>
  )
}

/** One part of what a row opens to, or of a page. */
type PartProps = {
  title: string
  /** One below the heading that stands over it. */
  heading?: 'h2' | 'h3'
  className?: string
  children: ReactNode
}

export function Part({ title, heading: Heading = 'h3', className, children }: PartProps) {
  const id = useId()
  return (
    <section aria-labelledby={id} className={classNames('min-w-0', className)}>
      <Heading id={id} className="mb-1 text-sm text-muted">
        {title}
      </Heading>
      {children}
    </section>
  )
}
