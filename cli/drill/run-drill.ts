// Runs one drill from its first process to its report: sets the stage, plays the script, waits for the operator, measures, and clears away
// everything by the name or the mark that it was given.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SessionDetail } from '../../server/protocol/browser-messages.ts'
import {
  type DrillCheck,
  type DrillId,
  type DrillName,
  type DrillOutcome,
  type DrillReport,
  drillLabel,
} from '../../server/protocol/drill.ts'
import type { FlagView } from '../../server/protocol/flag-view.ts'
import { SessionId } from '../../server/protocol/ids.ts'
import { cutText, shortTextMax } from '../../server/protocol/text.ts'
import type { Reach } from '../call-api.ts'
import { createDrillApi, type DrillApi } from './drill-api.ts'
import { containmentIn, pageIn } from './drill-figures.ts'
import { type FarSide, openFarSide } from './far-side.ts'
import { Hand } from './hand.ts'
import { endProcessesOf } from './marker.ts'
import { scripts } from './scripts.ts'
import { Stage, Stopped } from './stage.ts'

export type DrillOptions = {
  drill: DrillName
  id: DrillId
  minutes: number
  reach: Reach
  /** Ctrl-C, or whoever started it. */
  cancelled: AbortSignal
  say: (text: string) => void
}

const knownWithinMs = 15_000
const lookEveryMs = 1_000
/** Once contained, the proof is waited for: three seconds without a sign of life, and a little. */
const proofMs = 8_000

export async function runDrill(options: DrillOptions): Promise<DrillReport> {
  const { drill, id, reach, cancelled, say } = options
  const session = SessionId.parse(`drill-${drill}-${id}`)
  const api = createDrillApi(reach, session)
  const startedAtMs = Date.now()
  const notes: string[] = []
  const note = (text: string) => {
    say(`note: ${text}`)
    if (notes.length < 32 && !notes.includes(text)) notes.push(cutText(text, shortTextMax))
  }
  await api.begun(id, drill)
  const folder = mkdtempSync(path.join(tmpdir(), `vigil-drill-${id}-`))
  let side: FarSide | undefined
  let run: Run | undefined
  let problem: string | undefined
  let played: Played = { outcome: 'cancelled', checks: [], firstWrongCall: undefined }
  try {
    side = await openFarSide(id)
    run = await startSession(options, { session, api, folder, note })
    played = await play(options, { ...run, side, api, session, folder, note })
  } catch (error) {
    if (!cancelled.aborted) {
      problem = error instanceof Error ? error.message : String(error)
      note(`it failed: ${problem}`)
    }
  }
  const detail = await api.detail().catch(() => undefined)
  say('clearing away')
  const left = await clearAway(id, { side, hand: run?.hand, folder, cgroup: detail?.cgroup })
  if (run && !run.held) {
    const event = { kind: 'session.ended', atMs: Date.now(), data: { reason: 'the drill is over' } } as const
    await api.tell(event).catch(() => undefined)
  }
  const flags = await api.flags().catch((): FlagView[] => [])
  const calls = await api.callsSeen().catch(() => new Map<string, number>())
  const firstEvidenceAtMs = played.firstWrongCall === undefined ? undefined : calls.get(played.firstWrongCall)
  const contained = detail && containmentIn(detail)
  const detectedAtMs = pageIn(flags)
  const acknowledgedAtMs = await api.acknowledgedAtMs()
  const report: DrillReport = {
    drill,
    id,
    session,
    outcome: problem === undefined ? (contained ? 'contained' : played.outcome) : 'failed',
    startedAtMs,
    endedAtMs: Date.now(),
    ...(firstEvidenceAtMs !== undefined && { firstEvidenceAtMs }),
    ...(detectedAtMs !== undefined && { detectedAtMs }),
    ...(acknowledgedAtMs !== undefined && { acknowledgedAtMs }),
    ...(contained && { containedAtMs: contained.atMs, containedBy: contained.by }),
    checks: played.checks,
    flags: flags.slice(0, 64).map(({ rule, title, severity, seenAtMs }) => ({ rule, title, severity, atMs: seenAtMs })),
    notes,
    left,
  }
  await api.finished(report)
  return report
}

