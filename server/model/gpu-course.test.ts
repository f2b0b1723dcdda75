// given readings of a GPU, when they are told in words, then busy is what was read as busy, and what was not read is not called idle.
import { describe, expect, it } from 'vitest'
import { HostId } from '../protocol/ids.ts'
import type { GpuCourse } from '../protocol/incident-timeline.ts'
import { itemsOfCourse } from './gpu-course.ts'

/** One letter a second: `#` 99%, `-` 3%, `.` not read. */
const drawn = (letters: string): GpuCourse => ({
  host: HostId.parse('gpu-node-17'),
  gpu: 'GPU-1',
  index: 0,
  fromMs: 0,
  toMs: letters.length * 1_000,
  stepMs: 1_000,
  offTaskMs: 0,
  steps: [...letters].flatMap((letter, at) =>
    letter === '.' ? [] : [{ atMs: at * 1_000, utilPercent: letter === '#' ? 99 : 3, memoryBandwidthPercent: 4 }],
  ),
})
const told = (letters: string) =>
  itemsOfCourse(drawn(letters)).map(({ label, atMs, endAtMs }) => [label, atMs / 1_000, (endAtMs ?? 0) / 1_000])

describe('the course of a GPU in an incident', () => {
  it('tells each time it was busy, from the first reading to the last', () => {
    expect(told('--####--##-')).toEqual([
      ['GPU 0 of gpu-node-17 busy, 99%', 2, 6],
      ['GPU 0 of gpu-node-17 busy, 99%', 8, 10],
    ])
  })

  it('tells when it was not measured, before, between and after, and does not carry busy across', () => {
    expect(told('.....##.....##.....')).toEqual([
      ['GPU 0 of gpu-node-17 not measured', 0, 5],
      ['GPU 0 of gpu-node-17 busy, 99%', 5, 7],
      ['GPU 0 of gpu-node-17 not measured', 7, 12],
      ['GPU 0 of gpu-node-17 busy, 99%', 12, 14],
      ['GPU 0 of gpu-node-17 not measured', 14, 19],
    ])
  })

  it('is not measured at all where nothing was read', () => {
    expect(told('....')).toEqual([['GPU 0 of gpu-node-17 not measured', 0, 4]])
  })
})
