// So many at once and no more, in the order in which they came.
import { expect, it } from 'vitest'
import { inTurns } from './in-turn.ts'

it('runs at most so many jobs at once, in order, and goes on after one that failed', async () => {
  const inTurn = inTurns(2)
  let running = 0
  let most = 0
  const order: number[] = []
  const job = (n: number) =>
    inTurn(async () => {
      running += 1
      most = Math.max(most, running)
      order.push(n)
      await new Promise((resolve) => setTimeout(resolve, 2))
      running -= 1
      if (n === 1) throw new Error('failed')
      return n
    })
  const settled = await Promise.allSettled([0, 1, 2, 3, 4].map(job))
  expect(settled.map((each) => each.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'])
  expect([most, order]).toEqual([2, [0, 1, 2, 3, 4]])
})
