// How Live scrolls beside a bare page: the same list as plain text, all of it there, no script, no socket. What that one does not reach
// the machine does not have.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from '@playwright/test'
import type { Figure } from './figure.ts'
import { framesPerSecond } from './frames.ts'
import { shownPerSecond } from './shown-frames.ts'

const scrollMs = 5_000
/** A brisk hand on a wheel; and the list thrown as far as it goes, faster than anybody reads. */
const byHand = { stepPx: 120, everyMs: 50 }
const thrown = { stepPx: 240, everyMs: 16 }
type Manner = typeof byHand
type Scrolled = { fps: number; shown: number; turnsPerSecond: number }

/** Leaves the page on a bare one. */
export async function scrollFigures(page: Page, about: string, say: (line: string) => void): Promise<Figure[]> {
  const live = { hand: await scroll(page, byHand), thrown: await scroll(page, thrown) }
  await bareList(page)
  const bare = { hand: await scroll(page, byHand), thrown: await scroll(page, thrown) }
  const figures: Figure[] = []
  for (const [way, manner, word] of [
    ['hand', byHand, 'scroll'],
    ['thrown', thrown, 'throw'],
  ] as const) {
    const [ours, theirs] = [live[way], bare[way]]
    const as = `the wheel turned by ${manner.stepPx} px, then again ${manner.everyMs} ms after it was answered, for ${scrollMs / 1_000} s`
    say(`ui: ${word}: ${line(ours)}; the bare page: ${line(theirs)}`)
    figures.push(
      {
        ...figure(`ui_${word}_frames_per_s`, ours.fps),
        aim: { atLeast: 55 },
        note: `${about}; ${as}: ${ours.turnsPerSecond.toFixed(1)} turns/s; as the page counts them`,
      },
      {
        ...figure(`ui_${word}_bare_frames_per_s`, theirs.fps),
        note: `the same on a bare page of text, ${theirs.turnsPerSecond.toFixed(1)} turns/s; Live reaches ${(ours.fps / theirs.fps).toFixed(2)} of it`,
      },
      {
        ...figure(`ui_${word}_shown_per_s`, ours.shown),
        note: `as the compositor put them on the screen: only where something changed, so about one a turn; the bare page ${theirs.shown.toFixed(1)}`,
      },
    )
  }
  return figures
}

const figure = (name: string, value: number): Figure => ({ group: 'ui', name, value, unit: 'frames/s' })
const line = ({ fps, shown, turnsPerSecond }: Scrolled) =>
  `${fps.toFixed(1)} frames/s, ${shown.toFixed(1)} shown, ${turnsPerSecond.toFixed(1)} turns/s`

async function scroll(page: Page, { stepPx, everyMs }: Manner): Promise<Scrolled> {
  const box = await page.locator('[data-session]').nth(5).boundingBox()
  if (!box) throw new Error('there is no row to scroll over')
  await page.mouse.move(box.x + 60, box.y + 10)
  const scrolled = () =>
    page.evaluate(() => document.querySelector('[data-session]')?.closest('[role=rowgroup]')?.scrollTop ?? 0)
  const fromPx = await scrolled()
  let fps = 0
  let turns = 0
  const shown = await shownPerSecond(page, async () => {
    fps = await framesPerSecond(page, { ms: scrollMs, everyMs }, () => {
      turns += 1
      return page.mouse.wheel(0, stepPx)
    })
  })
  const movedPx = (await scrolled()) - fromPx
  if (movedPx < 2_000) throw new Error(`the list moved by ${movedPx} px only: its frames say nothing`)
  await page.evaluate(() => document.querySelector('[data-session]')?.closest('[role=rowgroup]')?.scrollTo({ top: 0 }))
  await page.mouse.move(10, 400)
  await sleep(500)
  return { fps, shown, turnsPerSecond: (turns * 1_000) / scrollMs }
}

/** In place of Live, as large as its list: as many cells of text, every row there from the start. */
async function bareList(page: Page): Promise<void> {
  const like = await page.evaluate(() => {
    const row = document.querySelector<HTMLElement>('[data-session]')
    const list = row?.closest('[role=rowgroup]')?.getBoundingClientRect()
    const template = (row?.firstElementChild as HTMLElement | undefined)?.style.gridTemplateColumns
    return list && template ? { x: list.x, y: list.y, width: list.width, height: list.height, template } : undefined
  })
  if (!like) throw new Error('there is no list to be like')
  await page.goto('about:blank')
  await page.evaluate(({ x, y, width, height, template }) => {
    const list = document.createElement('div')
    list.setAttribute('role', 'rowgroup')
    list.style.cssText = `position:absolute;left:${x}px;top:${y}px;width:${width}px;height:${height}px;overflow-y:auto;contain:strict;font:13px sans-serif`
    for (let n = 0; n < 2_500; n += 1) {
      const row = list.appendChild(document.createElement('div'))
      row.dataset.session = String(n)
      row.style.cssText = `display:grid;gap:12px;height:38px;border-bottom:1px solid;grid-template-columns:${template}`
      for (const column of template.split(/ (?![^(]*\))/))
        row.appendChild(document.createElement('span')).textContent = `${n} ${column}`
    }
    document.body.append(list)
  }, like)
  await sleep(1_000)
}
