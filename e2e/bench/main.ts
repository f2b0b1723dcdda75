// `npm run bench`: one figure after another, each on a product of its own, then the table. It ends by itself and leaves nothing behind.
import { setTimeout as sleep } from 'node:timers/promises'
import { key, whyNoCgroup } from '../product.ts'
import { agentEvents } from './agent-events.ts'
import { bareGateWord, runBareGate } from './bare-gate.ts'
import { type BenchOptions, benchOptions } from './bench-options.ts'
import { type BenchProduct, benchProduct } from './bench-product.ts'
import { type Cleanup, createCleanup } from './cleanup.ts'
import { apiControlFigures, clickFigures } from './click-figure.ts'
import { consolePage } from './console-page.ts'
import { apiContainFigures, clickContainFigures, clickPauseFigures } from './contain-figure.ts'
import type { Setting } from './control-rounds.ts'
import { countingSession } from './counting-session.ts'
import { detectionFigures } from './detection-figure.ts'
import { crowdedFigures, domFigures } from './dom-figure.ts'
import { farEnd } from './far-end.ts'
import { type Figure, type Group, groups, type Unmeasured } from './figure.ts'
import { floodWord, startFlood } from './flood.ts'
import { runFlood } from './flood-process.ts'
import { heldFigures, policyFigures } from './gate-figure.ts'
import { ingest, ingestFigure } from './ingest-figure.ts'
import { machineFacts } from './machine-facts.ts'
import { manyFigures } from './many-figure.ts'
import { memoryFigures, pageMemoryFigures, readServerMemory } from './memory-figure.ts'
import { parseFigures } from './parse-figure.ts'
import { replayFigures } from './replay-figure.ts'
import { reportAsJson, reportAsTable } from './report.ts'
import { uiFigures } from './ui-figure.ts'

/** Whatever happens, nothing of ours runs longer. */
const limitMs = 45 * 60_000
/** Enough for the heap to settle at its working size. */
const memoryEvents = 60_000

const say = (line: string) => process.stderr.write(`bench: ${line}\n`)

type Step = { groups: Group[]; run(options: BenchOptions, cleanup: Cleanup): Promise<Figure[]> }

const steps: Step[] = [
  { groups: ['ingest', 'memory'], run: ingestAndMemory },
  { groups: ['parse'], run: parsing },
  { groups: ['detection'], run: () => detectionFigures(say) },
  { groups: ['dom', 'memory'], run: domAndMemory },
  { groups: ['click', 'contain'], run: clicks },
  { groups: ['gate'], run: gate },
  { groups: ['flood'], run: clicksInTheFlood },
  { groups: ['many'], run: many },
  { groups: ['ui'], run: ui },
  { groups: ['replay'], run: replay },
]

const pausing: Setting = { group: 'click', prefix: '', rounds: 70, aimP50Ms: 20, aimP99Ms: 80 }
const containing: Setting = { group: 'contain', prefix: '', rounds: 40, aimP99Ms: 80 }
const flooded: Setting = { group: 'flood', prefix: 'flood_', rounds: 40, aimP99Ms: 300 }
const floodEventsPerSecond = 5_000
const uiBrowsers = 50

async function ingestAndMemory(options: BenchOptions, cleanup: Cleanup): Promise<Figure[]> {
  const product = await benchProduct(cleanup, { probe: false, profile: options.profile })
  const target = { url: product.url, key, databaseUrl: product.databaseUrl, serverPid: product.pid() }
  const idle = await readServerMemory(product)
  const figures: Figure[] = []
  if (options.only.has('ingest')) figures.push(...(await ingestFigure(target, options.seconds, say)))
  else {
    say(`memory: ${memoryEvents} events`)
    await ingest(target, agentEvents({ count: memoryEvents, sessions: 200, atMs: Date.now(), withIds: false }))
  }
  if (options.only.has('memory')) {
    await sleep(5_000)
    figures.push(...memoryFigures(idle, await readServerMemory(product), await appended(product)))
  }
  await product.takeDown()
  return figures
}

async function parsing(_options: BenchOptions, cleanup: Cleanup): Promise<Figure[]> {
  const product = await benchProduct(cleanup, { probe: false })
  say('parse: every format of lines, beside a bare reading')
  const figures = await parseFigures(cleanup, product, say)
  await product.takeDown()
  return figures
}

async function domAndMemory(options: BenchOptions, cleanup: Cleanup): Promise<Figure[]> {
  const product = await benchProduct(cleanup, { probe: false })
  const shown = await consolePage(cleanup, product)
  say('dom: events to painted rows, quiet and busy')
  const idleMib = await shown.heapMib()
  const figures = await domFigures(product, shown, options.seconds)
  figures.push(...pageMemoryFigures(idleMib, await shown.heapMib()))
  await shown.close()
  await product.takeDown()
  return figures.filter((figure) => options.only.has(figure.group))
}

async function clicks(options: BenchOptions, cleanup: Cleanup): Promise<Figure[]> {
  const product = await productWithProbe(cleanup, options)
  const pauses = async (): Promise<Figure[]> => {
    const agent = await countingSession(cleanup, product, `bench-${process.pid}`)
    say(`click: ${pausing.rounds} rounds of pause and resume over HTTP, then as many by real clicks`)
    const overHttp = await apiControlFigures(product, agent, pausing)
    const shown = await consolePage(cleanup, product)
    const byClick = await clickFigures(product, shown, agent, pausing)
    await shown.close()
    return [...byClick, ...overHttp]
  }
  const contains = async (): Promise<Figure[]> => {
    const agent = await containable(cleanup, product)
    say(`contain: ${containing.rounds} rounds of contain and release over HTTP, then as many by real clicks`)
    const overHttp = await apiContainFigures(product, agent, containing)
    const shown = await consolePage(cleanup, product)
    return [...(await clickContainFigures(product, shown, agent, containing)), ...overHttp]
  }
  return [
    ...(options.only.has('click') ? await pauses() : []),
    ...(options.only.has('contain') ? await contains() : []),
  ]
}

