// Frames that the compositor put on the screen: they come only where something changes, and also where the page itself is late.
import type { Page } from '@playwright/test'

type TraceEvent = { name: string }

/** How many were shown a second while `work` went on. Tracing costs the browser a little. */
export async function shownPerSecond(page: Page, work: () => Promise<unknown>): Promise<number> {
  const browser = page.context().browser()
  if (!browser) throw new Error('the page has no browser to trace')
  const devtools = await browser.newBrowserCDPSession()
  let shown = 0
  devtools.on('Tracing.dataCollected', ({ value }) => {
    for (const event of value as unknown as TraceEvent[]) if (event.name === 'Display::FrameDisplayed') shown += 1
  })
  const ended = new Promise<void>((resolve) => devtools.once('Tracing.tracingComplete', () => resolve()))
  await devtools.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['disabled-by-default-display.framedisplayed'] },
  })
  const beganMs = performance.now()
  try {
    await work()
  } finally {
    await devtools.send('Tracing.end')
  }
  const seconds = (performance.now() - beganMs) / 1_000
  await ended
  await devtools.detach()
  return shown / seconds
}
