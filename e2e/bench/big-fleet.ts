// Ten thousand sessions on a hundred and twenty-five hosts with eight GPUs each, told by probes that are played by hand: what a screen must carry,
// without the machines. Nothing of it runs; the server, its database and the browser are real.
import { connectProbe } from '../../server/probe-by-hand.test-fixture.ts'
import { key, type Product, until } from '../product.ts'
import type { Cleanup } from './cleanup.ts'
import { ingestClient } from './ingest-client.ts'

export type BigFleet = { sessions: readonly string[]; gpus: number }

const hosts = 125
const gpusPerHost = 8
const agents = ['rome-30b', 'iflow-cli', 'qwen3-coder']

export async function bigFleet(cleanup: Cleanup, product: Product, count: number): Promise<BigFleet> {
  const sessions: string[] = []
  const perHost = Math.ceil(count / hosts)
  for (let host = 0; host < hosts && sessions.length < count; host += 1) {
    const own = Array.from({ length: Math.min(perHost, count - sessions.length) }, (_, n) => `ui-${host}-${n}`)
    await tellSessions(cleanup, product, hostName(host), own)
    sessions.push(...own)
  }
  await Promise.all(Array.from({ length: hosts }, (_, host) => tellGpus(product, hostName(host))))
  await until(
    `${count} sessions are known to the server`,
    async () => (await product.json<{ gpus: unknown[] }>('/api/gpus?points=0')).gpus.length >= hosts * gpusPerHost,
    60_000,
  )
  return { sessions, gpus: hosts * gpusPerHost }
}

const hostName = (host: number) => `ui-node-${String(host).padStart(3, '0')}`

async function tellSessions(cleanup: Cleanup, product: Product, host: string, own: readonly string[]): Promise<void> {
  const probe = await connectProbe(product.url, host, key)
  cleanup.later(`the probe of ${host}`, () => {
    probe.close()
    return Promise.resolve()
  })
  await probe.hello(host)
  const events = own.map((session, n) => ({
    kind: 'session.started',
    session,
    data: {
      name: session,
      agent: agents[n % agents.length],
      task: `swe-gym · task-${n}`,
      held: 'cgroup',
      abilities: [],
      cgroup: `/sys/fs/cgroup/vigil/${session}`,
    },
  }))
  const answer = await probe.send(host, 1, events)
  if (answer.retry || (answer.rejected?.length ?? 0) > 0)
    throw new Error(`the sessions of ${host} were not taken: ${JSON.stringify(answer).slice(0, 300)}`)
}

async function tellGpus(product: Product, host: string): Promise<void> {
  const lines = [
    ['DCGM_FI_DEV_GPU_UTIL', 88],
    ['DCGM_FI_DEV_MEM_COPY_UTIL', 40],
    ['DCGM_FI_DEV_POWER_USAGE', 620],
    ['DCGM_FI_DEV_GPU_TEMP', 61],
  ].flatMap(([metric, value]) => [
    `# TYPE ${metric} gauge`,
    ...Array.from(
      { length: gpusPerHost },
      (_, gpu) => `${metric}{gpu="${gpu}",UUID="GPU-${host}-${gpu}",modelName="NVIDIA H100 80GB HBM3"} ${value}`,
    ),
  ])
  const answer = await product.api(`/api/ingest/dcgm-exporter?host=${host}&recordedAtMs=${Date.now()}`, {
    method: 'POST',
    body: `${lines.join('\n')}\n`,
  })
  if (!answer.ok) throw new Error(`the GPUs of ${host} were not taken: ${answer.status} ${await answer.text()}`)
}

/** Tool calls of all sessions in turn, on a schedule that waits for nobody. `marked` names each call's command. */
export function toolCalls(product: Product, sessions: readonly string[], eventsPerSecond: number) {
  const client = ingestClient(product.url, key, 4)
  const perPost = 100
  let turn = 0
  let accepted = 0
  let failure: unknown
  const timer = setInterval(
    () => {
      const lines: string[] = []
      for (let n = 0; n < perPost / 2; n += 1, turn += 1) {
        const session = sessions[turn % sessions.length]
        const about = { v: 1, atMs: Date.now(), session }
        const call = `c-${turn}`
        const command = `pytest -q tests/test_${turn % 997}.py -k case_${turn}`
        const data = { call, tool: 'Bash', input: JSON.stringify({ command }), summary: command }
        lines.push(JSON.stringify({ ...about, kind: 'action.started', data }))
        lines.push(JSON.stringify({ ...about, kind: 'action.ended', data: { call, tool: 'Bash', outcome: 'ok' } }))
      }
      client.send(Buffer.from(lines.join('\n')), perPost).then(
        () => {
          accepted += perPost
        },
        (error: unknown) => {
          failure ??= error
        },
      )
    },
    (1_000 * perPost) / eventsPerSecond,
  )
  return {
    /** Events that are durable; throws what went wrong. */
    stop(): number {
      clearInterval(timer)
      client.close()
      if (failure !== undefined) throw failure
      return accepted
    },
  }
}
