// From "Contain" until the host had read all of it: evidence taken, egress dropped, flows killed, frozen. Every round is a session that
// counts and streams: one that goes on counting, or of which another byte arrives, fails the bench; so does one that does not run on after.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Product, until } from '../product.ts'
import { ask, type Control, newestControl } from './asked-control.ts'
import { type ConsolePage, nowMs } from './console-page.ts'
import { clickedRound, type Round, roundFigures, roundOf, type Setting, timeFigure } from './control-rounds.ts'
import type { CountingSession } from './counting-session.ts'
import type { FarEnd } from './far-end.ts'
import type { Figure } from './figure.ts'
import { noteClicks, takeClick } from './real-click.ts'

export type Agent = { counting: CountingSession; far: FarEnd }

export async function apiContainFigures(product: Product, agent: Agent, setting: Setting): Promise<Figure[]> {
  const { session } = agent.counting
  const rounds: Round[] = []
  const answeredMs: number[] = []
  for (let round = 0; round < setting.rounds; round += 1) {
    await streams(agent)
    const sentMs = nowMs()
    const control = await ask(product, session, 'contain')
    answeredMs.push(nowMs() - sentMs)
    rounds.push(roundOf(proven(control), sentMs))
    await checkHeld(agent)
    await ask(product, session, 'release')
    await sleep(40)
  }
  await streams(agent)
  const answered = 'until the waiting GET said "enforced"'
  return [
    ...roundFigures(setting, 'api_contain_to_enforced', rounds, 'rounds over HTTP, each cut a live flow'),
    timeFigure(setting, 'api_contain_to_answer', answeredMs, 99, undefined, answered),
  ]
}

/** On the session's page: the button "Contain", then "Release". */
export async function clickContainFigures(
  product: Product,
  console: ConsolePage,
  agent: Agent,
  setting: Setting,
): Promise<Figure[]> {
  const { page } = console
  const { session } = agent.counting
  await page.goto(`${product.url}/sessions/${session}`)
  const contain = page.getByRole('button', { name: `Contain ${session}`, exact: true })
  const release = page.getByRole('button', { name: `Release ${session}`, exact: true })
  await contain.waitFor()
  await noteClicks(console)
  const rounds: Round[] = []
  for (let round = 0; round < setting.rounds; round += 1) {
    await streams(agent)
    await contain.click()
    await release.waitFor()
    const click = await takeClick(console)
    rounds.push(clickedRound(proven(await newestControl(product, session)), click))
    await checkHeld(agent)
    await release.click()
    await contain.waitFor()
    await newestControl(product, session)
    await sleep(40)
  }
  await streams(agent)
  return roundFigures(setting, 'click_contain_to_enforced', rounds, "real clicks, from the click event's timestamp")
}

/** The same for Pause, on the session's page, which is where an operator stands when much else goes on. */
export async function clickPauseFigures(
  product: Product,
  console: ConsolePage,
  agent: Agent,
  setting: Setting,
): Promise<Figure[]> {
  const { page } = console
  const { session } = agent.counting
  await page.goto(`${product.url}/sessions/${session}`)
  const pause = page.getByRole('button', { name: `Pause ${session}`, exact: true })
  const resume = page.getByRole('button', { name: `Resume ${session}`, exact: true })
  await pause.waitFor()
  await noteClicks(console)
  const rounds: Round[] = []
  for (let round = 0; round < setting.rounds; round += 1) {
    await pause.click()
    await resume.waitFor()
    const click = await takeClick(console)
    rounds.push(clickedRound(await newestControl(product, session), click))
    await checkHeld(agent)
    await resume.click()
    await pause.waitFor()
    await newestControl(product, session)
    await sleep(40)
  }
  return roundFigures(setting, 'click_to_frozen', rounds, "real clicks, from the click event's timestamp")
}

function proven(control: Control): Control {
  const detailOf = (name: string) => control.steps.findLast((step) => step.name === name && step.ok !== false)?.detail
  const told = ['evidence taken', 'egress dropped', 'flows killed', 'frozen'].every((name) => detailOf(name))
  const cut = Number(/^(\d+) flow/.exec(detailOf('flows killed') ?? '')?.[1] ?? 0)
  if (!told || cut === 0) throw new Error(`a containment that cut no flow: ${JSON.stringify(control)}`)
  return control
}

/** Until it counts, and bytes of a connection arrive: then there is something to cut. */
async function streams({ counting, far }: Agent): Promise<void> {
  const [count, bytes] = [counting.count(), far.bytes()]
  await until('the session counts and streams', async () => {
    await sleep(5)
    return counting.count() > count && far.bytes() > bytes
  })
}

async function checkHeld({ counting, far }: Agent): Promise<void> {
  // What had left before the cut may still wait to be read here.
  await sleep(2)
  const [count, bytes] = [counting.count(), far.bytes()]
  await sleep(25)
  if (counting.count() !== count) throw new Error('the session went on counting after it was called contained')
  if (far.bytes() !== bytes) throw new Error('the far end heard of the session after it was called contained')
}
