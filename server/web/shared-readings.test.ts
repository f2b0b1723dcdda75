// given many who ask for what is costly to read, when they ask at once or it changes all the time, then it is read once, and again only when it is due.
import { describe, expect, it } from 'vitest'
import { shareReadings } from './shared-readings.ts'

const everyMs = 2_000
/** Promises that wait for nothing but each other have come to rest. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

function counted() {
  let nowMs = 1_000_000
  let version = 1
  const waiting: { untilMs: number; wake: () => void }[] = []
  const readings: { version: number; atMs: number; end: (fails?: boolean) => void }[] = []
  const ask = shareReadings<number>({
    everyMs,
    nowMs: () => nowMs,
    wait: (ms) => new Promise((wake) => waiting.push({ untilMs: nowMs + ms, wake })),
  })
  return {
    readings,
    ask: () =>
      ask(
        'INC-1',
        () => String(version),
        () =>
          new Promise<number>((resolve, reject) => {
            const of = version
            const end = (fails = false) => (fails ? reject(new Error('the database is away')) : resolve(of))
            readings.push({ version: of, atMs: nowMs, end })
          }),
      ),
    change: () => {
      version += 1
    },
    async pass(ms: number): Promise<void> {
      await settled()
      nowMs += ms
      for (const { wake } of waiting.filter(({ untilMs }) => untilMs <= nowMs)) wake()
      await settled()
    },
  }
}

describe('a reading that many ask for', () => {
  it('is one for five who ask at once, and for who asks shortly afterwards', async () => {
    const { ask, readings, pass } = counted()
    const five = Array.from({ length: 5 }, ask)
    readings[0]?.end()
    expect(await Promise.all(five)).toEqual([1, 1, 1, 1, 1])
    await pass(everyMs - 1)
    expect(await ask()).toBe(1)
    expect(readings).toHaveLength(1)
    await pass(1)
    void ask()
    expect(readings).toHaveLength(2)
  })

  it('is never two at once, and at most one in so long, however often the thing changes meanwhile', async () => {
    const { ask, readings, change, pass } = counted()
    const first = ask()
    const later: Promise<number>[] = []
    for (let n = 0; n < 50; n += 1) {
      change()
      later.push(ask())
    }
    await pass(everyMs * 3)
    // the first one takes long
    expect(readings).toHaveLength(1)
    readings[0]?.end()
    await pass(0)
    expect(readings).toHaveLength(2)
    readings[1]?.end()
    // and those who asked after the change have what it is now
    expect([await first, ...new Set(await Promise.all(later))]).toEqual([1, 51])
    change()
    const last = ask()
    await pass(everyMs - 1)
    expect(readings).toHaveLength(2)
    await pass(1)
    readings[2]?.end()
    expect(await last).toBe(52)
  })

  it('that failed is no answer to the next who asks', async () => {
    const { ask, readings, change, pass } = counted()
    const failed = ask()
    change()
    const next = ask()
    readings[0]?.end(true)
    await expect(failed).rejects.toThrow('the database is away')
    await pass(everyMs)
    readings[1]?.end()
    expect(await next).toBe(2)
    await pass(everyMs)
    const again = ask()
    readings[2]?.end(true)
    await expect(again).rejects.toThrow('the database is away')
    await pass(0)
    void ask()
    expect(readings).toHaveLength(4)
  })
})
