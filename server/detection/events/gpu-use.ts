// Who is on a GPU and who should be, from the console's state, laid beside a reading of the GPU.
import { expectedOf, isThere, verdictOf } from '../../model/gpu-truth.ts'
import type { ConsoleState } from '../../model/state.ts'
import type { GpuSample } from '../../protocol/sample.ts'
import type { Fields } from '../detection-event.ts'

export type GpuUse = {
  /** Undefined: nobody can say, because there is no plan or no known user. */
  onTask: boolean | undefined
  expected: string | undefined
  actual: string | undefined
  /** Program that computes there. */
  image: string | undefined
  /** The one session whose doing it is; undefined where there is none or more than one. */
  session: string | undefined
}

/** Undefined for a GPU that the state does not know. */
export function gpuUseOf(state: ConsoleState, { host, gpu: name, atMs }: GpuSample): GpuUse | undefined {
  const gpu = state.gpus.get(`${host}/${name}`)
  if (gpu === undefined) return undefined
  const verdict = verdictOf(state, gpu, atMs)
  const expected = expectedOf(state, gpu, atMs)
  const users = [...gpu.users.values()].filter((user) => isThere(user, atMs))
  const strangers =
    verdict === 'off-task' && expected
      ? users.filter(({ session }) => session === undefined || !expected.isExpected(session))
      : users
  const sessions = new Set(strangers.map(({ session }) => session))
  const [only] = sessions
  return {
    onTask: verdict === 'expected' ? true : verdict === 'off-task' ? false : undefined,
    expected: expected?.worker,
    actual:
      [...sessions]
        .slice(0, 4)
        .map((session) => session ?? 'a process of no session')
        .join(', ') || undefined,
    image: strangers[0]?.name,
    session: sessions.size === 1 ? only : undefined,
  }
}

export function gpuFields(sample: GpuSample, use: GpuUse | undefined): Fields {
  return {
    Gpu: sample.gpu,
    UtilizationPercent: sample.utilPercent,
    MemoryUsedBytes: sample.memoryUsedBytes,
    MemoryTotalBytes: sample.memoryTotalBytes,
    PowerWatts: sample.powerWatts,
    Image: use?.image,
    OnTask: use?.onTask,
    ExpectedUser: use?.expected,
    ActualUser: use?.actual ?? sample.user,
  }
}
