// What it cost and how long it took, in figures. What is not known is said, and is never a nought.
import type { ReactNode } from 'react'
import type { DelayLine, Postmortem } from '../../server/protocol/postmortem.ts'
import { costText, gpuHoursText } from '../gpus/gpu-words.ts'
import { countText } from '../ui/format-quantity.ts'
import { dateTimeText, spanText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'

export function Impact({ of: { incident, farEnds } }: { of: Postmortem }) {
  const { offTask, sessions, moreSessions, hosts, flagCount } = incident
  return (
    <>
      <Tiles>
        <Tile
          name="GPU time beside the task"
          value={offTask && gpuHoursText(offTask.gpuHours * 3_600_000)}
          unknown="not known"
          aside={offTask ? undefined : 'that none was spent is not proven'}
        />
        <Tile
          name="Cost of it"
          value={offTask?.usd === undefined ? undefined : costText(offTask.usd)}
          unknown="not known"
        />
        <Tile
          name="Sessions touched"
          value={`${moreSessions ? 'more than ' : ''}${countText(sessions.length)}`}
          unknown=""
        />
        <Tile name="Hosts" value={hosts.length === 0 ? undefined : countText(hosts.length)} unknown="none is known" />
        <Tile name="Flags" value={countText(flagCount)} unknown="" />
      </Tiles>
      <p className="mt-3 break-words">
        <span className="text-muted">Far ends that flags name: </span>
        {farEnds.named.length === 0 && 'none'}
        {farEnds.named.map((end, index) => (
          <span key={end}>
            {index > 0 && ', '}
            <HostileText text={end} max={128} className="font-mono text-sm" />
          </span>
        ))}
        {farEnds.left > 0 && ` and ${farEnds.left} more`}
      </p>
    </>
  )
}

export function Delays({ of: { delays } }: { of: Postmortem }) {
  return (
    <Tiles>
      {delays.map((line) => (
        <Tile
          key={line.what}
          name={line.what}
          value={tookText(line)}
          unknown={line.instead ?? ''}
          aside={
            (line.tookMs ?? line.instead) !== undefined && line.atMs !== undefined ? dateTimeText(line.atMs) : undefined
          }
        />
      ))}
    </Tiles>
  )
}

function tookText({ tookMs, atMs, instead }: DelayLine): string | undefined {
  if (tookMs !== undefined) return spanText(tookMs)
  return instead !== undefined || atMs === undefined ? undefined : dateTimeText(atMs)
}

function Tiles({ children }: { children: ReactNode }) {
  return <dl className="grid grid-cols-[repeat(auto-fit,minmax(150px,1fr))] gap-3 print:grid-cols-3">{children}</dl>
}

type TileProps = { name: string; value: string | undefined; unknown: string; aside?: string | undefined }

function Tile({ name, value, unknown, aside }: TileProps) {
  return (
    <div className="flex min-w-0 flex-col rounded-lg border bg-panel p-3">
      <dt className="min-h-8 text-sm text-pretty text-muted">{name}</dt>
      <dd className={`pt-1 text-lg font-semibold break-words ${value === undefined ? 'text-warn' : ''}`}>
        {value ?? unknown}
      </dd>
      {aside !== undefined && <dd className="text-sm text-muted">{aside}</dd>}
    </div>
  )
}
