// From the click on Pause until the host read `frozen 1`, and until "Paused" was painted; and the same asked over the API. Every round is a
// real session that is really frozen: a round in which it went on counting fails the bench.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Product, until } from '../product.ts'
import { ask, type Control, newestControl } from './asked-control.ts'
import { type ConsolePage, nowMs } from './console-page.ts'
import { clickedRound, type Round, roundFigures, roundOf, type Setting, timeFigure } from './control-rounds.ts'
import type { CountingSession } from './counting-session.ts'
import type { Figure } from './figure.ts'
import { takePainted, watchPaint } from './paint-watch.ts'
import { noteClicks, takeClick } from './real-click.ts'

const pausedWords = /Paused, read from the host/

/** On the Live page. */
export async function clickFigures(
  product: Product,
  console: ConsolePage,
  agent: CountingSession,
  setting: Setting,
): Promise<Figure[]> {
  const { page, offsetMs } = console
  const row = page.locator(`[data-session="${agent.session}"]`)
  await row.waitFor()
  await noteClicks(console)
  await watchPaint(page, `[data-session="${agent.session}"]`, pausedWords)
  const rounds: Round[] = []
  const paintedMs: number[] = []
  for (let round = 0; round < setting.rounds; round += 1) {
    await row.getByRole('button', { name: /^Pause/ }).click()
    await row.getByRole('button', { name: /^Resume / }).waitFor()
    const click = await takeClick(console)
    rounds.push(clickedRound(proven(await newestControl(product, agent.session)), click))
    const painted = await until('"Paused" is painted', async () => (await takePainted(page))[0])
    paintedMs.push(painted.atMs - offsetMs - click.atMs)
    await checkFrozen(agent)
    await row.getByRole('button', { name: /^Resume / }).click()
    await row.getByRole('button', { name: /^Pause / }).waitFor()
    await sleep(40)
  }
  const how = "real clicks, from the click event's timestamp"
  return [
    ...roundFigures(setting, 'click_to_frozen', rounds, how),
    timeFigure(setting, 'click_to_paused_painted', paintedMs, 50, undefined, 'until the word is on screen'),
    timeFigure(setting, 'click_to_paused_painted', paintedMs, 99, undefined, 'until the word is on screen'),
  ]
}

/** `POST controls`, then `GET controls/{id}?waitMs`: what a script that contains would see. */
export async function apiControlFigures(product: Product, agent: CountingSession, setting: Setting): Promise<Figure[]> {
  const rounds: Round[] = []
  const answeredMs: number[] = []
  for (let round = 0; round < setting.rounds; round += 1) {
    const sentMs = nowMs()
    const control = await ask(product, agent.session, 'pause')
    answeredMs.push(nowMs() - sentMs)
    rounds.push(roundOf(proven(control), sentMs))
    await checkFrozen(agent)
    await ask(product, agent.session, 'resume')
    await sleep(40)
  }
  const answered = 'until the waiting GET said "enforced"'
  return [
    ...roundFigures(setting, 'api_pause_to_frozen', rounds, 'rounds over HTTP'),
    timeFigure(setting, 'api_pause_to_answer', answeredMs, 50, undefined, answered),
    timeFigure(setting, 'api_pause_to_answer', answeredMs, 99, undefined, answered),
  ]
}

function proven(control: Control): Control {
  if (control.receipt?.observed === 'frozen 1') return control
  throw new Error(`a pause without proof: ${JSON.stringify(control)}`)
}

async function checkFrozen(agent: CountingSession): Promise<void> {
  const before = agent.count()
  await sleep(25)
  if (agent.count() !== before) throw new Error('the session went on counting after it was called paused')
}
