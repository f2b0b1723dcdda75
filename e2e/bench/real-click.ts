// When the browser saw a click, by its own event, put into this process's clock.
import type { ConsolePage } from './console-page.ts'

/** Unix times: the click by the event's own time stamp, and when the page's thread got to hear of it. */
export type Click = { atMs: number; heardMs: number }

declare global {
  interface Window {
    benchClick?: Click | undefined
  }
}

/** From now on the page notes its newest click; once a document. */
export async function noteClicks({ page }: ConsolePage): Promise<void> {
  await page.evaluate(() =>
    document.addEventListener(
      'click',
      (event) => {
        const { timeOrigin } = performance
        window.benchClick = { atMs: timeOrigin + event.timeStamp, heardMs: timeOrigin + performance.now() }
      },
      { capture: true },
    ),
  )
}

/** The click since the last call. */
export async function takeClick({ page, offsetMs }: ConsolePage): Promise<Click> {
  const click = await page.evaluate(() => {
    const { benchClick } = window
    window.benchClick = undefined
    return benchClick
  })
  if (click === undefined) throw new Error('the page saw no click')
  return { atMs: click.atMs - offsetMs, heardMs: click.heardMs - offsetMs }
}
