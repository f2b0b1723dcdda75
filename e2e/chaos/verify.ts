// After the healing: asks the product, the log and the kernel, and lets the checks judge. What needs a moment to come about has a moment, and
// no more.
import { execFile } from 'node:child_process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { key, until } from '../product.ts'
import {
  holesIn,
  lostOrDoubled,
  type SessionLevels,
  standingHolds,
  type Violation,
  wantedOf,
  wrongEnforcement,
  wrongGateAnswers,
  wrongHolds,
  wrongOutcomes,
  wrongSessions,
} from './checks.ts'
import { type LogReading, readLog } from './read-log.ts'
import type { Work } from './work.ts'
import { isProbeConnected, root, type World } from './world.ts'

const readyMs = 60_000
const probeMs = 30_000
const controlsMs = 60_000
const enforcedMs = 30_000
const sessionsMs = 30_000

/** Undefined: it came within the time. */
async function within(ms: number, what: string, check: () => Promise<boolean>): Promise<Violation | undefined> {
  try {
    await until(what, check, ms)
    return undefined
  } catch {
    return { guarantee: 'ready', what: `not within ${ms / 1_000} s after all was healed: ${what}` }
  }
}

/** Directly after the last fault was taken back; answers how long the server took, too. */
export async function comesBack(world: World): Promise<{ violations: Violation[]; readyAfterMs: number }> {
  const startMs = performance.now()
  const ready = await within(
    readyMs,
    'the server is ready',
    async () => (await world.api.call('GET', '/readyz', undefined, 2_000))?.status === 200,
  )
  const readyAfterMs = performance.now() - startMs
  const probe = await within(probeMs, 'the probe is connected', () => isProbeConnected(world.api))
  return { violations: [ready, probe].filter((each) => each !== undefined), readyAfterMs }
}

export type Verdict = {
  violations: Violation[]
  log: Pick<LogReading, 'seqs' | 'gaps'>
  controls: number
  outcomes: Record<string, number>
}

/** When all that was begun is over. */
export async function verify(world: World, work: Work): Promise<Verdict> {
  const violations: Violation[] = []
  const accepted = work.operators.flatMap(({ clicks }) => clicks.flatMap(({ control }) => control ?? []))
  violations.push(
    ...(await untilNothing(controlsMs, () =>
      readLog(world.database.url, async ({ controls }) => wrongOutcomes(accepted, controls)),
    )),
  )
  if (work.host) violations.push(...(await untilNothing(enforcedMs, () => enforcement(world, work))))
  violations.push(
    ...(await untilNothing(sessionsMs, () =>
      readLog(world.database.url, async ({ sessions }) => sessionsOf(work, sessions)),
    )),
  )
  violations.push(...(await audit(world)))
  return await readLog(world.database.url, async (reading) => {
    for (const source of work.sources) {
      violations.push(
        ...lostOrDoubled(source.acknowledged, await reading.timesOfId([...source.acknowledged]), source.name),
      )
      for (const reason of new Set(source.refused))
        violations.push({ guarantee: 'log', what: `${source.name}: a fact was refused: ${reason}` })
    }
    violations.push(...holesIn(reading.seqs), ...wrongGateAnswers(work.callers.calls, reading.approvals))
    const outcomes: Record<string, number> = {}
    for (const { outcomes: each } of reading.controls.values())
      for (const outcome of each) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    return { violations, log: { seqs: reading.seqs, gaps: reading.gaps }, controls: reading.controls.size, outcomes }
  })
}

/** What stays wrong to the end of the time. An error of the reading counts as wrong, too. */
async function untilNothing(ms: number, read: () => Promise<Violation[]>): Promise<Violation[]> {
  const deadlineMs = performance.now() + ms
  for (;;) {
    const found = await read().catch((error: unknown): Violation[] => [
      {
        guarantee: 'ready',
        what: `it could not be looked at: ${error instanceof Error ? error.message : String(error)}`,
      },
    ])
    if (found.length === 0 || performance.now() > deadlineMs) return found
    await sleep(1_000)
  }
}

type Told = {
  row: {
    state: string
    holds: { control: string; action: string; capability?: string }[]
    restrictions: { restriction: string; enforced: string }[]
  }
}

async function enforcement(world: World, work: Work): Promise<Violation[]> {
  const holds = await readLog(world.database.url, async ({ asked }) => standingHolds(asked))
  const levels: SessionLevels[] = []
  const wrong: Violation[] = []
  for (const { session } of work.agents.running()) {
    const { row } = await world.api.read<Told>(`/api/sessions/${session}`)
    if (row.state === 'ended') continue
    const byLog = holds.get(session)
    wrong.push(...wrongHolds(session, byLog?.keys() ?? [], hostHolds(row.holds)))
    const toldOf = (name: string) => row.restrictions.find(({ restriction }) => restriction === name)?.enforced ?? 'no'
    const told = { pause: toldOf('pause'), network: toldOf('network') }
    levels.push({ session, wanted: wantedOf(byLog), host: work.host?.levelOf(session), told })
  }
  return [...wrong, ...wrongEnforcement(levels)]
}

const hostHolds = (holds: Told['row']['holds']) => holds.map(({ control }) => control)

function sessionsOf(work: Work, inLog: LogReading['sessions']): Violation[] {
  return wrongSessions(
    work.agents.all.map((agent) => ({
      ...{ session: agent.session, ran: agent.hasRun(), exited: agent.exited },
      ...(inLog.get(agent.session) ?? { started: 0, ended: 0 }),
    })),
  )
}

/** Twice: the server's own check, and the command's, which trusts no word of the server. */
async function audit(world: World): Promise<Violation[]> {
  const violations: Violation[] = []
  const own = await world.api.call('GET', '/api/audit/verify', undefined, 60_000)
  const { ok, damage } = (own?.body ?? {}) as { ok?: boolean; damage?: unknown[] }
  if (own?.status !== 200 || ok !== true || damage?.length !== 0)
    violations.push({ guarantee: 'audit', what: `the server's check of the chain: ${JSON.stringify(own?.body)}` })
  const command = [path.join(root, 'dist/cli.mjs'), 'audit', 'verify', '--json']
  const env = { ...process.env, VIGIL_URL: world.url, VIGIL_KEY: key }
  await promisify(execFile)(process.execPath, command, { env, timeout: 60_000 }).catch(
    (error: { stdout?: string; message: string }) =>
      violations.push({ guarantee: 'audit', what: `vigil audit verify: ${error.stdout?.trim() || error.message}` }),
  )
  return violations
}
