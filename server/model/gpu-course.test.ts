// given readings of a GPU, when they are told in words, then busy is what was read as busy, and what was not read is not called idle.
import { describe, expect, it } from 'vitest'
import { HostId } from '../protocol/ids.ts'
import type { GpuCourse } from '../protocol/incident-timeline.ts'
import type { GpuSample } from '../protocol/sample.ts'
import { drawEpisode, testSession } from './event-for-test.ts'
import { gpusOfIncident, itemsOfCourse } from './gpu-course.ts'
import { emptyState } from './state.ts'

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
      ['busy 99%: GPU 0 of gpu-node-17', 2, 6],
      ['busy 99%: GPU 0 of gpu-node-17', 8, 10],
    ])
  })

  it('tells when it was not measured, before, between and after, and does not carry busy across', () => {
    expect(told('.....##.....##.....')).toEqual([
      ['not measured: GPU 0 of gpu-node-17', 0, 5],
      ['busy 99%: GPU 0 of gpu-node-17', 5, 7],
      ['not measured: GPU 0 of gpu-node-17', 7, 12],
      ['busy 99%: GPU 0 of gpu-node-17', 12, 14],
      ['not measured: GPU 0 of gpu-node-17', 14, 19],
    ])
  })

  it('is not measured at all where nothing was read', () => {
    expect(told('....')).toEqual([['not measured: GPU 0 of gpu-node-17', 0, 4]])
  })
})

describe('the GPUs of an incident', () => {
  const reading = (gpu: string, user?: string) => ({ type: 'gpu', host: 'node-2', gpu, user }) as unknown as GpuSample
  const named = (events: string, readings: GpuSample[] = []) =>
    gpusOfIncident(emptyState(), drawEpisode(events), new Set([testSession]), readings, 0).map(({ gpu }) => gpu)

  it('are those on which its sessions were seen to compute, and those that an exporter says they have', () => {
    expect(named('00:01 gpu GPU-7 100')).toEqual(['GPU-7'])
    expect(named('', [reading('GPU-8', `drill/${testSession}`), reading('GPU-9', 'other/pod')])).toEqual(['GPU-8'])
  })

  it('are none where nothing ties one to it, however busy it is', () => {
    expect(named('00:01 exec 100 1 python', [reading('GPU-9')])).toEqual([])
  })
})
