// The picture that a camera reads. What stands here was read by another program (jsQR) for every length from 1 to 412, and with as many
// modules spoilt as the standard lets it mend.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type QrCode, qrCode } from './qr-code.ts'

const drawing = (code: QrCode | undefined) => code?.map((row) => row.map((isDark) => (isDark ? '#' : '.')).join(''))

describe('a QR code', () => {
  it('of a short word is this picture', () => {
    expect(drawing(qrCode('Vigil'))).toEqual([
      '#######...#.#.#######',
      '#.....#.#.##..#.....#',
      '#.###.#..#..#.#.###.#',
      '#.###.#..##...#.###.#',
      '#.###.#.#.#.#.#.###.#',
      '#.....#...#.#.#.....#',
      '#######.#.#.#.#######',
      '...........##........',
      '#.#.#.#..###....#..#.',
      '..####.#..#...#..####',
      '####..#.....#...#####',
      '###.#..#..#...#....##',
      '.#.######...#.#.#..##',
      '........#..#.#.#.....',
      '#######..#.#.###.#.##',
      '#.....#..#.###.##....',
      '#.###.#.####.###...##',
      '#.###.#..##...##.###.',
      '#.###.#.##..#...###.#',
      '#.....#.......##...#.',
      '#######.###.#.##...##',
    ])
  })

  it('grows with its text, in several blocks and with its version written in it, up to 412 bytes and no further', () => {
    const printOf = (length: number) => {
      const code = qrCode('x'.repeat(length))
      const text = code?.map((row) => row.map(Number).join('')).join('\n') ?? ''
      return [code?.length, createHash('sha256').update(text).digest('hex').slice(0, 16)]
    }
    expect(printOf(140)).toEqual([49, '3f5714c640f72495'])
    expect(printOf(250)).toEqual([61, 'c731814ccd946c75'])
    expect(printOf(412)).toEqual([77, '1545cdf36ca5be9f'])
    expect(qrCode('x'.repeat(413))).toBeUndefined()
    expect(qrCode('ü'.repeat(207))).toBeUndefined()
  })
})
