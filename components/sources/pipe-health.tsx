// Above the sources: Vigil's own test of its pipe, and the probes of hosts with when they were connected.
import { Activity, TriangleAlert } from 'lucide-react'
import Link from 'next/link'
import type { CanaryView } from '../../server/protocol/canary-view.ts'
import type { ProbeHeartbeat } from '../../server/protocol/source-view.ts'
import { serverCanaryText } from '../live/link-words.ts'
import { classNames } from '../ui/class-names.ts'
import { countText } from '../ui/format-quantity.ts'
import { ageText, spanText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { HeardStrips } from './heard-strip.tsx'

/** Of a fleet the ones that are away come first; the others are on the page of hosts. */
const probesShown = 20

type Props = { canary: CanaryView; probes: readonly ProbeHeartbeat[]; now: number }

export function PipeHealth({ canary, probes, now }: Props) {
  const isWrong = canary.problem !== undefined
  const Icon = isWrong ? TriangleAlert : Activity
  const ordered = [...probes].sort((a, b) => Number(a.connected) - Number(b.connected) || (a.host < b.host ? -1 : 1))
  return (
    <>
      <section aria-label="Canary" className="border-b px-4 py-2 max-md:px-3">
        <p className={classNames('flex items-start gap-2', isWrong && 'text-warn')}>
          <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
          <span className="min-w-0 text-pretty">
            <span className="font-medium">Canary</span> through the whole pipe
            {canary.everyMs !== undefined && ` every ${spanText(canary.everyMs)}`}: {serverCanaryText(canary)}{' '}
            <Link href="/sources/server" prefetch={false} className="text-info underline">
              How the server itself is doing
            </Link>
          </span>
        </p>
      </section>
      <section aria-label="Probes of hosts" className="border-b px-4 py-2 max-md:px-3">
        <h2 className="text-sm text-muted">Probes of hosts</h2>
        {probes.length === 0 && (
          <p className="text-muted">None: no probe has connected to this server, so nothing is read from a host.</p>
        )}
        <ul>
          {ordered.slice(0, probesShown).map((probe) => (
            <li key={probe.host} className="grid gap-x-4 gap-y-1 py-1 md:grid-cols-[minmax(180px,1fr)_minmax(0,3fr)]">
              <div className="min-w-0">
                <HostileText text={probe.host} max={80} className="block truncate font-medium" />
                <span className={classNames('block text-sm', probe.connected ? 'text-muted' : 'text-warn')}>
                  {now < 1e12
                    ? '—'
                    : `${probe.connected ? 'connected' : 'gone'} for ${ageText(Math.max(0, now - probe.sinceMs))}`}
                  {probe.goneBecause !== undefined && (
                    <>
                      : <HostileText text={probe.goneBecause} max={120} />
                    </>
                  )}
                </span>
              </div>
              <HeardStrips heard={probe.heard} />
            </li>
          ))}
        </ul>
        {probes.length > probesShown && (
          <p className="text-sm text-muted">{countText(probes.length - probesShown)} more, those that are away first</p>
        )}
      </section>
    </>
  )
}