type Run = { hand: Hand; held: boolean }
type Played = { outcome: DrillOutcome; checks: DrillCheck[]; firstWrongCall: string | undefined }

/** As a session of the local probe; without one as a plain process of which only is told, and that nobody can contain. */
async function startSession(
  { drill, id }: DrillOptions,
  { session, api, folder, note }: { session: SessionId; api: DrillApi; folder: string; note: (text: string) => void },
): Promise<Run> {
  const task = `drill ${drill}: make the failing test pass`
  const options = { id, drill, session, task, cwd: folder }
  let held = true
  let hand: Hand
  try {
    hand = await Hand.start({ ...options, held })
  } catch (error) {
    note(`nobody holds the session, so it cannot be contained: ${error instanceof Error ? error.message : error}`)
    held = false
    hand = await Hand.start({ ...options, held })
    await api.tell({
      kind: 'session.started',
      atMs: Date.now(),
      data: { agent: 'drill-agent', task, held: 'none', abilities: [], labels: { [drillLabel]: drill } },
    })
  }
  const endMs = Date.now() + knownWithinMs
  while ((await api.detail()) === undefined) {
    if (Date.now() > endMs) throw new Error('the server does not know the session')
    await sleep(200)
  }
  return { hand, held }
}

async function play(
  { drill, id, minutes, cancelled, say }: DrillOptions,
  parts: Run & { side: FarSide; api: DrillApi; session: SessionId; folder: string; note: (text: string) => void },
): Promise<Played> {
  const { api } = parts
  const over = new AbortController()
  const stop = () => over.abort()
  cancelled.addEventListener('abort', stop, { once: true })
  if (cancelled.aborted) stop()
  const endMs = Date.now() + minutes * 60_000
  let contained = false
  let ended = false
  const watching = (async () => {
    while (!over.signal.aborted && !ended) {
      const detail: SessionDetail | undefined = await api.detail().catch(() => undefined)
      if (detail && containmentIn(detail)) {
        contained = true
        say('contained: read from a receipt')
        stop()
      } else if (parts.hand.isOver) {
        say('the session has ended')
        stop()
      }
      await sleep(lookEveryMs)
    }
  })()
  const stage = new Stage({ ...parts, id, say, minutes, over: over.signal })
  let seen: DrillCheck[] = []
  let outcome: DrillOutcome = 'not-contained'
  try {
    await scripts[drill](stage)
    const all = async () => {
      await stage.whenOthersAreDone()
      say('all evidence is in; what is open stays open until it is contained')
      while (Date.now() < endMs) {
        if (seen.length === 0 || seen.some((check) => !check.seen)) seen = await stage.checks()
        await stage.pass(lookEveryMs)
      }
    }
    // A drill of decisions is over when they are made.
    if (drill === 'risky-gate') outcome = 'decided'
    else await all()
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
  } finally {
    ended = true
    cancelled.removeEventListener('abort', stop)
  }
  if (contained)
    await Promise.race([sleep(proofMs), new Promise((resolve) => cancelled.addEventListener('abort', resolve))])
  if (!cancelled.aborted) await stage.whenOthersAreDone()
  await watching
  seen = await stage.checks().catch(() => seen)
  // An answer for want of a person is no decision.
  if (outcome === 'decided' && seen.some((check) => !check.seen)) outcome = 'not-contained'
  if (cancelled.aborted) outcome = 'cancelled'
  return { outcome, checks: seen, firstWrongCall: stage.firstWrongCall }
}

/** In the order in which each holds the next; says what would not go. */
async function clearAway(
  id: DrillId,
  {
    side,
    hand,
    folder,
    cgroup,
  }: { side?: FarSide | undefined; hand?: Hand | undefined; folder: string; cgroup?: string | undefined },
): Promise<string[]> {
  hand?.close()
  const left = (await endProcessesOf(id)).map((pid) => `process ${pid}`)
  await hand?.whenOver(5_000)
  left.push(...((await side?.close()) ?? []))
  rmSync(folder, { recursive: true, force: true })
  if (existsSync(folder)) left.push(`folder ${folder}`)
  for (const endMs = Date.now() + 5_000; cgroup !== undefined && existsSync(cgroup); await sleep(100)) {
    if (Date.now() < endMs) continue
    left.push(`cgroup ${cgroup}`)
    break
  }
  return left
}
