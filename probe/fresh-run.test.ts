// A shared reading is never older than the question, and one that hangs does not hang the next.
import { expect, test } from 'vitest'
import { freshRun } from './fresh-run.ts'

test('callers share a run that has not begun, and those that come during a run share the next', async () => {
  const ends: ((value: number) => void)[] = []
  const ask = freshRun('it', () => new Promise<number>((resolve) => ends.push(resolve)), 5_000)
  const first = [ask(), ask()]
  await Promise.resolve()
  await Promise.resolve()
  expect(ends).toHaveLength(1)
  const second = [ask(), ask(), ask()]
  ends[0]?.(1)
  expect(await Promise.all(first)).toEqual([1, 1])
  await new Promise((resolve) => setImmediate(resolve))
  expect(ends).toHaveLength(2)
  ends[1]?.(2)
  expect(await Promise.all(second)).toEqual([2, 2, 2])
})

test('a run that fails or never ends is told to its own callers only', async () => {
  let runs = 0
  const ask = freshRun(
    'the tool',
    () => {
      runs += 1
      if (runs === 1) return new Promise<string>(() => {})
      return runs === 2 ? Promise.reject(new Error('refused')) : Promise.resolve('well')
    },
    20,
  )
  await expect(ask()).rejects.toThrow('the tool did not answer in 20 ms')
  await expect(ask()).rejects.toThrow('refused')
  expect(await ask()).toBe('well')
})
