'use client'
// How the risk of the session went in the last hour: whether what waits is one more of many, or the first.
import { useMemo } from 'react'
import { z } from 'zod'
import { FlagView } from '../../server/protocol/flag-view.ts'
import { useNow } from '../live/use-now.ts'
import { useListed } from '../settings/use-listed.ts'
import { Sparkline } from '../ui/sparkline.tsx'
import { courseMinutes, riskCourse } from './risk-course.ts'

const Listed = z.object({ flags: z.array(FlagView) })
const againMs = 15_000
const value = (score: number) => score
/** From here on an incident opens. */
const fullScore = 100

export function SessionRisk({ session }: { session: string }) {
  const { value: listed } = useListed(
    `/api/flags?session=${encodeURIComponent(session)}&limit=200`,
    Listed,
    true,
    againMs,
  )
  const now = useNow(60_000)
  const course = useMemo(() => riskCourse(listed?.flags ?? [], now), [listed, now])
  if (!listed) return <span className="text-muted">Asking</span>
  const newest = Math.round(course.at(-1) ?? 0)
  return (
    <span className="grid gap-1">
      <span className="text-muted">
        {listed.flags.length === 0 ? 'never flagged' : `${newest} now · ${Math.round(course[0] ?? 0)} an hour ago`}
      </span>
      {listed.flags.length > 0 && (
        <Sparkline
          points={course}
          valueOf={value}
          floorMax={fullScore}
          width={208}
          height={40}
          capacity={courseMinutes + 1}
          className={newest >= 40 ? 'text-warn' : undefined}
        />
      )}
    </span>
  )
}