async function gate(options: BenchOptions, cleanup: Cleanup): Promise<Figure[]> {
  const product = await benchProduct(cleanup, { probe: false, profile: options.profile })
  say('gate: decisions by policy on a schedule, beside a server that decides nothing')
  const figures = await policyFigures(cleanup, product, options.seconds * 2)
  say('gate: cards in a real browser, and clicks that release their callers')
  const shown = await consolePage(cleanup, product)
  figures.push(...(await heldFigures(product, shown)))
  await shown.close()
  await product.takeDown()
  return figures
}

async function ui(options: BenchOptions, cleanup: Cleanup): Promise<Figure[]> {
  const product = await benchProduct(cleanup, { probe: false, profile: options.profile })
  const shown = await consolePage(cleanup, product)
  say(`ui: events to painted rows, with the sockets of ${uiBrowsers} browsers`)
  const figures = await crowdedFigures(cleanup, product, shown, uiBrowsers)
  for (const { name, value } of figures) say(`ui: ${name} ${value.toFixed(1)}`)
  figures.push(...(await uiFigures(cleanup, product, shown, { heapSeconds: options.minutes * 60, say })))
  await shown.close()
  await product.takeDown()
  return figures
}

async function replay(options: BenchOptions, cleanup: Cleanup): Promise<Figure[]> {
  const product = await benchProduct(cleanup, { probe: false, profile: options.profile })
  const figures = await replayFigures(cleanup, product, options.events, say)
  await product.takeDown()
  return figures
}

async function clicksInTheFlood(options: BenchOptions, cleanup: Cleanup): Promise<Figure[]> {
  const product = await productWithProbe(cleanup, options)
  const agent = await containable(cleanup, product)
  const flood = await startFlood(cleanup, { url: product.url, key, eventsPerSecond: floodEventsPerSecond })
  say(`flood: pause and contain, ${flooded.rounds} rounds each, while ${floodEventsPerSecond} events/s flow in`)
  const figures = [
    ...(await apiControlFigures(product, agent.counting, flooded)),
    ...(await apiContainFigures(product, agent, flooded)),
  ]
  const shown = await consolePage(cleanup, product)
  figures.push(...(await clickPauseFigures(product, shown, agent, flooded)))
  figures.push(...(await clickContainFigures(product, shown, agent, flooded)))
  const { acceptedPerSecond, refused, problem } = await flood.stop()
  figures.push({
    group: 'flood',
    name: 'flood_reached_events_per_s',
    value: acceptedPerSecond,
    unit: 'events/s',
    aim: { atLeast: floodEventsPerSecond * 0.98 },
    note: `durable, over the whole time; ${refused} refused${problem === undefined ? '' : `: ${problem}`}`,
  })
  return figures
}

async function many(options: BenchOptions, cleanup: Cleanup): Promise<Figure[]> {
  return await manyFigures(cleanup, await productWithProbe(cleanup, options), say)
}

async function productWithProbe(cleanup: Cleanup, { profile }: BenchOptions): Promise<BenchProduct> {
  const why = whyNoCgroup()
  if (why !== undefined) throw new Error(why)
  return await benchProduct(cleanup, { probe: true, profile })
}

/** A session that counts and streams, and the far end that it streams to. */
async function containable(cleanup: Cleanup, product: BenchProduct) {
  const far = await farEnd(cleanup)
  return { far, counting: await countingSession(cleanup, product, `bench-contain-${process.pid}`, far.port) }
}

async function appended(product: { api(pathname: string): Promise<Response> }): Promise<number> {
  const metrics = await (await product.api('/metrics')).text()
  return Number(/^vigil_events_appended_total (\d+)$/m.exec(metrics)?.[1] ?? 0)
}

async function main(): Promise<void> {
  const options = benchOptions(process.argv.slice(2))
  const machine = machineFacts()
  const cleanup = createCleanup(say)
  const startMs = performance.now()
  const abandon = (why: string, code: number) => {
    say(why)
    void cleanup.run().finally(() => process.exit(code))
  }
  process.once('SIGINT', () => abandon('interrupted', 130))
  process.once('SIGTERM', () => abandon('asked to end', 143))
  process.once('uncaughtException', (error) => abandon(error.stack ?? error.message, 1))
  setTimeout(() => abandon(`not finished within ${limitMs / 60_000} minutes`, 1), limitMs).unref()

  const figures: Figure[] = []
  const unmeasured: Unmeasured[] = []
  for (const step of steps) {
    const wanted = step.groups.filter((group) => options.only.has(group))
    if (wanted.length === 0) continue
    try {
      figures.push(...(await step.run(options, cleanup)))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      unmeasured.push(...wanted.map((group) => ({ group, reason })))
      process.exitCode = 1
    }
    await cleanup.run()
  }
  figures.sort((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group))
  const report = { machine, figures, unmeasured, tookSeconds: (performance.now() - startMs) / 1_000 }
  process.stdout.write(`${options.json ? reportAsJson(report) : reportAsTable(report)}\n`)
}

if (process.argv[2] === floodWord) runFlood()
else if (process.argv[2] === bareGateWord) runBareGate()
else
  main().catch((error: unknown) => {
    say(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  })
