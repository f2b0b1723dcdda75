// `npm run soak`: a product with a steady load for half an hour; what it holds is read every ten seconds and must stay level. It ends by itself
// and leaves nothing behind.
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { benchProduct } from '../bench/bench-product.ts'
import { type Cleanup, createCleanup } from '../bench/cleanup.ts'
import { farEnd } from '../bench/far-end.ts'
import { otherBrowsers } from '../bench/other-browsers.ts'
import { startAgents } from '../chaos/agents.ts'
import { apiOf, signIn } from '../chaos/api.ts'
import { gatePolicy } from '../chaos/callers.ts'
import { startDecider } from '../chaos/operators.ts'
import { admin, whyNoCgroup } from '../product.ts'
import { fillMemory, makeGateSessions, startLoad } from './load.ts'
import { type SoakOptions, soakOptions } from './options.ts'
import { type FigureName, figures, openReader, type Readings } from './readings.ts'
import { judge, type SoakReport, soakAsText } from './report.ts'
import { type Reading, ruleInWords } from './slope.ts'

const readEveryMs = 10_000
const looksOfReading = 5
const browsers = 5
const agentCount = 3

const say = (line: string) => process.stderr.write(`soak: ${line}\n`)
const root = path.resolve(import.meta.dirname, '..')

async function soak(options: SoakOptions, cleanup: Cleanup): Promise<SoakReport> {
  const whyNot = whyNoCgroup()
  const product = await benchProduct(cleanup, { probe: whyNot === undefined })
  const api = apiOf(product.url)
  const policy = await api.call('PUT', '/api/rule-documents', { name: 'policy.yml', text: gatePolicy, base: 0 })
  if (policy?.status !== 200) throw new Error(`the policy was not taken: ${JSON.stringify(policy)}`)
  say('filling what the server remembers of ended sessions')
  await fillMemory(product.url)
  await makeGateSessions(product.url)

  const cookie = await signIn(product.url, admin)
  await otherBrowsers(cleanup, product.url, cookie, browsers)
  const decider = startDecider(product.url, cookie, 1)
  cleanup.later('the person who decides', () => decider.stop())
  let settleAgents = async () => {}
  if (whyNot === undefined) {
    const far = await farEnd(cleanup)
    const folder = path.join(product.dataDir, 'agents')
    mkdirSync(folder)
    const name = `soak-${process.pid}`
    const agents = startAgents({
      ...{ root, folder, prefix: name, run: name, seed: 1 },
      ...{ probeData: product.dataDir, farPort: far.port, count: agentCount },
      // Ended with the product, by their cgroups.
      cgroups: () => undefined,
    })
    settleAgents = cleanup.later('the agents', () => agents.settle())
  }
  const load = startLoad(product.url, options.eventsPerSecond)
  const stopLoad = cleanup.later('the load', () => load.stop())
  const reader = await openReader(product, product.databaseUrl)
  const closeReader = cleanup.later('the reader', () => reader.close())

  const readings = new Map<FigureName, Reading[]>()
  let events = 0
  let failed = 0
  const startMs = performance.now()
  const count = Math.round((options.minutes * 60_000) / readEveryMs)
  for (let n = 1; n <= count; n += 1) {
    for (let look = 1; look < looksOfReading; look += 1) {
      await sleep(Math.max(0, startMs + (n - 1 + look / looksOfReading) * readEveryMs - performance.now()))
      await reader.look()
    }
    await sleep(Math.max(0, startMs + n * readEveryMs - performance.now()))
    const window = load.window()
    events += window.events
    failed = window.failed
    keep(readings, {
      ...(await reader.read()),
      ...(window.ingestMs !== undefined && { ingest_ack_ms: window.ingestMs }),
      ...(window.gateMs !== undefined && { gate_decision_ms: window.gateMs }),
      ...(window.pageMs !== undefined && { page_ms: window.pageMs }),
    })
    if (n % 6 === 0) say(`${n / 6} of ${options.minutes} minutes: ${newestOf(readings)}`)
  }
  await stopLoad()
  await closeReader()
  await settleAgents()
  await product.takeDown()
  const judged = judge(readings)
  const problem = load.firstProblem()
  return {
    ...{ minutes: options.minutes, eventsPerSecond: options.eventsPerSecond, events, failed },
    ...(problem !== undefined && { problem }),
    rule: ruleInWords,
    flat: judged.length > 0 && judged.every(({ flat }) => flat),
    figures: judged,
    leftOut: whyNot === undefined ? [] : [`the probe and sessions of its own: ${whyNot}`],
  }
}

function keep(readings: Map<FigureName, Reading[]>, now: Readings): void {
  const atMs = Date.now()
  for (const name of Object.keys(figures) as FigureName[]) {
    const value = now[name]
    if (value === undefined) continue
    const list = readings.get(name) ?? []
    readings.set(name, list)
    list.push({ atMs, value })
  }
}

function newestOf(readings: ReadonlyMap<FigureName, readonly Reading[]>): string {
  return [...readings].map(([name, list]) => `${name} ${list.at(-1)?.value.toFixed(1)}`).join(', ')
}

async function main(): Promise<void> {
  const options = soakOptions(process.argv.slice(2))
  const cleanup = createCleanup(say)
  const abandon = (why: string, code: number) => {
    say(why)
    void cleanup.run().finally(() => process.exit(code))
  }
  process.once('SIGINT', () => abandon('interrupted: taking everything down', 130))
  process.once('SIGTERM', () => abandon('asked to end: taking everything down', 143))
  process.once('uncaughtException', (error) => abandon(error.stack ?? error.message, 1))
  try {
    const report = await soak(options, cleanup)
    process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : soakAsText(report)}\n`)
    if (!report.flat) process.exitCode = 1
  } catch (error) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    process.exitCode = 1
  }
  await cleanup.run()
}

main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
