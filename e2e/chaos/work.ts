// Everything that goes on while faults come: agents, people, callers at the gate, sources. It is ended in the order in which each can still be
// answered by those that it needs.
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Cleanup } from '../bench/cleanup.ts'
import { until } from '../product.ts'
import { type Agents, removeCgroups, startAgents } from './agents.ts'
import { type Callers, gatePolicy, startCallers } from './callers.ts'
import type { Violation } from './checks.ts'
import { type Host, readHost } from './host-reading.ts'
import {
  askOverHttp,
  askOverSocket,
  type Crowd,
  type Decider,
  type Operator,
  startCrowd,
  startDecider,
  startOperator,
} from './operators.ts'
import { type Source, startSource } from './source.ts'
import { root, type World } from './world.ts'

const agentCount = 6
const callerCount = 3
/** For what was under way when the last fault was over. */
const finishMs = 60_000

export type Work = {
  agents: Agents
  operators: readonly Operator[]
  callers: Callers
  decider: Decider
  crowd: Crowd
  sources: readonly Source[]
  /** Undefined where sessions are not held in cgroups. */
  host: Host | undefined
  /** Nothing new begins, what was begun is brought to its end; says what did not come to one. */
  finish(): Promise<Violation[]>
}

export async function startWork(cleanup: Cleanup, world: World, name: string, seed: number): Promise<Work> {
  const { api, url, cookie } = world
  const policy = await api.call('PUT', '/api/rule-documents', { name: 'policy.yml', text: gatePolicy, base: 0 })
  if (policy?.status !== 200) throw new Error(`the policy was not taken: ${JSON.stringify(policy)}`)

  const folder = path.join(world.folder, 'agents')
  mkdirSync(folder)
  let cgroups: string | undefined
  const agents = startAgents({
    ...{ root, folder, prefix: name, run: name, seed },
    ...{ probeData: world.probeData, farPort: world.farPort, count: agentCount },
    cgroups: () => cgroups,
  })
  let host: Host | undefined
  cleanup.later('the agents', async () => {
    await agents.end()
    // A probe that lives takes its cgroups away itself; so nothing is left here, unless it was killed.
    await world.probe.stop(20_000)
    const left = await removeCgroups(
      cgroups,
      agents.all.map(({ session }) => session),
    )
    host?.removeTables()
    if (left.length > 0) throw new Error(`the probe left ${left.length} cgroups behind; they are removed`)
  })
  await until('an agent runs', () => agents.running().length > 0, 60_000)
  if (world.whyNoCgroup === undefined) {
    const first = agents.running()[0]?.session
    const cgroup = await until('its cgroup is known', async () => {
      const answer = await api.call('GET', `/api/sessions/${first}`)
      return answer?.status === 200 ? (answer.body as { cgroup?: string }).cgroup : undefined
    })
    cgroups = path.dirname(cgroup)
    host = readHost(cgroups, world.probeData)
  }

  const inHandsOf = (person: number) => () =>
    agents
      .running()
      .map(({ session }) => session)
      .filter((_, index) => index % 2 === person)
  const bySocket = askOverSocket(url, cookie)
  const operators = [
    startOperator({
      name: 'http',
      seed: seed + 1,
      ask: askOverHttp(url, cookie),
      sessions: inHandsOf(0),
      close: () => undefined,
    }),
    startOperator({
      name: 'socket',
      seed: seed + 2,
      ask: bySocket.ask,
      sessions: inHandsOf(1),
      close: () => bySocket.socket.disconnect(),
    }),
  ]
  cleanup.later('the socket', () => bySocket.socket.disconnect())
  const decider = startDecider(url, cookie, seed + 3)
  const crowd = startCrowd(api, name, seed + 4)
  const callers = await startCallers(api, name, callerCount)
  const sources = ['a', 'b'].map((each) =>
    startSource(`${name}-source-${each}`, `http://127.0.0.1:${world.sourcePath.port}`),
  )
  cleanup.later('the sources', () => {
    for (const source of sources) source.abandon()
  })

  async function finish(): Promise<Violation[]> {
    const late: Violation[] = []
    agents.settle()
    await Promise.all(operators.map((each) => each.stop()))
    const standing = await crowd.finish()
    for (const id of standing)
      late.push({ guarantee: 'controls', what: `containment ${id} could not be lifted after all was healed` })
    await callers.stop()
    await decider.stop()
    for (const source of sources)
      if (!(await source.finish(finishMs)))
        late.push({
          guarantee: 'ready',
          what: `${source.name}: what it sends is not acknowledged ${finishMs / 1_000} s after all was healed`,
        })
    return late
  }
  return { agents, operators, callers, decider, crowd, sources, host, finish }
}
