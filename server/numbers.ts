// The numbers over time, put together from the state and from bounded readings of the log. The same question asked again within seconds gets
// the same answer, so that ten open pages are one reading.

import type { WasDrillAt } from './flag-board.ts'
import { type ApprovalFact, approvalFiguresOf } from './model/numbers/approval-figures.ts'
import { flagFiguresOf, type NameOfRule, precisionOf } from './model/numbers/flag-figures.ts'
import { incidentFiguresOf } from './model/numbers/incident-figures.ts'
import { type IncidentTimes, incidentTimesInLog, incidentTimesOf } from './model/numbers/incident-times.ts'
import { dayMs, stepDaysOf, stepsOf } from './model/numbers/steps.ts'
import type { ConsoleState } from './model/state.ts'
import type { Store } from './open-store.ts'
import type { SessionId } from './protocol/ids.ts'
import type { NumbersDays, NumbersView } from './protocol/numbers-view.ts'
import type { PastPort } from './web/ports.ts'

const sharedMs = 5_000
/** A flag may have been judged long after it was raised. */
const flagDays = 180
/** Each moment of the past is a question of its own. */
const sharedMax = 64

/** `atMs`: of the past, as everything seen by then left it; absent: now. */
export type NumbersQuery = { days: NumbersDays; drills: boolean; atMs?: number | undefined }

/** Of a state, with whether memory has let go of others. */
export function timesIn(state: ConsoleState): { times: IncidentTimes[]; isMore: boolean } {
  const times = incidentTimesOf(state)
  return { times, isMore: state.incidentCount > times.length }
}

export function openNumbers(given: {
  state: ConsoleState
  store: Pick<Store, 'numbers' | 'readFlagsById'>
  /** Until when what was seen of each session was of a drill: what came after counts as everything else. */
  drillSpans(): readonly { session: SessionId; untilMs: number }[]
  nameOfRule: () => NameOfRule
  past: Pick<PastPort, 'read'>
  nowMs: () => number
}): (query: NumbersQuery) => Promise<NumbersView> {
  const { state, store, nowMs } = given
  const shared = new Map<string, { atMs: number; answer: Promise<NumbersView> }>()

  async function read({ days, drills, atMs: pastMs }: NumbersQuery): Promise<NumbersView> {
    const atMs = pastMs ?? nowMs()
    const unheard = stepsOf(days, atMs, [])
    const endMs = unheard.at(-1)?.toMs ?? atMs
    // Of the past nothing that was seen later, though the day went on.
    const span = {
      fromMs: unheard[0]?.fromMs ?? atMs,
      toMs: pastMs === undefined ? endMs : Math.min(endMs, pastMs + 1),
    }
    const spans = given.drillSpans()
    const untilMs = new Map(spans.map((each) => [each.session, each.untilMs]))
    const isDrill: WasDrillAt = (session, seenAtMs) => {
      const until = untilMs.get(session)
      return until !== undefined && (seenAtMs === undefined || seenAtMs <= until)
    }
    const nameOf = given.nameOfRule()
    // One after the other: nobody waits for this as they wait for a live page.
    const steps = stepsOf(days, atMs, await store.numbers.heardDays(span))
    const { times: known, isMore } =
      pastMs === undefined ? timesIn(state) : await given.past.read('incidentTimes', {}, pastMs)
    const forgotten = isMore ? await store.numbers.incidentEvents(span) : { rows: [], sinceMs: undefined }
    const inMemory = new Set(known.map(({ incident }) => incident))
    const older = incidentTimesInLog(forgotten.rows).filter(({ incident }) => !inMemory.has(incident))
    const counts = await store.numbers.flagCounts({ ...span, stepMs: stepDaysOf(days) * dayMs, drills: spans })
    const verdicts = await store.numbers.verdicts(span)
    const judged = verdicts.rows.flatMap((event) => (event.kind === 'flag.judged' ? [event] : []))
    // A flag may be judged long after it was raised: only of a drill's sessions that matters.
    const doubtful = judged.flatMap(({ session, data }) => (session && untilMs.has(session) ? [data.flag] : []))
    const raised = await store.readFlagsById([...new Set(doubtful)], atMs - flagDays * dayMs)
    const raisedAtMs = new Map(raised.map(({ id, seenAtMs }) => [id, seenAtMs]))
    const facts = await store.numbers.approvalFacts(span)
    return {
      atMs,
      days,
      drills,
      steps,
      incidents: incidentFiguresOf({
        times: [...known, ...older],
        steps,
        drills,
        nowMs: atMs,
        sinceMs: forgotten.sinceMs,
      }),
      flags: flagFiguresOf({ counts: counts.rows, steps, drills, nameOf, sinceMs: counts.sinceMs }),
      precision: precisionOf(judged, {
        isDrill: (session, flag) => isDrill(session, raisedAtMs.get(flag)),
        nameOf,
        sinceMs: verdicts.sinceMs,
      }),
      approvals: approvalFiguresOf({
        facts: facts.rows.map(
          ({ kind, atMs: factAtMs, session, approval, decision, by }): ApprovalFact => ({
            atMs: factAtMs,
            session: session as SessionId | undefined,
            approval,
            ...(kind === 'approval.requested' ? { is: 'asked' } : { is: 'decided', decision, by }),
          }),
        ),
        steps,
        drills,
        isDrill,
        nowMs: atMs,
        sinceMs: facts.sinceMs,
      }),
    }
  }

  return (query) => {
    const key = `${query.days} ${query.drills} ${query.atMs ?? ''}`
    const known = shared.get(key)
    if (known && nowMs() - known.atMs < sharedMs) return known.answer
    const answer = read(query)
    if (shared.size >= sharedMax) shared.clear()
    shared.set(key, { atMs: nowMs(), answer })
    // What failed is asked for again.
    answer.catch(() => shared.delete(key))
    return answer
  }
}
