// One labelled input; 16 px letters on narrow screens so that phones do not zoom in.
import { type ComponentProps, useId } from 'react'

export function FormField({ label, hint, ...input }: { label: string; hint?: string } & ComponentProps<'input'>) {
  const id = useId()
  return (
    <div className="mb-4">
      <label htmlFor={id} className="mb-1 block text-sm text-muted">
        {label}
      </label>
      <input
        id={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="h-9 w-full rounded-md border border-line-strong bg-panel px-3 text-base outline-offset-0 max-md:h-11 max-md:text-[16px]"
        {...input}
      />
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-sm text-muted">
          {hint}
        </p>
      )}
    </div>
  )
}

export function FormProblem({ children }: { children: string }) {
  return (
    <p role="alert" className="mb-4 rounded-md border border-critical/50 bg-critical/10 px-3 py-2 text-critical">
      {children}
    </p>
  )
}
