// `npm run chaos`: starts a product of its own, works with it, breaks it by a plan that follows from the seed, heals it and checks what must
// hold. It ends by itself and leaves nothing behind, also after Ctrl-C.
import { randomInt } from 'node:crypto'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCleanup } from '../bench/cleanup.ts'
import type { Violation } from './checks.ts'
import { bringAbout, type Stage, whyNotHere } from './faults.ts'
import { type ChaosOptions, chaosOptions } from './options.ts'
import { type Fault, faultKinds, faultWords, type Part, planOf } from './plan.ts'
import { type ChaosReport, chaosAsText } from './report.ts'
import { comesBack, verify } from './verify.ts'
import { startWork, type Work } from './work.ts'
import { openWorld, type World } from './world.ts'

const say = (line: string) => process.stderr.write(`chaos: ${line}\n`)
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1).padStart(6)} s`
/** Beside the plan: starting, healing, checking. */
const besideMs = 8 * 60_000

async function main(): Promise<void> {
  const options = chaosOptions(process.argv.slice(2), randomInt(2 ** 32 - 1))
  const plan = planOf(options)
  if (options.dry) {
    for (const fault of plan) process.stdout.write(`${seconds(fault.atMs)}  #${fault.n} ${faultWords(fault)}\n`)
    return
  }
  const cleanup = createCleanup(say)
  let keep = options.keep
  const abandon = (why: string, code: number) => {
    say(why)
    void cleanup.run().finally(() => process.exit(code))
  }
  process.once('SIGINT', () => abandon('interrupted: taking everything down', 130))
  process.once('SIGTERM', () => abandon('asked to end: taking everything down', 143))
  const failed = (error: unknown) => {
    keep = true
    abandon(error instanceof Error ? (error.stack ?? error.message) : String(error), 1)
  }
  process.once('uncaughtException', failed)
  process.once('unhandledRejection', failed)
  setTimeout(() => failed(new Error('not finished in time')), options.minutes * 60_000 + besideMs).unref()

  const startMs = performance.now()
  const name = `chaos-${process.pid}`
  say(`seed ${options.seed}, ${plan.length} faults in ${options.minutes} minutes; starting the product`)
  try {
    const world = await openWorld(cleanup, name, say, () => keep)
    const work = await startWork(cleanup, world, name, options.seed)
    const report = await run(options, plan, world, work, startMs)
    keep ||= report.violations.length > 0
    process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : chaosAsText(report)}\n`)
    if (report.violations.length > 0) process.exitCode = 1
  } catch (error) {
    keep = true
    say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    process.exitCode = 1
  }
  await cleanup.run()
}

async function run(
  options: ChaosOptions,
  plan: readonly Fault[],
  world: World,
  work: Work,
  startMs: number,
): Promise<ChaosReport> {
  const leftOut: string[] = []
  if (!work.host) leftOut.push(`wanted against enforced: ${world.whyNoCgroup}`)
  const violations: Violation[] = []
  const stage: Stage = { ...world, sources: work.sources }
  const planStartMs = performance.now()
  // What stops a part may take its time: the next fault of that part waits until the last one is over.
  const healing = new Map<Part, Promise<void>>()
  for (const fault of plan) {
    await sleep(Math.max(0, fault.atMs - (performance.now() - planStartMs)))
    const why = whyNotHere(fault, world)
    say(
      `${seconds(performance.now() - planStartMs)}  #${fault.n} ${faultWords(fault)}${why === undefined ? '' : `  LEFT OUT: ${why}`}`,
    )
    if (why !== undefined) leftOut.push(`#${fault.n} ${fault.kind}: ${why}`)
    else
      healing.set(
        fault.part,
        (healing.get(fault.part) ?? Promise.resolve()).then(() => endure(fault, stage, violations)),
      )
  }
  await Promise.all(healing.values())
  say(`${seconds(performance.now() - planStartMs)}  all is healed`)
  const back = await comesBack(world)
  violations.push(...back.violations, ...(await work.finish()))
  say(`${seconds(performance.now() - planStartMs)}  all that was begun is over; checking`)
  const verdict = await verify(world, work)
  violations.push(...verdict.violations)
  const ended = [world.server, world.probe].flatMap((each) => each.ownEnds().map(({ how }) => `${each.name}, ${how}`))
  return {
    ...{ seed: options.seed, minutes: options.minutes, plan, leftOut, violations },
    ...(options.kinds !== faultKinds && { only: options.kinds }),
    counts: countsOf(work, verdict),
    outcomes: verdict.outcomes,
    ownEnds: ended,
    gaps: verdict.log.gaps.map(({ stream, reason, count }) => `${count} of ${stream}: ${reason}`),
    readyAfterMs: back.readyAfterMs,
    ...(violations.length > 0 && { logs: path.join(world.folder, 'logs') }),
    tookSeconds: (performance.now() - startMs) / 1_000,
  }
}

/** A fault that could not be brought about, or taken back, makes the run worthless: it is told like a broken promise. */
async function endure(fault: Fault, stage: Stage, violations: Violation[]): Promise<void> {
  try {
    const heal = await bringAbout(fault, stage)
    await sleep(fault.forMs)
    await heal()
  } catch (error) {
    const what = `fault #${fault.n} ${fault.kind}: ${error instanceof Error ? error.message : String(error)}`
    violations.push({ guarantee: 'ready', what })
  }
}

function countsOf(
  work: Work,
  { log, controls }: { log: { seqs: { count: number } }; controls: number },
): Record<string, number> {
  const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0)
  const clicks = work.operators.flatMap((each) => each.clicks)
  const { calls } = work.callers
  return {
    'events in the log': log.seqs.count,
    'events acknowledged to sources': sum(work.sources.map(({ acknowledged }) => acknowledged.size)),
    'requests sent again': sum(work.sources.map(({ repeats }) => repeats)),
    sessions: work.agents.all.filter((agent) => agent.hasRun()).length,
    clicks: clicks.length,
    'clicks without an answer': clicks.filter(({ outcome }) => outcome === 'unanswered').length,
    controls,
    containments: work.crowd.contained,
    'gate calls': calls.length,
    'gate calls without an answer': calls.filter(({ answers }) => answers.length === 0).length,
    'approvals decided': work.decider.decided,
  }
}

main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
