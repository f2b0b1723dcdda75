'use client'
// Which columns the table has: as the link says, else as this browser keeps them, else as at first.
import { useMemo } from 'react'
import { z } from 'zod'
import { useKept } from './browser-kept.ts'
import { type ColumnKey, columnsAtFirst, columnsOf } from './columns.ts'
import { useLiveUrl } from './live-url.ts'

const Kept = z.array(z.string().max(40)).max(40)
const empty: readonly string[] = columnsAtFirst

/** The same array while the columns are the same. */
export function useColumns(): [readonly ColumnKey[], (next: readonly ColumnKey[]) => void] {
  const [{ cols }, setUrl] = useLiveUrl()
  const [kept, keep] = useKept('vigil.live.columns', Kept, empty as string[])
  const words = (cols ?? kept).join(' ')
  const chosen = useMemo(() => columnsOf(words.split(' ')), [words])
  return [
    chosen,
    (next) => {
      const ordered = columnsOf(next)
      keep(ordered)
      void setUrl({ cols: ordered })
    },
  ]
}
