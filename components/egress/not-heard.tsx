'use client'
// The server did not answer: what to do about it, with rows that may be old below it or without any. It is asked again by itself.
import { CloudOff, RotateCw } from 'lucide-react'
import type { ApiProblem } from '../settings/api-call.ts'
import { ProblemLine } from '../settings/section.tsx'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { Notice } from '../ui/notice.tsx'

type Props = { problem: ApiProblem; again: () => Promise<void> }

/** Nothing was ever heard: there is no row to stand over. */
export function NeverHeard({ problem, again }: Props) {
  return (
    <Notice icon={<CloudOff aria-hidden />} title="What was seen is not known here">
      <ProblemLine problem={problem} />
      <p className="mt-3">
        It is asked for again by itself. Sensors go on writing to the log as long as the server runs.
      </p>
      <Again again={again} className="mt-3" />
    </Notice>
  )
}

/** Over the end of the rows, so that it moves none of them when it comes. */
export function NotHeard({ problem, again }: Props) {
  return (
    <div className="absolute inset-x-0 bottom-0 z-20 flex flex-wrap items-center gap-x-3 gap-y-2 border-t bg-canvas px-4 pt-1 pb-3 max-md:px-3">
      <div className="min-w-0 flex-1 basis-60">
        <ProblemLine problem={problem} />
      </div>
      <Again again={again} className="mt-2" />
    </div>
  )
}

function Again({ again, className }: { again: Props['again']; className: string }) {
  return (
    <Button className={classNames('max-md:h-11', className)} onClick={() => void again()}>
      <RotateCw aria-hidden /> Try again
    </Button>
  )
}
