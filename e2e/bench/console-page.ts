// A real, headless Chromium that is signed in and shows /live, and how far its clock is from ours.

import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { chromium, type Page } from '@playwright/test'
import { chromiumArguments } from '../chromium-arguments.ts'
import { type Product, signIn } from '../product.ts'
import type { Cleanup } from './cleanup.ts'

export type ConsolePage = {
  page: Page
  /** Add it to a time of this process to get the page's. Both read one machine's clock, but each since its own start. */
  offsetMs: number
  /** JavaScript heap of the page in use after a collection. */
  heapMib(): Promise<number>
  close(): Promise<void>
}

export async function consolePage(cleanup: Cleanup, product: Product): Promise<ConsolePage> {
  const browser = await chromium.launch({
    executablePath: await chromiumPath(),
    args: chromiumArguments,
    // Playwright would exit at once; the bench has more to take down than a browser.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  })
  const close = cleanup.later('Chromium', () => browser.close())
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } })
  await signIn(page, product)
  const devtools = await page.context().newCDPSession(page)
  return {
    page,
    offsetMs: await clockOffset(page),
    async heapMib() {
      await devtools.send('HeapProfiler.collectGarbage')
      return (await devtools.send('Runtime.getHeapUsage')).usedSize / 2 ** 20
    },
    close,
  }
}

/** Unix time in milliseconds with fractions. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now()
}

/** The same search as the tests': CHROMIUM_PATH, then PATH, then Playwright's own. */
async function chromiumPath(): Promise<string> {
  const script = path.resolve(import.meta.dirname, '../cli/bootstrap/chromium.mjs')
  const { stdout } = await promisify(execFile)(process.execPath, [script])
  return stdout.trim()
}

/** From the quickest of some round trips, so at most half of that round trip (well under a millisecond) wrong. */
async function clockOffset(page: Page): Promise<number> {
  let best = { roundTripMs: Number.POSITIVE_INFINITY, offsetMs: 0 }
  for (let i = 0; i < 30; i += 1) {
    const sentMs = nowMs()
    const pageMs = await page.evaluate(() => performance.timeOrigin + performance.now())
    const gotMs = nowMs()
    if (gotMs - sentMs < best.roundTripMs) {
      best = { roundTripMs: gotMs - sentMs, offsetMs: pageMs - (sentMs + gotMs) / 2 }
    }
  }
  return best.offsetMs
}
