// Runs inside the page: notes when a text that matches a pattern has been painted. Noticed by a MutationObserver; its time is taken in
// the first task after the next animation frame, when that frame has been drawn.
import type { Page } from '@playwright/test'

export type Painted = { text: string; atMs: number }

declare global {
  interface Window {
    benchPainted?: Painted[]
    benchPattern?: RegExp
  }
}

/** From now on every text node under `selector` that comes to match is noted. A second call only changes the pattern. */
export async function watchPaint(page: Page, selector: string, pattern: RegExp): Promise<void> {
  await page.evaluate(
    ({ selector, source }) => {
      const watching = window.benchPainted !== undefined
      window.benchPainted = []
      window.benchPattern = new RegExp(source)
      if (watching) return
      const textsOf = (record: MutationRecord): string[] =>
        record.type === 'characterData'
          ? [record.target.textContent ?? '']
          : [...record.addedNodes].map((node) => node.textContent ?? '')
      const observer = new MutationObserver((records) => {
        const found: string[] = []
        for (const record of records) {
          for (const text of textsOf(record)) {
            const match = window.benchPattern?.exec(text)
            if (match) found.push(match[0])
          }
        }
        if (found.length === 0) return
        requestAnimationFrame(() => {
          const channel = new MessageChannel()
          channel.port1.onmessage = () => {
            const atMs = performance.timeOrigin + performance.now()
            for (const text of found) window.benchPainted?.push({ text, atMs })
            channel.port1.close()
          }
          channel.port2.postMessage(null)
        })
      })
      const root = document.querySelector(selector)
      if (!root) throw new Error(`nothing on the page matches ${selector}`)
      observer.observe(root, { subtree: true, childList: true, characterData: true })
    },
    { selector, source: pattern.source },
  )
}

/** What was painted since the last call. */
export async function takePainted(page: Page): Promise<Painted[]> {
  return await page.evaluate(() => window.benchPainted?.splice(0) ?? [])
}
