'use client'
// Starts a drill on the server's own machine, and leads to where it is seen.
import { Siren } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { z } from 'zod'
import type { DrillDescription } from '../../server/protocol/drill.ts'
import { useWhyNotControl } from '../containment/use-role.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { ProblemLine } from '../settings/section.tsx'
import { Button } from '../ui/button.tsx'
import { runWords } from './drill-words.ts'

const Started = z.object({ id: z.string() })

type Props = {
  drill: Pick<DrillDescription, 'name' | 'title'>
  /** Why it cannot be started now. */
  why?: string | undefined
  onStarted?: () => void
  /** Where to go then. */
  goTo?: '/drills'
  look?: 'control' | 'primary'
}

export function RunDrillButton({ drill, why, onStarted, goTo, look = 'control' }: Props) {
  const router = useRouter()
  const whyNot = useWhyNotControl() ?? why
  const [isAsking, setAsking] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const run = async () => {
    if (whyNot !== undefined || isAsking) return
    setAsking(true)
    const answer = await apiCall('POST', '/api/drills', Started, { drill: drill.name })
    setAsking(false)
    setProblem(answer.problem)
    if (answer.problem) return
    onStarted?.()
    if (goTo) router.push(goTo)
  }
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
      <Button
        look={look}
        className="max-md:h-11"
        aria-disabled={whyNot !== undefined || isAsking}
        title={whyNot}
        onClick={() => void run()}
      >
        <Siren aria-hidden /> {runWords(drill.title)}
      </Button>
      {whyNot !== undefined && <span className="text-pretty text-sm text-muted">{whyNot}</span>}
      {problem && <ProblemLine problem={problem} />}
    </div>
  )
}
