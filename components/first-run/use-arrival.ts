'use client'
// When the first fact came in by a door since it was opened. It looks only while it waits; what it saw it goes on saying.
import { useEffect, useRef, useState } from 'react'
import { z } from 'zod'
import { SourceView } from '../../server/protocol/source-view.ts'
import { useLive, useView } from '../live/live-context.tsx'
import { apiCall } from '../settings/api-call.ts'
import type { DoorName } from './doors.ts'

const Sources = z.object({ sources: z.array(SourceView) })
const againMs = 1_500

/** `name`: of the fresh key. Server time of the first fact, `undefined` while none came. */
export function useArrival(door: DoorName, name: string | undefined, host: string): number | undefined {
  const { store } = useLive()
  const [atMs, setAtMs] = useState<number>()
  const rows = useView((view) => view.rows)
  const hosts = useView((view) => view.hosts)
  const before = useRef<ReadonlySet<string>>(undefined)
  const isWhole = useView((view) => view.toCome === 0)
  // Rows that the first snapshot had no room for are no arrivals.
  if (!isWhole || before.current === undefined) before.current = new Set(rows.keys())
  const seen =
    door === 'run'
      ? [...rows.values()].find(
          (row) => row.host !== undefined && row.state !== 'reported' && !before.current?.has(row.session),
        )?.startedAtMs
      : door === 'probe' && name !== undefined && hosts.get(host)?.connected
        ? hosts.get(host)?.sinceMs
        : undefined
  if (seen !== undefined && atMs === undefined) setAtMs(seen)
  const bySource = door !== 'run' && door !== 'probe' && name !== undefined && atMs === undefined
  // biome-ignore lint/correctness/useExhaustiveDependencies: another key is another wait
  useEffect(() => setAtMs(undefined), [name, store])
  useEffect(() => {
    if (!bySource) return
    let over = false
    const look = async () => {
      if (document.hidden) return
      const { value } = await apiCall('GET', '/api/sources', Sources)
      const source = value?.sources.find((each) => each.name === name && each.records > each.refused)
      if (!over && source) setAtMs(source.firstSeenAtMs)
    }
    const timer = setInterval(() => void look(), againMs)
    return () => {
      over = true
      clearInterval(timer)
    }
  }, [bySource, name])
  return atMs
}
