// What the gate costs a tool call that is decided at once, beside a server that decides nothing; and, of one that a person decides, how long
// until its card is painted and from the click until the caller is released.
import { setTimeout as sleep } from 'node:timers/promises'
import { key, type Product, until } from '../product.ts'
import { startBareGate } from './bare-gate.ts'
import type { Cleanup } from './cleanup.ts'
import { type ConsolePage, nowMs } from './console-page.ts'
import { timeFigure } from './control-rounds.ts'
import type { Figure } from './figure.ts'
import { type GateCall, type GateClient, gateClient } from './gate-client.ts'
import { takePainted, watchPaint } from './paint-watch.ts'
import { percentile } from './percentile.ts'
import { noteClicks, takeClick } from './real-click.ts'

const setting = { group: 'gate', prefix: '' } as const
const sessions = 200
const decisionsPerSecond = 500
/** A server that has just started compiles its hot paths first, and works off what queued up meanwhile; what that costs is told in the note. */
const warmUpSeconds = 10
const heldRounds = 60
const deadlineMs = 60_000
/** As long the second press must not come after the first, and a bit. */
const deliberateMs = 600

/** By policy: real commands of agents' kind, all of them different, asked on a schedule that waits for nobody. */
export async function policyFigures(cleanup: Cleanup, product: Product, seconds: number): Promise<Figure[]> {
  await startSessions(product)
  const { warm: gate, cold } = await decisionTimes(product.url, seconds)
  const bare = await startBareGate(cleanup)
  const { warm: nothing } = await decisionTimes(bare.url, seconds)
  await bare.stop()
  const figure = (p: number, aimMs: number): Figure => {
    const baselineMs = percentile(nothing, p)
    const note = `${gate.length} decisions, ${decisionsPerSecond}/s over ${sessions} sessions, each on record; a server that decides nothing: ${baselineMs.toFixed(1)} ms; in the first ${warmUpSeconds} s after its start: ${percentile(cold, p).toFixed(0)} ms`
    return timeFigure(setting, 'gate_policy_decision', gate, p, aimMs, note)
  }
  return [figure(50, 5), figure(99, 25)]
}

/** By a person: the card in a real browser, then a real click. */
export async function heldFigures(product: Product, shown: ConsolePage): Promise<Figure[]> {
  const { page, offsetMs } = shown
  const client = gateClient(product.url, key, 4)
  const paintedMs: number[] = []
  const releasedMs: number[] = []
  /** From the click's own time until the page's thread got to it: the browser's share, whatever we do. */
  const heardMs: number[] = []
  try {
    await page.goto(`${product.url}/live`)
    await noteClicks(shown)
    for (let round = 0; round < heldRounds; round += 1) {
      // Left and opened again, as a person walks about: the place never takes another card under the hand by itself.
      await page.getByRole('link', { name: 'Sources' }).first().click()
      await page.waitForURL('**/sources')
      await page.getByRole('link', { name: 'Live' }).first().click()
      await page.waitForURL('**/live')
      await page.getByRole('table').first().waitFor()
      await watchPaint(page, 'body', /Exactly what will run.*?held-mark-\d+/)
      await sleep(deliberateMs)
      const sentMs = nowMs()
      const answer = client
        .ask(
          callOf(
            round % sessions,
            `held-${round}`,
            `ssh -fN -R 2222:127.0.0.1:22 ops@192.0.2.40 -l held-mark-${round}`,
          ),
        )
        .then((decision) => ({ decision, atMs: nowMs() }))
      const painted = await until('the card is painted', async () =>
        (await takePainted(page)).find(({ text }) => text.endsWith(`held-mark-${round}`)),
      )
      paintedMs.push(painted.atMs - offsetMs - sentMs)
      await sleep(deliberateMs)
      await page.getByRole('button', { name: /^Approve once/ }).click()
      const again = page.getByRole('button', { name: /^Press again to let it run/ })
      await again.waitFor()
      await sleep(deliberateMs)
      await again.click()
      const { decision, atMs } = await answer
      if (decision !== 'allow') throw new Error(`a call that was approved was answered ${decision}`)
      const clicked = await takeClick(shown)
      releasedMs.push(atMs - clicked.atMs)
      heardMs.push(clicked.heardMs - clicked.atMs)
    }
  } finally {
    client.close()
  }
  const card = `${paintedMs.length} calls that wait, from the request until the command is on screen`
  const released = `${releasedMs.length} real clicks on the second press, until the caller has its answer; until the page’s thread heard of the click: ${percentile(heardMs, 50).toFixed(1)} ms, 99 of 100 within ${percentile(heardMs, 99).toFixed(1)}`
  return [
    timeFigure(setting, 'gate_card_painted', paintedMs, 50, 25, card),
    timeFigure(setting, 'gate_card_painted', paintedMs, 99, 80, card),
    timeFigure(setting, 'gate_click_to_released', releasedMs, 50, 6, released),
    timeFigure(setting, 'gate_click_to_released', releasedMs, 99, 50, released),
  ]
}

async function startSessions(product: Product): Promise<void> {
  const lines = Array.from({ length: sessions }, (_, n) =>
    JSON.stringify({
      v: 1,
      kind: 'session.started',
      atMs: Date.now(),
      session: sessionName(n),
      data: { held: 'none', abilities: [], agent: 'bench', task: 'Ask the gate.' },
    }),
  )
  const answer = await product.api('/api/ingest/events', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.join('\n'),
  })
  if (!answer.ok) throw new Error(`the sessions were not taken: ${answer.status}`)
}

async function decisionTimes(url: string, seconds: number): Promise<{ cold: number[]; warm: number[] }> {
  const client = gateClient(url, key, 64)
  try {
    const all = await onSchedule(client, warmUpSeconds + seconds)
    const warmFrom = warmUpSeconds * decisionsPerSecond
    return { cold: all.slice(0, warmFrom), warm: all.slice(warmFrom) }
  } finally {
    client.close()
  }
}

/** Since when each should have been sent: a server that makes its callers wait is not let off. */
async function onSchedule(client: GateClient, seconds: number): Promise<number[]> {
  const count = Math.round(seconds * decisionsPerSecond)
  const startMs = nowMs()
  const answers: Promise<number>[] = []
  while (answers.length < count) {
    // The first is due at once: counted otherwise, every call would be sent one place late and look that much slower.
    const due = Math.min(count, 1 + Math.floor(((nowMs() - startMs) / 1_000) * decisionsPerSecond))
    while (answers.length < due) {
      const n = answers.length
      const dueMs = startMs + (n / decisionsPerSecond) * 1_000
      const command = `git diff --stat HEAD~${n} -- src/part-${n % 97}.ts && pytest -q tests/test_${n}.py`
      answers.push(
        client.ask(callOf(n % sessions, `policy-${n}`, command)).then((decision) => {
          if (decision !== 'allow') throw new Error(`an ordinary call was answered ${decision}: ${command}`)
          return nowMs() - dueMs
        }),
      )
    }
    await sleep(1)
  }
  return await Promise.all(answers)
}

function callOf(session: number, callId: string, command: string): GateCall {
  return { session: sessionName(session), callId, tool: 'Bash', input: { command }, deadlineMs }
}

const sessionName = (n: number) => `bench-gate-${n}`
