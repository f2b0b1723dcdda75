// The page of one incident, opened anew in a real browser: when its title is painted, and when its lanes are.
import type { Page } from '@playwright/test'
import type { Product } from '../product.ts'

const opens = 7

export type IncidentPaints = { titleMs: number[]; drawnMs: number[]; bareMs: number[] }

export async function incidentPaints(page: Page, product: Product, incident: string): Promise<IncidentPaints> {
  const titleMs: number[] = []
  const drawnMs: number[] = []
  const bareMs: number[] = []
  // The first load fills the browser's cache of the console's own files, as any page of it does.
  await opened(page, `${product.url}/incidents/${incident}`)
  for (let n = 0; n < opens; n += 1) {
    await page.goto('about:blank')
    await page.goto(`${product.url}/incidents/${incident}`, { waitUntil: 'commit' })
    titleMs.push(await painted(page, 'h1', incident))
    drawnMs.push(await painted(page, 'main p', 'facts from'))
    await page.goto('about:blank')
    await page.goto(`${product.url}/settings`, { waitUntil: 'commit' })
    bareMs.push(await painted(page, 'h1', ''))
  }
  return { titleMs, drawnMs, bareMs }
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
