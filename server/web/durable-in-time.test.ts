import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { durableInTime } from './durable-in-time.ts'

const after = async (ms: number, count: number): Promise<number> => {
  await sleep(ms)
  return count
}

test('portions that become durable at different times are all counted', async () => {
  expect(await durableInTime([after(10, 500), after(1, 461), after(5, 39)])).toEqual({ accepted: 1_000 })
})

test('a portion that is refused says why and takes nothing from the others', async () => {
  const refused = Promise.reject(Object.assign(new Error('come back later'), { name: 'OverloadedError' }))
  expect(await durableInTime([after(5, 500), refused])).toEqual({ accepted: 500, failure: 'come back later' })
})

test('who hears that there is no room does not wait for the database as well', async () => {
  const refused = Promise.reject(Object.assign(new Error('come back later'), { name: 'OverloadedError' }))
  const began = performance.now()
  const never = new Promise<number>(() => undefined)
  expect(await durableInTime([after(5, 500), never, refused])).toEqual({ accepted: 500, failure: 'come back later' })
  expect(performance.now() - began).toBeLessThan(15_000)
})
