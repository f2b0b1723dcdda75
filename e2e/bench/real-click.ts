// When the browser saw a click, by its own event, put into this process's clock.
import type { ConsolePage } from './console-page.ts'

declare global {
  interface Window {
    benchClickMs?: number | undefined
  }
}

/** From now on the page notes its newest click; once a document. */
export async function noteClicks({ page }: ConsolePage): Promise<void> {
  await page.evaluate(() =>
    document.addEventListener('click', (event) => (window.benchClickMs = performance.timeOrigin + event.timeStamp), {
      capture: true,
    }),
  )
}

/** Unix time of the click since the last call. */
export async function takeClick({ page, offsetMs }: ConsolePage): Promise<number> {
  const atMs = await page.evaluate(() => {
    const clickedMs = window.benchClickMs
    window.benchClickMs = undefined
    return clickedMs
  })
  if (atMs === undefined) throw new Error('the page saw no click')
  return atMs - offsetMs
}
