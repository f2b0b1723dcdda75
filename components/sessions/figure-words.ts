// What the strip of figures says. A figure that nobody measured is told as such and never as nought. Pure.
import { type LiveFigures, newForMs } from '../../server/protocol/live-view.ts'
import { costText, gpuHoursText } from '../gpus/gpu-words.ts'
import { countText, plural } from '../ui/format-quantity.ts'
import { agoText, spanText } from '../ui/format-time.ts'
import type { FleetFigures } from './fleet-figures.ts'

export type Tone = 'warn' | 'critical' | undefined
export type Figure = { value: string; aside: string; tone: Tone; asideTone?: Tone }

/** Of a question that has had no answer yet, or whose last one is old. */
export const unasked: Figure = { value: '—', aside: 'asking', tone: undefined }
export const unheard: Figure = { value: '—', aside: 'no answer from the server', tone: 'warn', asideTone: 'warn' }

/** A reading older than this is said to be. */
const staleMs = 10_000

export function sessionsFigure(figures: FleetFigures): Figure {
  const parts = [`${countText(figures.paused)} paused`]
  if (figures.contained > 0) parts.push(`${countText(figures.contained)} of them contained`)
  if (figures.asked > 0) parts.push(`${countText(figures.asked)} asked`)
  if (figures.silent > 0) parts.push(`${countText(figures.silent)} silent`)
  parts.push(`${countText(figures.ended)} ended`)
  const asideTone = figures.silent > 0 ? 'warn' : undefined
  return { value: countText(figures.running), aside: parts.join(' · '), tone: undefined, asideTone }
}

export function busyFigure({ known, read, busyPercent, newestAtMs }: LiveFigures['gpus'], nowMs: number): Figure {
  if (known === 0) return { value: '—', aside: 'no GPU heard of', tone: undefined }
  if (busyPercent === undefined) {
    const age = newestAtMs === undefined ? 'never read' : `last read ${agoText(nowMs - newestAtMs)}`
    return { value: '—', aside: `${plural(known, 'GPU')}, ${age}`, tone: undefined, asideTone: 'warn' }
  }
  const ageMs = nowMs - (newestAtMs ?? nowMs)
  const of = read === known ? plural(known, 'GPU') : `${countText(read)} of ${plural(known, 'GPU')} read`
  return {
    value: `${busyPercent >= 99.95 ? '100' : busyPercent.toFixed(1)}%`,
    aside: ageMs > staleMs ? `${agoText(ageMs)} · ${of}` : of,
    tone: undefined,
    asideTone: read < known || ageMs > staleMs ? 'warn' : undefined,
  }
}

export function offTaskFigure({ gpus, offTask }: LiveFigures): Figure {
  const { gpuMs, costUsd, unpricedGpuMs, added } = offTask
  if (gpus.known === 0) return { value: '—', aside: 'no GPU heard of', tone: undefined }
  const parts: string[] = []
  if (gpus.offTaskNow > 0) parts.push(`${plural(gpus.offTaskNow, 'GPU')} now`)
  if (added !== undefined && gpuMs > 0)
    parts.push(
      added.gpuMs === 0
        ? `none in the last ${spanText(added.overMs)}`
        : `+${gpuHoursText(added.gpuMs)} in ${spanText(added.overMs)}`,
    )
  else if (gpuMs > unpricedGpuMs) parts.push(costText(costUsd))
  if (gpuMs === 0 && parts.length === 0) parts.push('none counted')
  return {
    value: gpuHoursText(gpuMs),
    aside: parts.join(' · '),
    tone: gpus.offTaskNow > 0 ? 'critical' : undefined,
    asideTone: gpus.offTaskNow > 0 ? 'critical' : undefined,
  }
}

export function destinationsFigure(destinations: LiveFigures['destinations'], nowMs: number): Figure {
  const { fresh, denied, seen, newestAtMs, isFull, isReading } = destinations
  const minutes = Math.round(newForMs / 60_000)
  if (isReading) return { value: '—', aside: 'the log is being read after a start', tone: undefined }
  if (seen === 0) return { value: '—', aside: 'none beyond their own hosts', tone: undefined }
  const parts: string[] = []
  if (denied > 0) parts.push(`${countText(denied)} refused`)
  if (fresh > 0 && newestAtMs !== undefined) parts.push(`newest ${agoText(nowMs - newestAtMs)}`)
  if (fresh === 0) parts.push(`${plural(seen, 'destination')} known`)
  if (isFull) parts.push('too many to remember: some were forgotten')
  return {
    value: `${countText(fresh)} / ${minutes} min`,
    aside: parts.join(' · '),
    tone: fresh > 0 ? 'warn' : undefined,
    asideTone: isFull ? 'warn' : undefined,
  }
}

/** A drill is counted apart: it is no incident. Flags that page are told beside. */
export function incidentsFigure(
  incidents: { open: number; drills: number } | undefined,
  { pages, pagedSessions }: FleetFigures,
): Figure {
  if (incidents === undefined) return unasked
  const { open, drills } = incidents
  const parts: string[] = []
  if (drills > 0) parts.push(plural(drills, 'drill'))
  parts.push(
    pages === 0
      ? 'no session that runs has a flag that pages'
      : `${plural(pages, 'flag')} that page${pages === 1 ? 's' : ''}, in ${plural(pagedSessions, 'session')}`,
  )
  return { value: countText(open), aside: parts.join(' · '), tone: open > 0 ? 'critical' : undefined }
}

export function waitingFigure(
  approvals: { waiting: number; soonestExpiresAtMs?: number | undefined } | undefined,
  nowMs: number,
  isStale = false,
): Figure {
  if (approvals === undefined) return unasked
  const { waiting, soonestExpiresAtMs } = approvals
  if (waiting > 0 && isStale)
    return { value: countText(waiting), aside: 'not heard: nobody knows whether they still wait', tone: undefined }
  if (waiting === 0) return { value: '0', aside: 'no action is held', tone: undefined }
  const leftMs = soonestExpiresAtMs === undefined ? undefined : soonestExpiresAtMs - nowMs
  const aside =
    leftMs === undefined
      ? 'decide'
      : leftMs <= 0
        ? 'the next denies itself now'
        : `next denies itself in ${spanText(Math.ceil(leftMs / 1_000) * 1_000)}`
  return { value: countText(waiting), aside, tone: 'warn', asideTone: 'warn' }
}
