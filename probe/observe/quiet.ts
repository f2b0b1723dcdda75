// Watches a session for some seconds after it was held and says whether it was quiet, otherwise than by the enforcer's own reading:
// by what it used. A measure that cannot be read is said to be unknown; it never counts as quiet.
import type { Session } from '../session.ts'
import { plural } from './members.ts'

export type QuietMeasure = 'cpu' | 'packets' | 'flows' | 'gpu'

/** What must be quiet after what. */
export const quietMeasures = {
  pause: ['cpu'],
  network: ['packets', 'flows'],
  gpu: ['gpu'],
  contain: ['cpu', 'packets', 'flows', 'gpu'],
} as const satisfies { [after: string]: readonly QuietMeasure[] }

/** `processes`: the session's own that compute. `utilPercent`: of the GPUs they are on; undefined where the driver does not tell. */
export type GpuWork = { processes: number; utilPercent: number | undefined } | { problem: string }

type Answer<T> = T | Promise<T>
/** undefined: not known. A reader that throws, too. */
export type QuietReaders = {
  /** CPU time used so far, in microseconds. Must never go down. */
  cpuUsageUs(session: Session): Answer<number | undefined>
  /** Packets that went out so far in spite of everything. Must never go down. */
  packetsPassed?(session: Session): Answer<number | undefined>
  /** Flows open this moment. */
  openFlows?(session: Session): Answer<number | undefined>
  gpuBusy?(session: Session): Answer<GpuWork>
}

export type QuietOptions = {
  read: QuietReaders
  measures: readonly QuietMeasure[]
  /** How long it is watched. Default 3,000 ms. */
  forMs?: number
  /** Default: a timer. */
  sleep?: (ms: number) => Promise<unknown>
  /** Default: `performance.now`. */
  nowMs?: () => number
}

export type QuietReading = {
  quiet: boolean
  /** `no CPU time, no packet, no GPU work for 3.0 s`, or what there was. */
  observed: string
  observedFrom: string
  /** What was not quiet, or is not known, in short sentences. */
  left: string[]
}

type Look = { cpuUs?: number; packets?: number; flows?: number; gpu?: GpuWork }
/** `none`: words for quiet. `some`: what there was. `unknown`: why it is not known; `isOpen` when that alone forbids "quiet". */
type Verdict = { none: string } | { some: string } | { unknown: string; isOpen: boolean }

const looksMin = 3

/** Looks at the start, at the end, and at least once between: flows and GPU work are of the moment. Never rejects. */
export async function watchQuiet(session: Session, options: QuietOptions): Promise<QuietReading> {
  const { read, measures, forMs = 3_000 } = options
  const nowMs = options.nowMs ?? (() => performance.now())
  const sleep = options.sleep ?? ((ms: number) => new Promise((resolve) => setTimeout(resolve, ms)))
  const startMs = nowMs()
  const looks = [await lookAt(session, read, measures)]
  while (nowMs() - startMs < forMs || looks.length < looksMin) {
    await sleep(Math.min(forMs / looksMin, 1_000))
    looks.push(await lookAt(session, read, measures))
  }
  const seconds = ((nowMs() - startMs) / 1_000).toFixed(1)
  const verdicts = measures.map((measure) => verdictOf(measure, looks))
  const some = verdicts.flatMap((verdict) => ('some' in verdict ? [verdict.some] : []))
  const unknown = verdicts.flatMap((verdict) => ('unknown' in verdict ? [verdict.unknown] : []))
  const none = verdicts.flatMap((verdict) => ('none' in verdict ? [verdict.none] : []))
  const isOpen = verdicts.some((verdict) => 'unknown' in verdict && verdict.isOpen)
  const said = some.length > 0 ? some.join(', ') : none.length > 0 ? none.join(', ') : 'nothing could be read'
  return {
    quiet: some.length === 0 && !isOpen && none.length > 0,
    observed: `${said} ${some.length > 0 ? 'in' : 'for'} ${seconds} s`,
    observedFrom: measures.map((measure) => sources[measure]).join(', '),
    left: [...some.map((what) => `${what} in ${seconds} s`), ...unknown],
  }
}

