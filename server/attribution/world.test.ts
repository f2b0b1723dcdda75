// What attribution remembers is bounded, whatever hangs together: an agent can start processes without end.
import { expect, it } from 'vitest'
import { BoundedMap } from './bounded-map.ts'
import { bounds, type Process } from './evidence.ts'
import { createWorld } from './world.ts'

function processStarted(pid: number): Process {
  return {
    host: 'h',
    clock: 'probe|h',
    pid,
    ppid: pid - 1,
    startMs: pid,
    endMs: undefined,
    argv: [],
    comm: 'fork',
    commands: [],
    session: undefined,
    workload: undefined,
    parent: undefined,
    isSessionRoot: false,
    children: [],
    items: [],
    tie: undefined,
  }
}

it('keeps of an endless chain of processes, each started by the one before, no more than its bound', () => {
  const world = createWorld()
  let newest = processStarted(2)
  for (let pid = 3; pid <= bounds.processes * 2; pid += 1) {
    world.addProcess(newest, pid)
    newest = processStarted(pid)
  }
  world.addProcess(newest, 1)
  let length = 0
  for (let at: Process | undefined = newest; at; at = at.parent) length += 1
  expect(length).toBeGreaterThanOrEqual(bounds.processes / 2)
  expect(length).toBeLessThanOrEqual(bounds.processes + 1)
})

it('keeps the newest half of what a large map holds, and never more than its bound', () => {
  const map = new BoundedMap<number, number>(100)
  for (let key = 0; key < 1_000; key += 1) {
    map.set(key, key)
    let kept = 0
    for (let each = 0; each <= key; each += 1) if (map.get(each) !== undefined) kept += 1
    expect(kept).toBeLessThanOrEqual(100)
    for (let each = Math.max(0, key - 49); each <= key; each += 1) expect(map.get(each)).toBe(each)
  }
})

it('finds in a large map what was set last under a key, and nothing that was deleted', () => {
  const map = new BoundedMap<string, number>(4)
  map.set('a', 1)
  map.set('b', 1)
  map.set('a', 2)
  expect(map.get('a')).toBe(2)
  map.delete('a')
  expect(map.get('a')).toBeUndefined()
  expect(map.get('b')).toBe(1)
})
