// Frames that a real browser makes while something is done to its page.
import type { Page } from '@playwright/test'

/** Counts for `ms` while `work` is done over and over, every `everyMs`. */
export async function framesPerSecond(
  page: Page,
  { ms, everyMs }: { ms: number; everyMs: number },
  work: () => Promise<void>,
): Promise<number> {
  const frames = page.evaluate(
    (ms) =>
      new Promise<number>((resolve) => {
        const beganMs = performance.now()
        let count = 0
        const tick = (atMs: number) => {
          count += 1
          if (atMs - beganMs < ms) requestAnimationFrame(tick)
          else resolve((count * 1_000) / (atMs - beganMs))
        }
        requestAnimationFrame(tick)
      }),
    ms,
  )
  const untilMs = Date.now() + ms
  while (Date.now() < untilMs) {
    await work()
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
  return await frames
}
