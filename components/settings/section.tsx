// The frame of one group of settings, and the words of a problem in it.
import { type ReactNode, useId } from 'react'
import { HostileText } from '../ui/hostile-text.tsx'
import type { ApiProblem } from './api-call.ts'

type Props = { title: string; says: ReactNode; why?: string | undefined; children: ReactNode }

/** `why`: nobody of this role may change anything here. */
export function Section({ title, says, why, children }: Props) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="mb-8">
      <h2 id={id} className="text-lg font-semibold">
        {title}
      </h2>
      <div className="mt-0.5 mb-3 max-w-prose text-pretty text-muted">{says}</div>
      {why && <p className="mb-3 text-sm text-warn">{why}</p>}
      {children}
    </section>
  )
}

export function ProblemLine({ problem }: { problem: ApiProblem | undefined }) {
  if (!problem) return null
  return (
    <p role="alert" className="mt-2 rounded-md border border-critical/50 bg-critical/10 px-3 py-2 text-critical">
      <HostileText text={problem.title} max={200} className="font-medium" />
      {problem.detail && (
        <>
          {': '}
          <HostileText text={problem.detail} max={500} />
        </>
      )}
    </p>
  )
}

export const listClass = 'divide-y rounded-lg border bg-panel'
export const inputClass =
  'h-9 w-full rounded-md border border-line-strong bg-canvas px-3 text-base outline-offset-0 disabled:text-faint max-md:h-11 max-md:text-[16px]'

type FieldProps = {
  label: string
  hint?: string
  /** Gets the attributes that tie the control to its words. */
  children: (ties: { id: string; 'aria-describedby'?: string }) => ReactNode
}

export function Field({ label, hint, children }: FieldProps) {
  const id = useId()
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block text-sm text-muted">
        {label}
      </label>
      {children(hint === undefined ? { id } : { id, 'aria-describedby': `${id}-hint` })}
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-pretty text-sm text-muted">
          {hint}
        </p>
      )}
    </div>
  )
}
