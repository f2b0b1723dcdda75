// GPUs as they are shown: readings from the samples, users and plans from the log, cost from prices.
import type { GpuPrices, GpuTruthView } from '../protocol/gpu-truth-view.ts'
import type { HostId, SessionId } from '../protocol/ids.ts'
import type { GpuSample } from '../protocol/sample.ts'
import { type GpuState, listedForMs } from './gpu-state.ts'
import { expectedOf, isThere, offTaskOf, verdictOf } from './gpu-truth.ts'
import { type LiveSessions, liveSessions } from './live-sessions.ts'
import { executionState } from './project-row.ts'
import type { SampleHistory } from './sample-history.ts'
import type { ConsoleState } from './state.ts'

const hourMs = 3_600_000

/** All GPUs that an event or a reading names, by host and index. */
export function projectGpus(
  state: ConsoleState,
  samples: SampleHistory,
  prices: GpuPrices,
  nowMs: number,
): GpuTruthView[] {
  const views = new Map<string, GpuTruthView>()
  const live = liveSessions(state)
  for (const [key, gpu] of state.gpus) views.set(key, viewOf(state, gpu, { samples, prices, nowMs, live }))
  const byIndex = new Set([...state.gpus.values()].map(({ host, index }) => `${index} ${host}`))
  // A host without a probe is known from its exporter alone.
  for (const [key, sample] of samples.gpus) {
    if (views.has(key) || isSameByIndex(byIndex, sample)) continue
    const { host, gpu, index, model } = sample
    const usdPerHour = priceOf(prices, model)
    views.set(key, {
      host,
      heard: true,
      gpu,
      index,
      model,
      reading: readingOf(sample),
      points: samples.gpuPoints.get(key) ?? [],
      verdict: withoutUsers(sample, false, nowMs),
      users: [],
      faults: [],
      offTaskMs: 0,
      ...(usdPerHour !== undefined && { usdPerHour }),
      offTaskBySession: [],
    })
  }
  return [...views.values()].sort(
    (a, b) => a.host.localeCompare(b.host) || (a.index ?? 0) - (b.index ?? 0) || a.gpu.localeCompare(b.gpu),
  )
}

/** `byIndex`: `index host` of those that an event named. */
function isSameByIndex(byIndex: ReadonlySet<string>, { host, gpu, index }: GpuSample): boolean {
  return /^index-\d+$/.test(gpu) && byIndex.has(`${index} ${host}`)
}

type Given = { samples: SampleHistory; prices: GpuPrices; nowMs: number; live: LiveSessions }

function viewOf(state: ConsoleState, gpu: GpuState, { samples, prices, nowMs, live }: Given): GpuTruthView {
  const key = [`${gpu.host}/${gpu.gpu}`, `${gpu.host}/index-${gpu.index}`].find((each) => samples.gpus.has(each)) ?? ''
  const sample = samples.gpus.get(key)
  const expected = expectedOf(state, gpu, nowMs, live)
  const { totalMs, bySession } = offTaskOf(state, gpu, nowMs, live)
  const model = sample?.model ?? modelOf(state, gpu.host, gpu.gpu)
  const price = priceOf(prices, model)
  const verdict = verdictOf(state, gpu, nowMs, live)
  return {
    host: gpu.host,
    heard: gpu.heard,
    gpu: gpu.gpu,
    index: gpu.index,
    model,
    ...(sample && { reading: readingOf(sample) }),
    points: samples.gpuPoints.get(key) ?? [],
    verdict: verdict === 'idle' ? withoutUsers(sample, tellsEnds(state, gpu.host), nowMs) : verdict,
    ...(expected && {
      expected: {
        worker: expected.worker,
        sessions: expected.running.slice(0, 20).map(({ session }) => session),
      },
    }),
    users: [...gpu.users.values()]
      .filter((user) => isThere(user, nowMs))
      .map((user) => ({
        pid: user.pid,
        name: user.name.slice(0, 300),
        session: user.session,
        sinceMs: user.sinceMs,
        expected: user.session !== undefined && (expected?.isExpected(user.session) ?? false),
        ...(isPaused(state, user.session) && { paused: true }),
      })),
    faults: gpu.faults,
    offTaskMs: totalMs,
    ...(price !== undefined && { usdPerHour: price }),
    ...(price !== undefined && { offTaskCostUsd: (totalMs / hourMs) * price }),
    offTaskBySession: [...bySession].map(([session, ms]) => ({ ...(session !== '' && { session }), ms })),
  }
}

/** True only where the host read it. */
function isPaused(state: ConsoleState, id: SessionId | undefined): boolean {
  const session = id === undefined ? undefined : state.sessions.get(id)
  const host = session?.host === undefined ? undefined : state.hosts.get(session.host)
  return session !== undefined && executionState(session, host) === 'paused'
}

/** No user is known: idle only where a probe would know one, or the card itself was read to do nothing just now. */
function withoutUsers(sample: GpuSample | undefined, tellsUsers: boolean, nowMs: number): GpuTruthView['verdict'] {
  const fresh = sample !== undefined && nowMs - sample.atMs < listedForMs ? sample.utilPercent : undefined
  if (fresh !== undefined && fresh >= busyPercent) return 'unknown user'
  return tellsUsers || fresh !== undefined ? 'idle' : 'not known'
}

/** A display or a driver keeps a card at a few per cent. */
const busyPercent = 10

/** A connected probe lists compute processes. */
function tellsEnds(state: ConsoleState, host: HostId): boolean {
  return state.hosts.get(host)?.connected === true
}

function modelOf(state: ConsoleState, host: HostId, uuid: string): string | undefined {
  return state.hosts.get(host)?.gpus.find((gpu) => gpu.uuid === uuid)?.name
}

function readingOf({ type: _type, host: _host, gpu: _gpu, index: _index, model: _model, ...reading }: GpuSample) {
  return reading
}

/** Undefined: no price is known. */
export function priceOf(prices: GpuPrices, model: string | undefined): number | undefined {
  const name = model?.toLowerCase()
  if (name === undefined) return undefined
  const fitting = Object.entries(prices)
    .filter(([part]) => name.includes(part.toLowerCase()))
    .sort(([a], [b]) => b.length - a.length)[0]
  return fitting && fitting[1] > 0 ? fitting[1] : undefined
}

/** GPU time that these sessions spent beside their task, together; undefined where none is known. */
export function projectOffTask(
  state: ConsoleState,
  sessions: readonly SessionId[],
  { samples, prices, nowMs }: Omit<Given, 'live'>,
): { gpuHours: number; usd?: number } | undefined {
  const asked = new Set(sessions)
  let gpuMs = 0
  let usd: number | undefined
  for (const gpu of state.gpus.values()) {
    const { totalMs, bySession } = offTaskOf(state, gpu, nowMs)
    let ms = 0
    for (const [session, spent] of bySession) if (session !== '' && asked.has(session)) ms += spent
    if (ms === 0) continue
    // Two of them at once on one GPU had it once.
    const had = Math.min(ms, totalMs)
    gpuMs += had
    const sample = samples.gpus.get(`${gpu.host}/${gpu.gpu}`) ?? samples.gpus.get(`${gpu.host}/index-${gpu.index}`)
    const price = priceOf(prices, sample?.model ?? modelOf(state, gpu.host, gpu.gpu))
    if (price !== undefined) usd = (usd ?? 0) + (had / hourMs) * price
  }
  return gpuMs === 0 ? undefined : { gpuHours: gpuMs / hourMs, ...(usd !== undefined && { usd }) }
}
