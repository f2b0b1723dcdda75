// given an address that asks again and again, when its window is full, then it waits until that window ends and no longer.
import { expect, it } from 'vitest'
import { createRateCounts } from './rate-counts.ts'

const rule = { window: 60, max: 3 }

it('lets so many through in a window, says how long the others wait, and begins anew when it is over', async () => {
  let nowMs = 0
  const counts = createRateCounts(() => nowMs)
  const ask = async (key = 'a') => (await counts.consume(key, rule)).retryAfter
  // A try every 25 s is never too many, however long it goes on.
  for (let n = 0; n < 20; n += 1) {
    expect(await ask()).toBeNull()
    nowMs += 25_000
  }
  nowMs += 60_000
  expect([await ask(), await ask(), await ask(), await ask()]).toEqual([null, null, null, 60])
  expect(await ask('b')).toBeNull()
  nowMs += 59_000
  expect(await ask()).toBe(1)
  nowMs += 1_000
  expect(await ask()).toBeNull()
})

it('counts many at once as many', async () => {
  const counts = createRateCounts(() => 0)
  const answers = await Promise.all(Array.from({ length: 10 }, () => counts.consume('a', rule)))
  expect(answers.filter(({ allowed }) => allowed)).toHaveLength(3)
})

it('is bounded: of twenty thousand addresses the oldest leaves', async () => {
  const counts = createRateCounts(() => 0)
  for (let n = 0; n < 20_001; n += 1) await counts.consume(`address ${n}`, { window: 60, max: 1 })
  expect(await counts.consume('address 20000', { window: 60, max: 1 })).toMatchObject({ allowed: false })
  expect(await counts.consume('address 0', { window: 60, max: 1 })).toMatchObject({ allowed: true })
})
