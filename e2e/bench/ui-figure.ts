// The Live page under ten thousand sessions: how long until it is there, how it scrolls, how it answers a click, whether a row moves under the
// pointer, and whether its heap grows, all while events flow in. In a real browser.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from '@playwright/test'
import { type Product, until } from '../product.ts'
import { bigFleet, toolCalls } from './big-fleet.ts'
import type { Cleanup } from './cleanup.ts'
import type { ConsolePage } from './console-page.ts'
import type { Figure } from './figure.ts'
import { flagFloodFigures } from './flag-flood-figure.ts'
import { percentile } from './percentile.ts'
import { scrollFigures } from './scroll-figure.ts'

const sessionCount = 10_000
const eventsPerSecond = 2_000
const opens = 5
const clicks = 20
const stillMs = 10_000

export async function uiFigures(
  cleanup: Cleanup,
  product: Product,
  shown: ConsolePage,
  options: { heapSeconds: number; say: (line: string) => void },
): Promise<Figure[]> {
  const { page } = shown
  const { say, heapSeconds } = options
  say(`ui: telling ${sessionCount} sessions`)
  const fleet = await bigFleet(cleanup, product, sessionCount)
  const load = toolCalls(product, fleet.sessions, eventsPerSecond)
  const startedMs = Date.now()
  const note = `${sessionCount} sessions, ${fleet.gpus} GPUs, ${eventsPerSecond} events/s flowing in`
  try {
    say('ui: opening, scrolling, clicking')
    const openMs: number[] = []
    for (let n = 0; n < opens; n += 1) openMs.push(await openLive(page, product))
    say(`ui: opened in ${openMs.map((ms) => ms.toFixed(0)).join(', ')} ms`)
    const scrolling = await scrollFigures(page, note, say)
    await openLive(page, product)
    const clickMs = await selectClicks(page)
    say(`ui: clicks answered in ${clickMs.map((ms) => ms.toFixed(0)).join(', ')} ms`)
    const moved = await rowsMovedUnderPointer(page)
    const before = await shown.heapMib()
    say(`ui: watching the heap for ${heapSeconds} s`)
    const after = await watchHeap(shown, heapSeconds, say)
    const reached = load.stop() / ((Date.now() - startedMs) / 1_000)
    const ms = (name: string, value: number, atMost: number, more: string): Figure => ({
      ...figure(name, value, 'ms'),
      aim: { atMost },
      note: `${note}; ${more}`,
    })
    return [
      ms(
        'ui_live_open_p50_ms',
        percentile(openMs, 50),
        2_000,
        `a new load until a screenful of rows is painted, ${opens} times`,
      ),
      ms('ui_live_open_worst_ms', Math.max(...openMs), 2_000, 'the same'),
      ...scrolling,
      ms(
        'ui_click_answered_p50_ms',
        percentile(clickMs, 50),
        100,
        `${clicks} real clicks on rows’ boxes until they are painted as picked`,
      ),
      ms('ui_click_answered_p99_ms', percentile(clickMs, 99), 100, 'the same'),
      {
        ...figure('ui_rows_moved_under_pointer', moved, 'count'),
        aim: { atMost: 0 },
        note: `the pointer rests on a row for ${stillMs / 1_000} s`,
      },
      {
        ...figure('ui_heap_growth', after / before - 1, 'ratio'),
        aim: { atMost: 0.1 },
        note: `${before.toFixed(0)} to ${after.toFixed(0)} MiB in ${heapSeconds} s (--minutes 30 makes it half an hour)`,
      },
      {
        ...figure('ui_events_reached_per_s', reached, 'events/s'),
        aim: { atLeast: eventsPerSecond * 0.98 },
        note: 'durable, over the whole time; less, and the figures above are of a lighter load',
      },
      ...(await flagFloodFigures(product, page, fleet.sessions, say)),
    ]
  } finally {
    try {
      load.stop()
    } catch {
      // said above
    }
  }
}

/** What the heap is at the end, with what it was on the way: a figure after half an hour must not be all that is known of it. */
async function watchHeap(shown: ConsolePage, seconds: number, say: (line: string) => void): Promise<number> {
  const everySeconds = Math.max(10, Math.ceil(seconds / 15))
  for (let left = seconds; left > everySeconds; left -= everySeconds) {
    await sleep(everySeconds * 1_000)
    say(`ui: the heap after ${seconds - left + everySeconds} s: ${(await shown.heapMib()).toFixed(1)} MiB`)
  }
  await sleep(Math.min(seconds, everySeconds) * 1_000)
  return await shown.heapMib()
}

const figure = (name: string, value: number, unit: Figure['unit']): Figure => ({ group: 'ui', name, value, unit })

/** From the navigation's own start until ten rows were painted. */
async function openLive(page: Page, product: Product): Promise<number> {
  await page.goto('about:blank')
  await page.goto(`${product.url}/live`, { waitUntil: 'commit' })
  return await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const look = () => {
          if (document.querySelectorAll('[data-session]').length < 10) return void requestAnimationFrame(look)
          const channel = new MessageChannel()
          channel.port1.onmessage = () => resolve(performance.now())
          channel.port2.postMessage(null)
        }
        look()
      }),
  )
}

/** From the click's own time stamp until the box was painted as picked. */
async function selectClicks(page: Page): Promise<number[]> {
  await page.evaluate(() => {
    document.addEventListener(
      'click',
      (event) => {
        const box = (event.target as Element).closest<HTMLElement>('[role=checkbox], input[type=checkbox], label')
        const row = box?.closest('[data-session]')
        if (!row) return
        const look = () => {
          // Not the box's own tick, which the browser draws by itself: what the console made of it.
          if (row.closest('[data-selecting]') === null) return void requestAnimationFrame(look)
          // The frame that this callback belongs to paints it; the next task comes after that.
          const channel = new MessageChannel()
          channel.port1.onmessage = () => {
            ;(window as unknown as { benchPicked?: number }).benchPicked = performance.now() - event.timeStamp
          }
          channel.port2.postMessage(null)
        }
        look()
      },
      { capture: true },
    )
  })
  const times: number[] = []
  for (let n = 0; n < clicks; n += 1) {
    const row = page.locator('[data-session]').nth(4 + (n % 8))
    await row.hover({ position: { x: 120, y: 12 } }) // as a hand comes, and the box shows itself under it
    await row.locator('input[type=checkbox]').click({ timeout: 5_000 })
    times.push(
      await until('the box is painted as picked', () =>
        page.evaluate(() => {
          const holder = window as unknown as { benchPicked?: number | undefined }
          const ms = holder.benchPicked
          holder.benchPicked = undefined
          return ms
        }),
      ),
    )
    await page.keyboard.press('Escape')
    await page.locator('[data-selecting]').waitFor({ state: 'detached' })
    await sleep(150)
  }
  await page.mouse.move(10, 400)
  return times
}

async function rowsMovedUnderPointer(page: Page): Promise<number> {
  const box = await page.locator('[data-session]').nth(6).boundingBox()
  if (!box) throw new Error('there is no row to point at')
  const at = { x: box.x + 80, y: box.y + box.height / 2 }
  await page.mouse.move(at.x, at.y)
  const rowThere = () =>
    page.evaluate(
      ({ x, y }) => document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-session]')?.dataset.session,
      at,
    )
  let moved = 0
  let last = await rowThere()
  const untilMs = Date.now() + stillMs
  while (Date.now() < untilMs) {
    await sleep(100)
    const now = await rowThere()
    if (now !== last) moved += 1
    last = now
  }
  return moved
}
