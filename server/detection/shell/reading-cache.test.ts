import { describe, expect, it } from 'vitest'
import { ReadingCache } from './reading-cache.ts'
import type { ShellReading } from './shell-reading.ts'

const reading = (): ShellReading => ({ commands: [], contents: [], notFully: undefined })

describe('the cache of readings', () => {
  it('keeps what is asked for again and again, and forgets what is not', () => {
    const cache = new ReadingCache()
    const usual = reading()
    cache.set('ls', usual)
    cache.set('once', reading())
    let found = 0
    for (let n = 0; n < 20_000; n++) {
      if (cache.get('ls') === usual) found++
      cache.set(`other ${n}`, reading())
    }
    expect(found).toBe(20_000)
    expect(cache.get('once')).toBeUndefined()
  })

  it('is bounded by entries and by characters, and takes no long text', () => {
    const cache = new ReadingCache()
    const texts = Array.from({ length: 20_000 }, (_, n) => `${n} `)
    const wide = Array.from({ length: 5_000 }, (_, n) => `${n} ${'x'.repeat(2_000)}`)
    for (const text of texts) cache.set(text, reading())
    expect(texts.filter((text) => cache.get(text) !== undefined).length).toBeLessThanOrEqual(4_096)
    for (const text of wide) cache.set(text, reading())
    expect(wide.filter((text) => cache.get(text) !== undefined).length).toBeLessThanOrEqual(1_000)
    const long = 'x'.repeat(10_000)
    cache.set(long, reading())
    expect(cache.get(long)).toBeUndefined()
  })
})
