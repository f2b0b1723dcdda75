// What took people days: a sensor's alerts come in late, from a file that is tailed, and each stands on screen beside the tool call that
// caused it. Real processes, real sockets on loopback; the sensor alone is ours, writing Suricata's format from what it really accepted.
import type { ChildProcess } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import path from 'node:path'
import { expect, test } from '@playwright/test'
import { type Product, signIn, startProduct, until, whyNoCgroup } from './product.ts'

const missing = whyNoCgroup()
test.skip(missing !== undefined && !process.env.CI, `LEFT OUT: ${missing}`)

const root = path.resolve(import.meta.dirname, '..')
const lateMs = 5_000
let product: Product
let folder: string
const sensors: Server[] = []
test.beforeAll(async () => {
  product = await startProduct()
  mkdirSync(path.join(root, 'test-results'), { recursive: true })
  folder = mkdtempSync(path.join(root, 'test-results', 'attribution-'))
})
test.afterAll(async () => {
  for (const sensor of sensors) sensor.close()
  await product.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Listens, and writes an alert about every connection 5 s after it began, by a clock that is 40 s ahead. */
async function sensorAt(title: string, file: string): Promise<number> {
  const aheadMs = 40_000
  const iso = (ms: number) => new Date(ms + aheadMs).toISOString().replace('Z', '+0000')
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    const begunMs = Date.now()
    const ends = { src_ip: '127.0.0.1', src_port: socket.remotePort, dest_ip: '127.0.0.1', dest_port: socket.localPort }
    setTimeout(() => {
      const record = {
        timestamp: iso(Date.now()),
        event_type: 'alert',
        flow_id: begunMs * 10 + sensors.length,
        ...ends,
        proto: 'TCP',
        alert: { action: 'allowed', signature_id: 2_024_792, signature: title, category: 'Policy', severity: 1 },
        flow: { start: iso(begunMs), ...ends },
      }
      appendFileSync(file, `${JSON.stringify(record)}\n`)
    }, lateMs)
  })
  sensors.push(server)
  return await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
}

/** An agent with three tool calls: one leaves a connection running behind it, one opens its own, one opens none. */
const agentSource = (commands: string[]) => `
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { trace } from '@opentelemetry/api'
import { NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter())] })
provider.register()
let n = 0
for (const command of ${JSON.stringify(commands)}) {
  n += 1
  const span = trace.getTracer('agent').startSpan('execute_tool shell', { attributes: {
    'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'shell', 'gen_ai.tool.call.id': 'call-' + n,
    'gen_ai.agent.name': 'rome-30b', 'gen_ai.tool.call.arguments': JSON.stringify({ command }) } })
  await promisify(execFile)('/bin/sh', ['-c', command]).catch(() => undefined)
  span.end()
  await new Promise((resolve) => setTimeout(resolve, 300))
}
await provider.forceFlush(); await provider.shutdown()
`

type Signals = { signals: { title: string; tie?: { session: string; call?: string; level: string } }[] }

test('alerts that come five seconds late, by a clock that is off, are tied to the right tool calls on screen', async ({
  page,
}) => {
  const eve = path.join(folder, 'eve.json')
  writeFileSync(eve, '')
  const pool = await sensorAt('Cryptocurrency miner checkin', eve)
  const tunnel = await sensorAt('SSH to a host on no allowlist', eve)
  const hold = path.join(folder, 'hold.mjs')
  writeFileSync(
    hold,
    `import { connect } from 'node:net'
const socket = connect(Number(process.argv[2]), '127.0.0.1').on('error', () => undefined)
setTimeout(() => { socket.destroy(); process.exit(0) }, Number(process.argv[3]))
`,
  )
  const commands = [
    `nohup ${process.execPath} ${hold} ${pool} 9000 >/dev/null 2>&1 & sleep 0.6`,
    `${process.execPath} ${hold} ${tunnel} 1200`,
    'sleep 7; echo the third call opens nothing',
  ]
  const agent = path.join(folder, 'agent.mjs')
  writeFileSync(agent, agentSource(commands))
  const tail = product.vigil('import', '--format', 'suricata-eve', '--source', 'edge', '--follow', eve)
  await importing(tail)
  await signIn(page, product)
  const run = product.vigil('run', '--session', 'ep-late', '--agent', 'rome-30b', '--', process.execPath, agent)
  await until('the session runs', async () => (await product.api('/api/sessions/ep-late')).ok)
  await page.goto(`${product.url}/sessions/ep-late`)

  const { signals } = await until(
    'both alerts are tied to calls',
    async () => {
      const found = await product.json<Signals>('/api/signals?groups=alerts')
      return found.signals.filter(({ tie }) => tie?.call !== undefined).length >= 2 && found
    },
    30_000,
  )
  const tied = Object.fromEntries(signals.map(({ title, tie }) => [title, [tie?.session, tie?.call]]))
  expect(tied).toEqual({
    'Cryptocurrency miner checkin': ['ep-late', 'call-1'],
    'SSH to a host on no allowlist': ['ep-late', 'call-2'],
  })

  // On screen, beside the calls, without a reload.
  const lineOf = (title: string) =>
    page.getByRole('button', { expanded: false }).filter({ hasText: title }).filter({ hasText: 'tied to' }).last()
  await expect(lineOf('Cryptocurrency miner checkin')).toContainText('nohup')
  await expect(lineOf('SSH to a host on no allowlist')).toContainText(`${tunnel} 1200`)
  await page.screenshot({ path: path.join(root, 'test-results', 'attribution.png') })
  run.kill('SIGTERM')
  tail.kill('SIGINT')
  expect(await new Promise((resolve) => tail.once('exit', resolve))).toBe(0)
})

/** It goes on until it is told to stop. */
async function importing(child: ChildProcess): Promise<void> {
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8')
  })
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(child.exitCode, said).toBeNull()
}
