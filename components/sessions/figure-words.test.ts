// given what was measured, and what was not, when the strip tells it, then it never calls nothing a nought.
import { describe, expect, it } from 'vitest'
import type { LiveFigures } from '../../server/protocol/live-view.ts'
import { busyFigure, destinationsFigure, incidentsFigure, offTaskFigure, waitingFigure } from './figure-words.ts'
import { fleetFigures } from './fleet-figures.ts'

const t0 = Date.UTC(2026, 10, 28, 14, 0, 0)
const noGpus: LiveFigures['gpus'] = { known: 0, read: 0, offTaskNow: 0 }
const figures = (change: Partial<LiveFigures>): LiveFigures => ({
  serverNowMs: t0,
  gpus: noGpus,
  offTask: { gpuMs: 0, costUsd: 0, unpricedGpuMs: 0 },
  destinations: { fresh: 0, denied: 0, seen: 0, isFull: false, isReading: false },
  ...change,
})

describe('the strip of figures', () => {
  it('says that no GPU is heard of, where none is, and not that none is busy', () => {
    expect([busyFigure(noGpus, t0), offTaskFigure(figures({}))]).toMatchObject([
      { value: '—', aside: 'no GPU heard of' },
      { value: '—', aside: 'no GPU heard of' },
    ])
  })

  it('says how old the last reading of GPUs is, where none is fresh', () => {
    expect(busyFigure({ known: 8, read: 0, newestAtMs: t0 - 300_000, offTaskNow: 0 }, t0)).toMatchObject({
      value: '—',
      aside: '8 GPUs, last read 5 min ago',
    })
  })

  it('says of how many GPUs it speaks, where not all are read', () => {
    const busy = { known: 8, read: 2, busyPercent: 91.44, newestAtMs: t0, offTaskNow: 0 }
    expect(busyFigure(busy, t0)).toMatchObject({ value: '91.4%', aside: '2 of 8 GPUs read', asideTone: 'warn' })
  })

  it('is red only while a GPU is off task now, and says how much came lately', () => {
    const offTask = {
      gpuMs: 1_512_000,
      costUsd: 1,
      unpricedGpuMs: 0,
      added: { gpuMs: 1_116_000, overMs: 600_000 },
    }
    const gpus = { known: 2, read: 2, busyPercent: 50, newestAtMs: t0, offTaskNow: 1 }
    expect(offTaskFigure(figures({ gpus, offTask }))).toMatchObject({
      value: '0.42 GPU-h',
      aside: '1 GPU now · +0.31 GPU-h in 10 min 00 s',
      tone: 'critical',
    })
    expect(offTaskFigure(figures({ gpus: { ...gpus, offTaskNow: 0 }, offTask })).tone).toBeUndefined()
  })

  it('does not count destinations where nothing was seen, nor while the log is being read after a start', () => {
    expect(destinationsFigure(figures({}).destinations, t0)).toMatchObject({
      value: '—',
      aside: 'none beyond their own hosts',
    })
    expect(destinationsFigure({ ...figures({}).destinations, fresh: 3, isReading: true }, t0).value).toBe('—')
  })

  it('names how many were refused and when the newest came, and says when some were forgotten', () => {
    const many = { fresh: 17, denied: 2, seen: 17, newestAtMs: t0 - 5_000, isFull: true, isReading: false }
    expect(destinationsFigure(many, t0)).toMatchObject({
      value: '17 / 10 min',
      aside: '2 refused · newest 5 s ago · too many to remember: some were forgotten',
    })
  })

  it('counts incidents that are not over, and a drill apart from them', () => {
    const none = fleetFigures(new Map())
    expect(incidentsFigure(undefined, none)).toMatchObject({ value: '—', aside: 'asking' })
    expect(incidentsFigure({ open: 0, drills: 1 }, none)).toMatchObject({
      value: '0',
      aside: '1 drill · no session that runs has a flag that pages',
      tone: undefined,
    })
    expect(incidentsFigure({ open: 2, drills: 0 }, { ...none, pages: 3, pagedSessions: 1 })).toMatchObject({
      value: '2',
      aside: '3 flags that page, in 1 session',
      tone: 'critical',
    })
  })

  it('says when the next approval denies itself', () => {
    expect(waitingFigure({ waiting: 3, soonestExpiresAtMs: t0 + 98_000 }, t0)).toMatchObject({
      value: '3',
      aside: 'next denies itself in 1 min 38 s',
    })
    expect(waitingFigure(undefined, t0).value).toBe('—')
  })
})