const sources: { [M in QuietMeasure]: string } = {
  cpu: 'CPU time',
  packets: 'packet counters',
  flows: 'open flows',
  gpu: 'nvidia-smi',
}

async function lookAt(session: Session, read: QuietReaders, measures: readonly QuietMeasure[]): Promise<Look> {
  const [cpuUs, packets, flows, gpu] = await Promise.all([
    measures.includes('cpu') ? tried(() => read.cpuUsageUs(session)) : undefined,
    measures.includes('packets') ? tried(() => read.packetsPassed?.(session)) : undefined,
    measures.includes('flows') ? tried(() => read.openFlows?.(session)) : undefined,
    measures.includes('gpu') ? tried(() => read.gpuBusy?.(session)) : undefined,
  ])
  return {
    ...(cpuUs === undefined ? {} : { cpuUs }),
    ...(packets === undefined ? {} : { packets }),
    ...(flows === undefined ? {} : { flows }),
    ...(gpu === undefined ? {} : { gpu }),
  }
}

async function tried<T>(read: () => Answer<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch {
    return undefined
  }
}

function verdictOf(measure: QuietMeasure, looks: readonly Look[]): Verdict {
  if (measure === 'cpu') {
    const grown = growth(looks.map(({ cpuUs }) => cpuUs))
    if (typeof grown === 'string') return { unknown: `CPU time is not known: ${grown}`, isOpen: true }
    return grown === 0 ? { none: 'no CPU time' } : { some: `${milliseconds(grown)} ms CPU time` }
  }
  if (measure === 'packets') {
    const grown = growth(looks.map(({ packets }) => packets))
    if (typeof grown === 'string') return { unknown: `packets are not known: ${grown}`, isOpen: true }
    return grown === 0 ? { none: 'no packet got through' } : { some: plural(grown, 'packet') }
  }
  if (measure === 'flows') {
    const most = highest(looks.map(({ flows }) => flows))
    if (most === undefined) return { unknown: 'open flows are not known: they cannot be counted', isOpen: true }
    return most === 0 ? { none: 'no open flow' } : { some: plural(most, 'open flow') }
  }
  return gpuVerdict(looks.map(({ gpu }) => gpu))
}

/** Work on the GPU goes on when its process is frozen: what was queued runs to its end. */
function gpuVerdict(answers: readonly (GpuWork | undefined)[]): Verdict {
  const works = answers.map((answer) => answer ?? { problem: 'it cannot be read' })
  const known = works.flatMap((work) => ('problem' in work ? [] : [work]))
  const processes = Math.max(0, ...known.map((work) => work.processes))
  const use = Math.max(0, ...known.map((work) => (work.processes > 0 ? (work.utilPercent ?? 0) : 0)))
  if (use > 0)
    return { some: `${plural(processes, 'compute process', 'compute processes')} on a GPU that is up to ${use} % busy` }
  const problem = works.find((work) => 'problem' in work)
  if (problem && 'problem' in problem)
    return { unknown: `GPU work is not known: ${problem.problem}`, isOpen: processes > 0 }
  if (known.some((work) => work.processes > 0 && work.utilPercent === undefined))
    return { unknown: 'GPU work is not known: the driver does not tell how busy the GPU is', isOpen: true }
  return { none: 'no GPU work' }
}

/** By how much a counter grew; why that is not known, in words. */
function growth(values: readonly (number | undefined)[]): number | string {
  let grown = 0
  for (let i = 0; i < values.length; i += 1) {
    const [before, now] = [values[Math.max(0, i - 1)], values[i]]
    if (before === undefined || now === undefined) return 'it cannot be read'
    if (now < before) return 'its counter went down, so something ended meanwhile'
    grown += now - before
  }
  return grown
}

function highest(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce((most, value) => (most === undefined || value === undefined ? undefined : Math.max(most, value)))
}

function milliseconds(us: number): string {
  return us < 10_000 ? String(Math.ceil(us / 100) / 10) : String(Math.round(us / 1_000))
}
