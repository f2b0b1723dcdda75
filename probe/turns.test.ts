import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

const spin = (ms: number): void => {
  const endMs = performance.now() + ms
  while (performance.now() < endMs);
}
const turnOfTheLoop = () => new Promise((resolve) => setImmediate(resolve))

test('a long reading lets whatever comes in have its turn every few milliseconds', async () => {
  const turns = new Turns()
  const gapsMs: number[] = []
  let lastMs = performance.now()
  const timer = setInterval(() => {
    gapsMs.push(performance.now() - lastMs)
    lastMs = performance.now()
  }, 1)
  const read = async () => {
    for (let i = 0; i < 100; i += 1) {
      await turns.rest()
      spin(0.5)
    }
  }
  // Two observers at once: between slices of different observers there is a look at the line as well.
  await Promise.all([read(), read()])
  clearInterval(timer)
  expect(gapsMs.length).toBeGreaterThan(20)
  gapsMs.sort((a, b) => a - b)
  expect(gapsMs[Math.floor(gapsMs.length / 2)]).toBeLessThan(6)
})

test('observation waits while a control is being enforced, and goes on afterwards', async () => {
  const turns = new Turns()
  const order: string[] = []
  let finish = (): void => {}
  const control = turns.urgently(async () => {
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    order.push('control')
  })
  const observation = turns.rest().then(() => order.push('observation'))
  for (let i = 0; i < 5; i += 1) await turnOfTheLoop()
  expect(order).toEqual([])
  finish()
  await Promise.all([control, observation])
  expect(order).toEqual(['control', 'observation'])
})

test('a control that cannot be enforced does not blind the probe', async () => {
  const turns = new Turns()
  let finish = (): void => {}
  const control = turns.urgently(
    () =>
      new Promise<void>((resolve) => {
        finish = resolve
      }),
  )
  const keepAlive = setInterval(() => {}, 50)
  const startMs = performance.now()
  await turns.rest()
  clearInterval(keepAlive)
  expect(performance.now() - startMs).toBeGreaterThan(150)
  finish()
  await control
})
