// Several nodes on one PostgreSQL, as processes, and a load balancer that knows nothing of them but their ports. Tests only.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'esbuild'
import { testAdmin, testKey } from './start-for-test.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './store/embedded-postgres.ts'

const root = path.resolve(import.meta.dirname, '..')
/** A machine that others work on is slow to start them. */
const startMsMax = 90_000
const program = path.join(root, 'dist/one-node-for-test.mjs')

export type TestNode = {
  name: string
  url: string
  output(): string
  start(): Promise<void>
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** What `/healthz` says it is. */
  role(): Promise<string | undefined>
}

export type SeveralNodes = {
  nodes: TestNode[]
  postgres: EmbeddedPostgres
  /** Of the balancer. */
  url: string
  owner(): Promise<TestNode>
  stop(): Promise<void>
}

export async function startSeveralNodes(count: number): Promise<SeveralNodes> {
  const folder = await mkdtemp(path.join(tmpdir(), 'vigil-nodes-'))
  // From dist, so that packages are found as the built server finds them.
  const bundling = build({
    absWorkingDir: root,
    entryPoints: ['server/one-node.test-fixture.ts'],
    outfile: program,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  })
  const postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres') })
  await bundling
  const ports = await freePorts(count)
  const balancer = await startBalancer(ports)
  const nodes = ports.map((port, n) =>
    nodeOf(`node-${n + 1}`, {
      PORT: String(port),
      VIGIL_DATA: path.join(folder, `node-${n + 1}`),
      DATABASE_URL: postgres.connectionString,
      VIGIL_ORIGINS: balancer.url,
      VIGIL_KEY: testKey,
      VIGIL_ADMIN: `${testAdmin.email}:${testAdmin.password}`,
      VIGIL_PROBE: 'off',
      VIGIL_CANARY: 'off',
    }),
  )
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.end('SIGTERM')))
    await balancer.close()
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
  const started = await Promise.allSettled(nodes.map((node) => node.start()))
  for (const each of started) {
    if (each.status === 'fulfilled') continue
    const said = nodes.map((node) => node.output()).join('\n')
    await stop()
    throw new Error(said, { cause: each.reason })
  }
  return {
    nodes,
    postgres,
    url: balancer.url,
    async owner() {
      for (let tries = 0; tries < 1_200; tries += 1) {
        for (const node of nodes) if ((await node.role()) === 'owner') return node
        await sleep(25)
      }
      throw new Error(`no node owns the log:\n${nodes.map((node) => node.output()).join('\n---\n')}`)
    },
    stop,
  }
}

function nodeOf(name: string, settings: Record<string, string>): TestNode {
  const url = `http://127.0.0.1:${settings.PORT}`
  let child: ChildProcess | undefined
  let output = ''
  return {
    name,
    url,
    output: () => `${name}\n${output}`,
    async start() {
      const started = spawn(process.execPath, ['--enable-source-maps', program], {
        cwd: root,
        env: { ...process.env, NODE_ENV: 'production', ...settings },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      child = started
      output = ''
      const keep = (chunk: Buffer) => {
        output += chunk.toString('utf8')
      }
      started.stdout.on('data', keep)
      started.stderr.on('data', keep)
      const deadlineMs = Date.now() + startMsMax
      while (!output.includes('vigil ready ')) {
        if (started.exitCode !== null || Date.now() > deadlineMs) throw new Error(`${name} did not start`)
        await sleep(10)
      }
    },
    async end(signal) {
      const running = child
      child = undefined
      if (!running || running.exitCode !== null || running.signalCode !== null) return
      const exited = once(running, 'exit')
      running.kill(signal)
      await exited
    },
    async role() {
      const text = await fetch(`${url}/healthz`).then(
        (answer) => answer.text(),
        () => '', // it is away
      )
      return /^role: (\w+)$/m.exec(text)?.[1]
    },
  }
}

/** Connections in turn; a port that refuses is passed over. It looks into nothing that it carries. */
async function startBalancer(ports: readonly number[]) {
  let turn = 0
  const open = new Set<net.Socket>()
  const server = net.createServer((client) => {
    open.add(client)
    client.on('close', () => open.delete(client))
    client.on('error', () => undefined)
    tryNext(client, ports.length)
  })
  function tryNext(client: net.Socket, left: number): void {
    if (left === 0) return void client.destroy()
    const port = ports[turn++ % ports.length] ?? 0
    const far = net.connect(port, '127.0.0.1')
    let connected = false
    far.once('connect', () => {
      connected = true
      client.pipe(far)
      far.pipe(client)
      far.on('close', () => client.destroy())
      client.on('close', () => far.destroy())
    })
    far.on('error', () => {
      if (connected) client.destroy()
      else tryNext(client, left - 1)
    })
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      for (const each of open) each.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = net.createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
