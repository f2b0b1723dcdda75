// Actions that asked for a person: how many, what became of them, and how long a decision took. What nobody decided has no wait: its end was
// a clock's. Pure.
import type { SessionId } from '../../protocol/ids.ts'
import type { ApprovalFigures, NumbersStep, NumbersView } from '../../protocol/numbers-view.ts'
import { spreadOf } from './spread.ts'
import { stepAt } from './steps.ts'

/** One fact of the log; `approval` undefined: it could not be read. */
export type ApprovalFact = {
  atMs: number
  session: SessionId | undefined
  approval: string | undefined
} & ({ is: 'asked' } | { is: 'decided'; decision: string | undefined; by: string | undefined })

export type ApprovalsCounted = {
  /** Oldest first. */
  facts: readonly ApprovalFact[]
  steps: readonly NumbersStep[]
  drills: boolean
  isDrill(session: SessionId, askedAtMs: number): boolean
  nowMs: number
  sinceMs?: number | undefined
}

type Asked = {
  step: number
  atMs: number
  session: SessionId | undefined
  end?: { atMs: number; as: string; by: string | undefined }
}

const endedAs: Readonly<Record<string, 'allowed' | 'denied' | 'expired' | 'withdrawn'>> = {
  approved: 'allowed',
  edited: 'allowed',
  denied: 'denied',
  expired: 'expired',
  withdrawn: 'withdrawn',
}

/** By when they were asked. The first decision counts. */
export function approvalFiguresOf(given: ApprovalsCounted): NumbersView['approvals'] {
  const { steps, drills, isDrill, nowMs, sinceMs } = given
  const asked = new Map<string, Asked>()
  let unreadable = 0
  for (const fact of given.facts) {
    const { approval, atMs, session } = fact
    if (approval === undefined || (fact.is === 'decided' && fact.decision === undefined)) unreadable += 1
    else if (fact.is === 'asked') {
      const step = stepAt(steps, atMs)
      if (step !== undefined && !asked.has(approval)) asked.set(approval, { step, atMs, session })
    } else {
      const known = asked.get(approval)
      if (known && fact.decision !== undefined) known.end ??= { atMs, as: fact.decision, by: fact.by }
    }
  }
  const all = [...asked.values()]
  const counted = all.filter(({ session, atMs }) => drills || session === undefined || !isDrill(session, atMs))
  return {
    all: figuresOf(counted, nowMs),
    perStep: steps.map((_, index) =>
      figuresOf(
        counted.filter(({ step }) => step === index),
        nowMs,
      ),
    ),
    drillsLeftOut: all.length - counted.length,
    unreadable,
    ...(sinceMs !== undefined && { sinceMs }),
  }
}

function figuresOf(asked: readonly Asked[], nowMs: number): ApprovalFigures {
  const ends = { allowed: 0, denied: 0, expired: 0, withdrawn: 0, waiting: 0 }
  const figures: ApprovalFigures = { asked: asked.length, ...ends, byPerson: 0 }
  const waits: number[] = []
  for (const { atMs, end } of asked) {
    const as = end && endedAs[end.as]
    if (!end || as === undefined) {
      figures.waiting += 1
      figures.longestWaitingMs = Math.max(figures.longestWaitingMs ?? 0, nowMs - atMs)
      continue
    }
    figures[as] += 1
    // A key answers as fast as its program does: that says nothing of how long people let an agent wait.
    if ((as !== 'allowed' && as !== 'denied') || end.by !== 'operator') continue
    figures.byPerson += 1
    if (end.atMs >= atMs) waits.push(end.atMs - atMs)
  }
  const wait = spreadOf(waits)
  return wait ? { ...figures, wait } : figures
}
