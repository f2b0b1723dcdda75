'use client'
// Checks the chain on demand, and goes on saying what was ever found wrong: the chain grows over a wound, it does not heal it.
import { ShieldAlert, ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import { z } from 'zod'
import type { AuditHead } from '../../server/protocol/audit.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { Button } from '../ui/button.tsx'
import { countText } from '../ui/format-quantity.ts'
import { clockText } from '../ui/format-time.ts'

const Verified = z.object({
  ok: z.boolean(),
  checked: z.number(),
  why: z.string().optional(),
  damage: z.array(z.object({ foundAtMs: z.number(), n: z.number(), why: z.string() })),
})
type Verified = z.infer<typeof Verified>
/** A chain of millions takes its time. */
const checkMs = 300_000

export function ChainCheck({ head }: { head: AuditHead }) {
  const [found, setFound] = useState<{ verdict: Verified; atMs: number }>()
  const [problem, setProblem] = useState<ApiProblem>()
  const [isChecking, setChecking] = useState(false)
  const check = async () => {
    setChecking(true)
    const answer = await apiCall('GET', '/api/audit/verify', Verified, undefined, checkMs)
    setChecking(false)
    setProblem(answer.problem)
    if (answer.value) setFound({ verdict: answer.value, atMs: Date.now() })
  }
  return (
    <>
      <Button className="max-md:h-11" disabled={isChecking} onClick={() => void check()}>
        <ShieldCheck aria-hidden /> {isChecking ? 'Checking' : 'Check the chain'}
      </Button>
      <div role="status" className="min-w-0 text-muted">
        {problem ? (
          <span className="text-critical">
            Not checked: {problem.title}. {problem.detail}
          </span>
        ) : found ? (
          <Finding {...found} />
        ) : (
          `${countText(head.n)} ${head.n === 1 ? 'entry' : 'entries'}, each with a hash over the one before`
        )}
      </div>
    </>
  )
}

function Finding({ verdict: { ok, checked, why, damage }, atMs }: { verdict: Verified; atMs: number }) {
  const earlier = damage.filter((each) => each.why !== why)
  return (
    <>
      {ok ? (
        <span className={earlier.length === 0 ? 'text-ok' : undefined}>
          Whole: {countText(checked)} entries follow from each other, checked at {clockText(atMs)}
        </span>
      ) : (
        <span className="inline-flex items-center gap-1.5 text-critical">
          <ShieldAlert aria-hidden className="size-4" /> Not whole: {why}. {countText(checked)} before it are as
          written.
        </span>
      )}
      {earlier.map((each) => (
        <span key={`${each.n} ${each.foundAtMs}`} className="block text-critical">
          Found wrong at {clockText(each.foundAtMs)}: {each.why}
        </span>
      ))}
    </>
  )
}
