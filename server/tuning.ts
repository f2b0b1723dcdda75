// From what people said of a rule's flags to an exception that is proposed. Every flag that was judged true is looked at; one that the log no
// longer has, or that was not read, is taken as one of which nothing is known: then nothing is proposed that it might have fitted.
import { aboutSession } from './about-session.ts'
import { type JudgedFlag, judgedMax, proposeException } from './detection/tuning/propose-exception.ts'
import type { WasDrillAt } from './flag-board.ts'
import type { ConsoleState } from './model/state.ts'
import type { Store } from './open-store.ts'
import type { StoredEvent } from './protocol/event.ts'
import type { FlagVerdict } from './protocol/flag.ts'
import type { SessionId } from './protocol/ids.ts'
import type { ProposalView } from './protocol/proposal-view.ts'
import type { RuleBook } from './rulebook/rule-book.ts'

const dayMs = 86_400_000
const verdictDays = 90
/** A flag may have been judged long after it was raised. */
const flagDays = 180
const realMax = 1_000
/** Of a flag's `rule`, as events carry it. */
const ruleIdMax = 64
const unknown: JudgedFlag = { session: undefined, host: undefined, about: {}, matched: [] }

type Said = { verdict: FlagVerdict; session: SessionId | undefined }

export function openTuning(given: {
  book: Pick<RuleBook, 'rule'>
  state: ConsoleState
  store: Pick<Store, 'numbers' | 'readFlagsById'>
  isDrill: WasDrillAt
  nowMs: () => number
}): (id: string) => Promise<ProposalView | undefined> {
  const { book, state, store, isDrill, nowMs } = given
  /** What is rehearsed is no noise; only of a session that is or was a drill it has to be known when its flag was raised. */
  async function withoutDrills(flags: string[], said: ReadonlyMap<string, Said>): Promise<string[]> {
    const sessionOf = (flag: string) => said.get(flag)?.session
    const doubtful = flags.filter((flag) => {
      const session = sessionOf(flag)
      return session !== undefined && isDrill(session, undefined)
    })
    const events = await store.readFlagsById(doubtful, nowMs() - flagDays * dayMs)
    const raisedAtMs = new Map(events.map(({ id, seenAtMs }) => [id as string, seenAtMs]))
    return flags.filter((flag) => {
      const session = sessionOf(flag)
      return session === undefined || !isDrill(session, raisedAtMs.get(flag))
    })
  }

  return async (id) => {
    const rule = book.rule(id)?.rule
    if (!rule) return undefined
    const sinceMs = nowMs() - verdictDays * dayMs
    const read = await store.numbers.verdicts({ fromMs: sinceMs, toMs: nowMs() + 1 })
    const said = newestOf(read.rows, id.slice(0, ruleIdMax))
    const ids = (verdict: FlagVerdict) => [...said].filter(([, each]) => each.verdict === verdict).map(([flag]) => flag)
    const noiseIds = await withoutDrills(ids('false'), said)
    const realIds = ids('true')
    const noiseAsked = noiseIds.reverse().slice(0, judgedMax)
    const realAsked = realIds.slice(0, realMax)
    const events = await store.readFlagsById([...noiseAsked, ...realAsked], nowMs() - flagDays * dayMs)
    const flags = new Map(events.map((event) => [event.id as string, judgedOf(state, event)]))
    const noise = noiseAsked.flatMap((flag) => flags.get(flag) ?? [])
    const real = realAsked.map((flag) => flags.get(flag) ?? unknown)
    // Verdicts or flags that were not read may be true.
    if (read.sinceMs !== undefined || realIds.length > realMax) real.push(unknown)
    const found = proposeException(noise, real, rule.kind === 'rule')
    return {
      rule: id,
      sinceMs,
      noise: noiseIds.length,
      real: realIds.length,
      ...('none' in found
        ? { none: found.none }
        : {
            proposal: { when: found.proposal.when, hides: found.proposal.hides, isImitable: found.proposal.isImitable },
          }),
    }
  }
}

/** The newest word on each flag, in the order in which they were said. */
function newestOf(events: readonly StoredEvent[], rule: string): Map<string, Said> {
  const said = new Map<string, Said>()
  for (const event of events) {
    if (event.kind !== 'flag.judged' || event.data.rule !== rule) continue
    const { flag, verdict } = event.data
    said.delete(flag)
    if (verdict !== undefined) said.set(flag, { verdict, session: event.session })
  }
  return said
}

function judgedOf(state: ConsoleState, event: StoredEvent): JudgedFlag {
  if (event.kind !== 'flag.raised') return unknown
  const { session, host, data } = event
  return { session, host, about: session === undefined ? {} : aboutSession(state, session), matched: data.matched }
}
