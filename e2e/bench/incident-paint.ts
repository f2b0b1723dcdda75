// The page of one incident, opened anew in a real browser: when its title is painted, and when its lanes are.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from '@playwright/test'
import type { Product } from '../product.ts'
import { framesPerSecond } from './frames.ts'

const opens = 7
/** The server answers with the same reading for so long: what is measured is a reading of its own. */
export const sharedForMs = 2_500

export type IncidentPaints = { titleMs: number[]; drawnMs: number[]; bareMs: number[] }

export async function incidentPaints(page: Page, product: Product, incident: string): Promise<IncidentPaints> {
  const titleMs: number[] = []
  const drawnMs: number[] = []
  const bareMs: number[] = []
  // The first load fills the browser's cache of the console's own files, as any page of it does.
  await opened(page, `${product.url}/incidents/${incident}`)
  for (let n = 0; n < opens; n += 1) {
    await page.goto('about:blank')
    await sleep(sharedForMs)
    await page.goto(`${product.url}/incidents/${incident}`, { waitUntil: 'commit' })
    titleMs.push(await painted(page, 'h1', incident))
    drawnMs.push(await painted(page, 'main p', 'facts from'))
    await page.goto('about:blank')
    await page.goto(`${product.url}/settings`, { waitUntil: 'commit' })
    bareMs.push(await painted(page, 'h1', ''))
  }
  return { titleMs, drawnMs, bareMs }
}

const moveMs = 5_000

/** Its page is opened, and its lanes are dragged to and fro, then zoomed in and out by the wheel. */
export async function incidentFrames(
  page: Page,
  product: Product,
  incident: string,
): Promise<{ dragged: number; zoomed: number }> {
  await opened(page, `${product.url}/incidents/${incident}`)
  const drawing = page.locator('ul[aria-label="Lanes"] + div svg')
  await drawing.waitFor()
  await drawing.scrollIntoViewIfNeeded()
  const box = await drawing.boundingBox()
  if (!box) throw new Error('there is no drawing to move')
  const middle = { x: box.x + box.width / 2, y: box.y + Math.min(box.height / 2, 200) }
  let turn = 0
  await page.mouse.move(middle.x, middle.y)
  await page.mouse.down()
  const dragged = await framesPerSecond(page, { ms: moveMs, everyMs: 16 }, async () => {
    turn += 1
    await page.mouse.move(middle.x + Math.sin(turn / 8) * box.width * 0.3, middle.y)
  })
  await page.mouse.up()
  await page.keyboard.down('Control')
  const zoomed = await framesPerSecond(page, { ms: moveMs, everyMs: 50 }, async () => {
    turn += 1
    await page.mouse.wheel(0, turn % 40 < 20 ? -120 : 120)
  })
  await page.keyboard.up('Control')
  return { dragged, zoomed }
}

async function opened(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.getByText('facts from').waitFor()
}

/** Since the navigation began, until an element that says it has been painted. */
async function painted(page: Page, selector: string, text: string): Promise<number> {
  return await page.evaluate(
    ({ selector, text }) =>
      new Promise<number>((resolve) => {
        const look = () => {
          const isThere = [...document.querySelectorAll(selector)].some((each) => each.textContent?.includes(text))
          if (!isThere) return void requestAnimationFrame(look)
          // The first task after the frame that has it.
          requestAnimationFrame(() => {
            const channel = new MessageChannel()
            channel.port1.onmessage = () => resolve(performance.now())
            channel.port2.postMessage(null)
          })
        }
        look()
      }),
    { selector, text },
  )
}
