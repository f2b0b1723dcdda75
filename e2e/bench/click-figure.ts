// From the click on Pause until the host read `frozen 1`, and until "Paused" was painted; and the same asked over the API. Every round is a
// real session that is really frozen: a round in which it went on counting fails the bench.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from '@playwright/test'
import { type Product, until } from '../product.ts'
import { type ConsolePage, nowMs } from './console-page.ts'
import type { CountingSession } from './counting-session.ts'
import type { Figure } from './figure.ts'
import { takePainted, watchPaint } from './paint-watch.ts'
import { percentile } from './percentile.ts'

export const clickRounds = 70
const pausedWords = /Paused, read from the host/

/** What a control came to, as the API tells it. */
type Control = {
  id: string
  state: string
  steps: { name: string; at: number }[]
  receipt: { observed: string } | null
}

export async function clickFigures(product: Product, console: ConsolePage, agent: CountingSession): Promise<Figure[]> {
  const { page, offsetMs } = console
  const row = page.locator(`[data-session="${agent.session}"]`)
  await row.waitFor()
  await noteClicks(page)
  await watchPaint(page, `[data-session="${agent.session}"]`, pausedWords)
  const rounds: Round[] = []
  const paintedMs: number[] = []
  for (let round = 0; round < clickRounds; round += 1) {
    await row.getByRole('button', { name: /^Pause/ }).click()
    await row.getByRole('button', { name: /^Resume / }).waitFor()
    const clickedMs = (await takeClick(page)) - offsetMs
    const control = await newestControl(product, agent.session)
    rounds.push(roundOf(control, clickedMs))
    const painted = await until('"Paused" is painted', async () => (await takePainted(page))[0])
    paintedMs.push(painted.atMs - offsetMs - clickedMs)
    await checkFrozen(agent)
    await row.getByRole('button', { name: /^Resume / }).click()
    await row.getByRole('button', { name: /^Pause / }).waitFor()
    await takeClick(page)
    await sleep(40)
  }
  const frozenMs = rounds.map((each) => each.frozenMs)
  return [
    figure('click_to_frozen', frozenMs, 50, 20, `${clickRounds} real clicks, from the click event's timestamp`),
    figure('click_to_frozen', frozenMs, 99, 80, slowest(rounds)),
    figure('click_to_paused_painted', paintedMs, 50, undefined, 'until the word is on screen'),
    figure('click_to_paused_painted', paintedMs, 99, undefined, 'until the word is on screen'),
  ]
}

/** `POST controls`, then `GET controls/{id}?waitMs`: what a script that contains would see. */
export async function apiControlFigures(product: Product, agent: CountingSession): Promise<Figure[]> {
  const rounds: Round[] = []
  const answeredMs: number[] = []
  for (let round = 0; round < clickRounds; round += 1) {
    const sentMs = nowMs()
    const control = await ask(product, agent.session, 'pause')
    answeredMs.push(nowMs() - sentMs)
    rounds.push(roundOf(control, sentMs))
    await checkFrozen(agent)
    await ask(product, agent.session, 'resume')
    await sleep(40)
  }
  const frozenMs = rounds.map((each) => each.frozenMs)
  return [
    figure('api_pause_to_frozen', frozenMs, 50, 20, `${clickRounds} rounds over HTTP`),
    figure('api_pause_to_frozen', frozenMs, 99, 80, slowest(rounds)),
    figure('api_pause_to_answer', answeredMs, 50, undefined, 'until the waiting GET said "enforced"'),
    figure('api_pause_to_answer', answeredMs, 99, undefined, 'until the waiting GET said "enforced"'),
  ]
}

function figure(name: string, valuesMs: number[], p: number, aimMs: number | undefined, note: string): Figure {
  return {
    group: 'click',
    name: `${name}_p${p}_ms`,
    value: percentile(valuesMs, p),
    unit: 'ms',
    ...(aimMs !== undefined && { aim: { atMost: aimMs } }),
    note,
  }
}

/** Asks and waits for the end. Throws unless it was enforced. */
export async function ask(product: Product, session: string, action: 'pause' | 'resume'): Promise<Control> {
  const answer = await product.api(`/api/sessions/${session}/controls`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ action }),
  })
  if (answer.status !== 202) throw new Error(`${action} answered ${answer.status}: ${await answer.text()}`)
  const { id } = (await answer.json()) as { id: string }
  const control = await product.json<Control>(`/api/controls/${id}?waitMs=10000`)
  if (control.state !== 'enforced') throw new Error(`${action} ended ${control.state}: ${JSON.stringify(control)}`)
  return control
}

async function newestControl(product: Product, session: string): Promise<Control> {
  const { controls } = await product.json<{ controls: { control: string }[] }>(`/api/sessions/${session}`)
  const newest = controls[0]
  if (!newest) throw new Error('the click asked for nothing')
  return await product.json<Control>(`/api/controls/${newest.control}?waitMs=5000`)
}

type Round = { frozenMs: number; steps: string }

/** Times since `askedMs`. The end is by the host's clock, which is this machine's, in whole milliseconds: when it read that all is frozen. */
function roundOf(control: Control, askedMs: number): Round {
  const end = control.steps.findLast((step) => step.name === 'enforced')
  if (!end || control.receipt?.observed !== 'frozen 1') {
    throw new Error(`a pause without proof: ${JSON.stringify(control)}`)
  }
  const steps = control.steps.map((step) => `${step.name} +${Math.round(step.at - askedMs)}`).join(', ')
  return { frozenMs: end.at - askedMs, steps }
}

function slowest(rounds: readonly Round[]): string {
  const worst = rounds.reduce((a, b) => (b.frozenMs > a.frozenMs ? b : a))
  return `slowest: ${worst.steps} ms`
}

async function checkFrozen(agent: CountingSession): Promise<void> {
  const before = agent.count()
  await sleep(25)
  if (agent.count() !== before) throw new Error('the session went on counting after it was called paused')
}

declare global {
  interface Window {
    benchClickMs?: number
  }
}

async function noteClicks(page: Page): Promise<void> {
  await page.evaluate(() =>
    document.addEventListener('click', (event) => (window.benchClickMs = performance.timeOrigin + event.timeStamp), {
      capture: true,
    }),
  )
}

async function takeClick(page: Page): Promise<number> {
  const atMs = await page.evaluate(() => window.benchClickMs)
  if (atMs === undefined) throw new Error('the page saw no click')
  return atMs
}
