// Times and quantities as an operator reads them.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { bytesText, countText, cpuText, endpointText, plural } from './format-quantity.ts'
import { ageText, clockText, dateTimeText, offsetText, preciseClockText, showTimesIn, spanText } from './format-time.ts'

const at = Date.UTC(2026, 10, 21, 14, 32, 7, 110)

describe('times', () => {
  it('tells the clock in UTC and says so, with milliseconds when asked', () => {
    expect(clockText(at)).toBe('14:32:07Z')
    expect(preciseClockText(at)).toBe('14:32:07.110Z')
    expect(dateTimeText(at)).toBe('2026-11-21 14:32:07 UTC')
  })

  it('tells every time in the reader’s zone when that was chosen, each with its offset at that moment, and the day with it', () => {
    const told = (zone: string, atMs: number) => {
      process.env.TZ = zone
      return [clockText(atMs), preciseClockText(atMs), dateTimeText(atMs)]
    }
    const before = process.env.TZ
    showTimesIn('local')
    try {
      expect(told('Europe/Berlin', at)).toEqual(['15:32:07+01', '15:32:07.110+01', '2026-11-21 15:32:07 +01'])
      expect(told('Europe/Berlin', Date.UTC(2026, 6, 1, 23))[2]).toBe('2026-07-02 01:00:00 +02')
      expect(told('Asia/Kolkata', at)[0]).toBe('20:02:07+05:30')
      expect(told('America/St_Johns', at)[0]).toBe('11:02:07−03:30')
      expect(told('UTC', at)[0]).toBe('14:32:07+00')
    } finally {
      if (before === undefined) delete process.env.TZ
      else process.env.TZ = before
      showTimesIn('utc')
    }
  })

  it('is written nowhere else on a screen: a time with another mark beside it would be in the wrong zone', () => {
    const root = path.resolve(import.meta.dirname, '..')
    const own = /\} UTC|' UTC|toLocale(Time|Date|String)|getUTC(Hours|Minutes)|toISOString\(\)\.(slice|sub)/
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (file) => /\.tsx?$/.test(file) && !/\.test\.|format-time\.ts$/.test(file),
    )
    expect(files.length).toBeGreaterThan(100)
    expect(files.filter((file) => own.test(readFileSync(path.join(root, file), 'utf8')))).toEqual([])
  })

  it('says a span in the two units that matter', () => {
    expect([84, 900, 33_000, 248_000, 7_500_000].map(spanText)).toEqual([
      '84 ms',
      '0.9 s',
      '33 s',
      '4 min 08 s',
      '2 h 05 min',
    ])
  })

  it('says an age in whole steps', () => {
    expect([200, 5_400, 240_000].map(ageText)).toEqual(['now', '5 s', '4 min'])
  })

  it('shows a host clock that is behind as a negative offset instead of hiding it', () => {
    expect([9, -4].map(offsetText)).toEqual(['+9 ms', '−4 ms'])
  })
})

describe('quantities', () => {
  it('keeps bytes short', () => {
    expect([612, 1_200_000, 48_400_000, 999_600].map(bytesText)).toEqual(['612 B', '1.2 MB', '48 MB', '1.0 MB'])
  })

  it('groups thousands and counts in words', () => {
    expect(countText(1_234_567)).toBe('1,234,567')
    expect([plural(1, 'process', 'processes'), plural(41, 'process', 'processes')]).toEqual([
      '1 process',
      '41 processes',
    ])
  })

  it('brackets IPv6 and shows small CPU shares with a decimal', () => {
    expect(endpointText({ address: '2001:db8::1', port: 443 })).toBe('[2001:db8::1]:443')
    expect([cpuText(0), cpuText(0.4), cpuText(142.4)]).toEqual(['0%', '0.4%', '142%'])
  })
})
