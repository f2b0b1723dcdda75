// One wish to one enforcer: ask until it is taken, then read until it is as wanted. It never takes the first for the second.
import type { Asked, Enforcer, Order, Reading, Sleep } from './enforcer.ts'

/** Waits in milliseconds before each delivery and each reading: as many as there are numbers. */
export type Pace = { deliveriesMs: readonly number[]; readingsMs: readonly number[]; quietMs: number }

export const usualPace: Pace = {
  deliveriesMs: [0, 1_000, 2_000, 4_000, 8_000],
  readingsMs: [0, 500, 1_000, 2_000, 4_000, 8_000],
  quietMs: 60_000,
}

/** What became of it. Without `reading` nothing was read. */
export type Result = {
  enforcer: string
  address: string
  acknowledged: boolean
  /** It was acknowledged, and there is nowhere to read an effect. */
  unverifiable: boolean
  reading?: Reading
  trouble?: string
}

export type Told = (step: { name: 'asked' | 'acknowledged'; detail: string; ok: boolean }) => void

export type BringOptions = { signal: AbortSignal; sleep: Sleep; pace: Pace; told: Told }

/** Undefined when `signal` was aborted first: then the opposite is wanted, or nothing any more. A request under way is not cut off. */
export async function bring(enforcer: Enforcer, order: Order, options: BringOptions): Promise<Result | undefined> {
  const { signal, told } = options
  const base = { enforcer: enforcer.name, address: enforcer.address, acknowledged: false, unverifiable: false }
  const { asked, trouble } = await ask(enforcer, order, options)
  if (signal.aborted) return undefined
  if (!asked) return { ...base, ...(trouble && { trouble }) }
  if (!enforcer.immediate) told({ name: 'acknowledged', detail: `${enforcer.name} ${asked.detail}`, ok: true })
  const read = await observe(enforcer, order, asked, options)
  if (signal.aborted) return undefined
  const said = read.trouble ?? asked.trouble
  return {
    ...base,
    acknowledged: true,
    unverifiable: read.nowhere,
    ...(read.reading && { reading: read.reading }),
    ...(said && { trouble: said }),
  }
}

async function ask(
  enforcer: Enforcer,
  order: Order,
  { signal, sleep, pace, told }: BringOptions,
): Promise<{ asked?: Asked; trouble?: string }> {
  let trouble = ''
  const attempts = pace.deliveriesMs.length
  for (const [index, waitMs] of pace.deliveriesMs.entries()) {
    if (waitMs > 0) await sleep(waitMs, signal)
    if (signal.aborted) return {}
    try {
      return { asked: await (order.wanted ? enforcer.apply(order) : enforcer.revert(order)) }
    } catch (error) {
      trouble = messageOf(error)
      const count = attempts > 1 ? `; attempt ${index + 1} of ${attempts}` : ''
      told({ name: 'asked', detail: `${enforcer.name} ${trouble}${count}`, ok: false })
    }
  }
  return { trouble }
}

async function observe(
  enforcer: Enforcer,
  order: Order,
  asked: Asked,
  { signal, sleep, pace }: BringOptions,
): Promise<{ reading?: Reading; trouble?: string; nowhere: boolean }> {
  let newest: { reading?: Reading; trouble?: string } = {}
  for (const waitMs of enforcer.immediate ? [0] : pace.readingsMs) {
    if (waitMs > 0) await sleep(waitMs, signal)
    if (signal.aborted) break
    try {
      const reading = await enforcer.observe(order, asked)
      if (!reading) return { nowhere: true }
      newest = { reading }
      if (reading.restricted === order.wanted) break
    } catch (error) {
      newest = { trouble: messageOf(error) }
    }
  }
  return { ...newest, nowhere: false }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
