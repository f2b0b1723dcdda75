// One containment of every session of a training run on one host: from the request until the last of them was read as enforced. Each round
// checks, from the host, that all are frozen, stand still and have no flow left, and after the lift that all run and are connected again.
import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Product, until } from '../product.ts'
import { type Control, enforcedAtMs, newestControl, post, stepsSince } from './asked-control.ts'
import type { Cleanup } from './cleanup.ts'
import { nowMs } from './console-page.ts'
import { farEnd } from './far-end.ts'
import type { Figure } from './figure.ts'
import { type ManySession, manySessions } from './many-sessions.ts'

const sessionCount = 200
const rounds = 3
/** They count once a second: as long must one stand still that is frozen, and a bit. */
const stillMs = 1_300
const endsWithinMs = 60_000

type Round = { totalMs: number; slowestMs: number; steps: string; liftMs: number }

export async function manyFigures(cleanup: Cleanup, product: Product, say: (line: string) => void): Promise<Figure[]> {
  const far = await farEnd(cleanup)
  const run = `bench-${process.pid}`
  say(`many: opening ${sessionCount} sessions`)
  const many = await manySessions(cleanup, product, { count: sessionCount, run, farPort: far.port })
  await settle()
  const measured: Round[] = []
  for (let round = 1; round <= rounds; round += 1) {
    const each = await containAll(product, many.list, run, far.port)
    measured.push(each)
    say(
      `many: round ${round} of ${rounds}: contained in ${Math.round(each.totalMs)} ms, lifted in ${Math.round(each.liftMs)} ms`,
    )
    await settle()
  }
  await many.end()
  const worst = measured.reduce((a, b) => (b.totalMs > a.totalMs ? b : a))
  const list = (of: (each: Round) => number) => measured.map((each) => Math.round(of(each))).join(', ')
  return [
    {
      ...figure('many_contain_200_total_ms', worst.totalMs),
      aim: { atMost: 2_000 },
      note: `one request to the last session enforced; worst of ${list(({ totalMs }) => totalMs)}`,
    },
    {
      ...figure('many_contain_200_slowest_session_ms', Math.max(...measured.map(({ slowestMs }) => slowestMs))),
      note: `from its own "requested"; the worst round's last: ${worst.steps}`,
    },
    {
      ...figure('many_lift_200_total_ms', Math.max(...measured.map(({ liftMs }) => liftMs))),
      note: `one request to the last session read as free; worst of ${list(({ liftMs }) => liftMs)}`,
    },
  ]
}

const figure = (name: string, value: number): Figure => ({ group: 'many', name, value, unit: 'ms' })

/** Readings of the last round run to their end: the next one begins on a quiet host. */
async function settle(): Promise<void> {
  await sleep(5_000)
}

async function containAll(
  product: Product,
  list: readonly ManySession[],
  run: string,
  farPort: number,
): Promise<Round> {
  await until('every session is connected', async () => (await flowsTo(farPort)) === list.length, 30_000)
  const askedMs = nowMs()
  const answer = await product.api('/api/containments', post({ selector: { run } }))
  if (answer.status !== 202) throw new Error(`contain answered ${answer.status}: ${await answer.text()}`)
  const { id, sessions } = (await answer.json()) as { id: string; sessions: number }
  if (sessions !== list.length) throw new Error(`the containment meant ${sessions} sessions, not ${list.length}`)
  await concluded(product, id)
  const controls = await newestControls(product, list, 'contain')
  await checkHeld(list, farPort)
  const worst = controls.reduce((a, b) => (enforcedAtMs(b) > enforcedAtMs(a) ? b : a))
  const liftedMs = nowMs()
  const lift = await product.api(`/api/containments/${id}/lift`, post({}))
  if (lift.status !== 202) throw new Error(`lift answered ${lift.status}: ${await lift.text()}`)
  const releases = await newestControls(product, list, 'release')
  await checkRunning(list)
  return {
    totalMs: enforcedAtMs(worst) - askedMs,
    slowestMs: Math.max(...controls.map((control) => enforcedAtMs(control) - requestedAtMs(control))),
    steps: stepsSince(worst, askedMs),
    liftMs: Math.max(...releases.map(enforcedAtMs)) - liftedMs,
  }
}

/** Every part of it has ended, well or badly. Asked seldom: the asking must not be what is measured. */
async function concluded(product: Product, id: string): Promise<void> {
  await until(
    'the containment has ended in every session',
    async () => {
      await sleep(200)
      const { open, held } = await product.json<{ open: number; held: number }>(`/api/containments/${id}`)
      return held > 0 && open === 0
    },
    endsWithinMs,
  )
}

/** Throws unless each was enforced. */
async function newestControls(
  product: Product,
  list: readonly ManySession[],
  action: 'contain' | 'release',
): Promise<Control[]> {
  const controls: Control[] = []
  for (const { session } of list) {
    const control = await newestControl(product, session)
    if (control.action !== action) throw new Error(`the newest control of ${session} is ${control.action}`)
    controls.push(control)
  }
  return controls
}

function requestedAtMs(control: Control): number {
  const step = control.steps.find(({ name }) => name === 'requested')
  if (!step) throw new Error(`a control that was never requested: ${JSON.stringify(control)}`)
  return step.at
}

async function checkHeld(list: readonly ManySession[], farPort: number): Promise<void> {
  const warm = list.filter((each) => !each.isFrozen())
  if (warm.length > 0) throw new Error(`${warm.length} sessions were called contained and are not frozen`)
  const flows = await flowsTo(farPort)
  if (flows > 0) throw new Error(`${flows} flows are open though every session was called contained`)
  const before = list.map((each) => each.count())
  await sleep(stillMs)
  const moved = list.filter((each, index) => each.count() !== before[index])
  if (moved.length > 0) throw new Error(`${moved.length} sessions went on counting after they were called contained`)
}

async function checkRunning(list: readonly ManySession[]): Promise<void> {
  const before = list.map((each) => each.count())
  await until(
    'every session counts again',
    () => list.every((each, index) => each.count() > (before[index] ?? 0)),
    30_000,
  )
}

/** Connections to the far end from the sessions' side, as the kernel lists them; what is only waiting out its time is none. */
async function flowsTo(port: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ss', ['-H', '-t', '-n', 'state', 'established', `dport = :${port}`])
  return stdout.split('\n').filter((line) => line.trim() !== '').length
}
