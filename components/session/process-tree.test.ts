// The tree as an operator reads it.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProcessView } from '../../server/protocol/browser-messages.ts'
import { processTree } from './process-tree.ts'

const t0 = Date.UTC(2026, 10, 21)
const process = (pid: number, ppid: number, startTicks: number) =>
  ProcessView.parse({ pid, ppid, startTicks, comm: `p${pid}`, argv: [], startedAtMs: t0 + startTicks, escaped: false })
const drawn = (list: ProcessView[]) =>
  processTree(list).map(({ process: { comm }, depth }) => `${'  '.repeat(depth)}${comm}`)

describe('the process tree', () => {
  it('puts children under their parent in the order they started', () => {
    expect(drawn([process(3, 2, 30), process(1, 0, 10), process(2, 1, 20), process(4, 1, 15)])).toEqual([
      'p1',
      '  p4',
      '  p2',
      '    p3',
    ])
  })

  it('makes a root of a process whose parent is outside the session', () => {
    expect(drawn([process(9, 1, 10)])).toEqual(['p9'])
  })

  it('does not hang a child under a later process that reused its parent’s PID', () => {
    expect(drawn([process(2, 0, 5), process(3, 2, 6), process(2, 0, 90)])).toEqual(['p2', '  p3', 'p2'])
  })

  it('shows every process exactly once, whatever the parents say', () => {
    const any = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 3 }))
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), (list) => {
        expect(processTree(list.map(([pid, ppid, ticks]) => process(pid, ppid, ticks)))).toHaveLength(list.length)
      }),
    )
  })
})
