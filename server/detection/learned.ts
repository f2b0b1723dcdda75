// What a policy has learned: the same thing in several episodes of one training run is one finding about the run, and not one for each
// episode. The run is named by the trainer's side, never by the agent: it could hide by naming another.
import { type Flag, type Severity, severities } from './flag.ts'
import { RecencyMap } from './stateful/recency-map.ts'

export type LearnedFinding = {
  /** The same for all that is said of the same thing: what comes later takes the place of what came before. */
  id: string
  run: string
  rule: string
  fingerprint: string
  title: string
  /** Of the worst flag among them. */
  severity: Severity
  tactics: readonly string[]
  techniques: readonly string[]
  /** In how many different episodes since it began; `examples` names the newest of them. */
  episodes: number
  examples: readonly string[]
  firstMs: number
  lastMs: number
  why: string
}

export type LearnedOptions = {
  /** Episodes that must show it within `withinMs`. */
  episodesMin?: number
  withinMs?: number
}

const runsMax = 256
const perRun = 512
const episodesKept = 64
const examplesMax = 8

type Seen = {
  /** When each episode last showed it, oldest first; bounded. */
  episodes: Map<string, number>
  count: number
  worst: Severity
  firstMs: number
  lastMs: number
  /** How many episodes were told of; 0: it is no finding yet. */
  told: number
}

export function createLearned({ episodesMin = 3, withinMs = 3_600_000 }: LearnedOptions = {}) {
  const runs = new RecencyMap<RecencyMap<Seen>>(runsMax)

  /**
   * A flag of an episode of `run`, at `nowMs` of this server's clock. Answers a finding when there is one for the first time, and again each
   * time that twice as many episodes show it.
   */
  function observe(flag: Flag, run: string | undefined, nowMs: number): LearnedFinding | undefined {
    // Lows are everyday: three episodes that install a package have learned nothing.
    if (run === undefined || flag.session === undefined || rank(flag.severity) < rank('medium')) return undefined
    let ofRun = runs.get(run)
    if (ofRun === undefined) {
      ofRun = new RecencyMap(perRun)
      runs.set(run, ofRun)
    }
    let seen = ofRun.get(flag.fingerprint)
    // Not seen for so long: what comes now is a new story.
    if (seen === undefined || nowMs - seen.lastMs > withinMs) {
      seen = { episodes: new Map(), count: 0, worst: flag.severity, firstMs: nowMs, lastMs: nowMs, told: 0 }
      ofRun.set(flag.fingerprint, seen)
    }
    seen.lastMs = Math.max(seen.lastMs, nowMs)
    if (rank(flag.severity) > rank(seen.worst)) seen.worst = flag.severity
    const isNew = !seen.episodes.delete(flag.session)
    seen.episodes.set(flag.session, nowMs)
    if (isNew) seen.count += 1
    for (const [oldest, atMs] of seen.episodes) {
      if (seen.episodes.size <= episodesKept && nowMs - atMs <= withinMs) break
      seen.episodes.delete(oldest)
    }
    if (!isNew || seen.episodes.size < episodesMin) return undefined
    if (seen.told > 0 && seen.count < seen.told * 2) return undefined
    seen.told = seen.count
    return findingOf(flag, run, seen)
  }

  return { observe }
}

function findingOf(flag: Flag, run: string, { episodes, count, worst, firstMs, lastMs }: Seen): LearnedFinding {
  const examples = [...episodes.keys()].slice(-examplesMax).reverse()
  return {
    id: `${run} ${flag.fingerprint}`,
    run,
    rule: flag.rule,
    fingerprint: flag.fingerprint,
    title: `Learned behaviour: ${flag.title}`,
    severity: worst,
    tactics: flag.tactics,
    techniques: flag.techniques,
    episodes: count,
    examples,
    firstMs,
    lastMs,
    why: `${episodes.size} episodes of this run did the same within an hour: the policy does it, not one episode. Look at what the reward pays for.`,
  }
}

function rank(severity: Severity): number {
  return severities.indexOf(severity)
}
