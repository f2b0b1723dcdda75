// Who is on a GPU and who should be: the console's state laid beside a reading.
import { expect, it } from 'vitest'
import { applyEvent, nothingTouched } from '../../model/reduce.ts'
import { emptyState } from '../../model/state.ts'
import type { StoredEvent } from '../../protocol/event.ts'
import { gpuUseOf } from './gpu-use.ts'

const atMs = 1_795_228_000_000

function story(...told: [kind: StoredEvent['kind'], data: object, session?: string][]) {
  const state = emptyState()
  told.forEach(([kind, data, session], index) => {
    const event = {
      v: 1,
      kind,
      atMs,
      id: `e${index}`,
      partition: 0,
      seq: index + 1,
      seenAtMs: atMs,
      trust: 'kernel',
      host: 'node-7',
      data,
    }
    applyEvent(state, { ...event, ...(session && { session }) } as unknown as StoredEvent, nothingTouched())
  })
  return gpuUseOf(state, {
    type: 'gpu',
    atMs: atMs + 1_000,
    host: 'node-7' as never,
    gpu: 'GPU-a',
    index: 0,
    utilPercent: 99,
  })
}
const inventory: [StoredEvent['kind'], object] = [
  'gpu.inventory',
  { gpus: [{ uuid: 'GPU-a', index: 0, name: 'H200' }] },
]
const starts = (session: string, labels: object = {}): [StoredEvent['kind'], object, string] => [
  'session.started',
  { held: 'cgroup', abilities: [], labels },
  session,
]
const uses = (session?: string): [StoredEvent['kind'], object, (string | undefined)?] => [
  'gpu.process.started',
  { gpu: 'GPU-a', pid: 9, comm: 'python3' },
  session,
]

it('somebody else than planned is off task, and it is that session’s doing', () => {
  expect(story(inventory, starts('train', { gpu: '0' }), starts('miner'), uses('miner') as never)).toEqual({
    onTask: false,
    expected: undefined,
    actual: 'miner',
    image: 'python3',
    session: 'miner',
  })
})

it('the one who is planned is on task', () => {
  expect(story(inventory, starts('train', { gpu: '0' }), uses('train') as never)).toMatchObject({
    onTask: true,
    session: 'train',
  })
})

it('without a plan, or without a user that is known, nobody can say', () => {
  expect(story(inventory, starts('a'), uses('a') as never)?.onTask).toBeUndefined()
  expect(story(inventory)?.onTask).toBeUndefined()
  expect(story()).toBeUndefined()
})
