'use client'
// One thing that opens a door (a key, a wallboard's link) until it is revoked: what it is, and its end, held down because nothing brings it back.
import { type ReactNode, useState } from 'react'
import { z } from 'zod'
import { dateTimeText } from '../ui/format-time.ts'
import { HoldToAct } from '../ui/hold-to-act.tsx'
import { HostileText } from '../ui/hostile-text.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { type ApiProblem, apiCall } from './api-call.ts'
import { ProblemLine } from './section.tsx'

const Revoked = z.object({ revoked: z.string() })

type Props = {
  name: string
  hint: string
  /** Beside its name. */
  mark?: ReactNode
  icon?: ReactNode
  revokedAtMs: number | undefined
  /** Where it is revoked; absent where it cannot be from here. */
  path: string | undefined
  /** `key`, `link of`: what stands before its name for who does not see it. */
  what: string
  onRevoked: () => Promise<void>
  children: ReactNode
}

export function RevocableLine({ name, hint, mark, icon, revokedAtMs, path, what, onRevoked, children }: Props) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const revoke = async (at: string) => {
    setBusy(true)
    const answer = await apiCall('DELETE', at, Revoked)
    setBusy(false)
    setProblem(answer.problem)
    if (answer.value) await onRevoked()
  }
  return (
    <li className="px-4 py-2.5 max-md:px-3">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
        <div className="min-w-0 flex-1 basis-72">
          <p className="flex flex-wrap items-baseline gap-x-2">
            {icon}
            <HostileText text={name} max={100} className="break-words font-medium" />
            <span className="font-mono text-sm text-muted">…{hint}</span>
            {mark}
          </p>
          {children}
        </div>
        {revokedAtMs !== undefined ? (
          <span className="text-sm text-muted">revoked {dateTimeText(revokedAtMs)}</span>
        ) : (
          path !== undefined && (
            <HoldToAct
              look="quiet"
              className="max-md:h-11 max-md:w-full"
              busy={busy}
              about={`revoke ${path}`}
              label={`Hold to revoke the ${what} ${visibleText(name, { max: 80 })}`}
              onHeld={() => void revoke(path)}
            >
              Hold to revoke
            </HoldToAct>
          )
        )}
      </div>
      <ProblemLine problem={problem} />
    </li>
  )
}
