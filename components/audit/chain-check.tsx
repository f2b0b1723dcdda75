'use client'
// Checks the chain on demand, and goes on saying what was ever found wrong: the chain grows over a wound, it does not heal it.
import { ShieldAlert, ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import { AuditChecked, type AuditDamage, type AuditHead } from '../../server/protocol/audit.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { Button } from '../ui/button.tsx'
import { countText } from '../ui/format-quantity.ts'
import { clockText, dateTimeText } from '../ui/format-time.ts'

/** A chain of millions takes its time. */
const checkMs = 300_000

/** `damage`: as the list was told; what a check finds is in the next one. */
export function ChainCheck({ head, damage }: { head: AuditHead; damage: readonly AuditDamage[] }) {
  const [found, setFound] = useState<{ verdict: AuditChecked; atMs: number }>()
  const [problem, setProblem] = useState<ApiProblem>()
  const [isChecking, setChecking] = useState(false)
  const check = async () => {
    setChecking(true)
    const answer = await apiCall('GET', '/api/audit/verify', AuditChecked, undefined, checkMs)
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
          <Finding {...found} isMarred={damage.length > 0} />
        ) : (
          `${countText(head.n)} ${head.n === 1 ? 'entry' : 'entries'}, each with a hash over the one before`
        )}
        {damage.map((each) => (
          <span key={`${each.n} ${each.foundAtMs}`} className="flex items-center gap-1.5 text-critical">
            <ShieldAlert aria-hidden className="size-4 shrink-0" /> Found wrong on {dateTimeText(each.foundAtMs)}:{' '}
            {each.why}
          </span>
        ))}
      </div>
    </>
  )
}

type FindingProps = { verdict: AuditChecked; atMs: number; isMarred: boolean }

function Finding({ verdict: { ok, checked, why }, atMs, isMarred }: FindingProps) {
  if (ok)
    return (
      <span className={isMarred ? undefined : 'text-ok'}>
        Whole: {countText(checked)} entries follow from each other, checked at {clockText(atMs)}
      </span>
    )
  return (
    <span className="text-critical">
      Not whole: {why}. {countText(checked)} before it are as written.
    </span>
  )
}
