'use client'
// What stands where an answer of the server is not there yet, or did not come.
import { RotateCw } from 'lucide-react'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import type { ApiProblem } from './api-call.ts'
import { ProblemLine } from './section.tsx'

type Props = { problem: ApiProblem | undefined; again: () => unknown; className?: string }

/** The problem with the way out of it; nothing where there is none. */
export function AskAgain({ problem, again, className }: Props) {
  if (!problem) return null
  return (
    <div className={classNames('flex flex-wrap items-center gap-x-3 gap-y-2 px-4 pt-2 pb-3 max-md:px-3', className)}>
      <div className="min-w-0 flex-1 basis-72">
        <ProblemLine problem={problem} />
      </div>
      <Button className="mt-2 max-md:h-11" onClick={() => void again()}>
        <RotateCw aria-hidden /> Try again
      </Button>
    </div>
  )
}

/** `what` is asked: "which rules run". */
export function NothingYet({ what, problem, again }: Props & { what: string }) {
  if (problem) return <AskAgain problem={problem} again={again} />
  return (
    <p role="status" className="px-4 py-6 text-muted max-md:px-3">
      Asking {what}
    </p>
  )
}
