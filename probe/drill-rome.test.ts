// The ROME drill as a person runs it: a real server, a real probe, real far ends in a namespace of its own, contained while it runs; and
// then nothing of it is left.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DrillReport } from '../server/protocol/drill.ts'
import { startForTest, type TestServer, testKey } from '../server/start-for-test.ts'
import { builtProgram } from './built-program.test-fixture.ts'
import { sleep, until } from './enforce/egress-rig.test-fixture.ts'
import { leaveOut } from './probe-rig.test-fixture.ts'

function withoutSshd(): string | undefined {
  const missing = ['/usr/sbin/sshd', '/usr/bin/ssh', '/usr/bin/ssh-keygen'].filter((file) => !fs.existsSync(file))
  if (missing.length === 0) return undefined
  const skip = `needs ${missing.join(', ')}: install openssh-server and openssh-client`
  if (process.env.CI === 'true') throw new Error(`under CI these tests must run, but: ${skip}`)
  console.warn(`LEFT OUT: the ROME drill (${skip})`)
  return skip
}

const skip = leaveOut('the ROME drill') ?? withoutSshd()
const root = path.resolve(import.meta.dirname, '..')

describe.skipIf(skip !== undefined)(`the ROME drill${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`, () => {
  let server: TestServer
  let probe: ChildProcess | undefined
  const drills: ChildProcess[] = []
  const program = builtProgram
  const start = (args: string[], more: Record<string, string>) =>
    spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, VIGIL_URL: server.url, VIGIL_DATA: server.dataDir, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const post = async (pathname: string, body: object) =>
    await server.api(pathname, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  beforeAll(async () => {
    server = await startForTest()
    const made = await post('/api/keys', { name: 'probe', scopes: ['probe'], host: 'drill-host' })
    const { key } = (await made.json()) as { key: string }
    probe = start(program('probe'), { VIGIL_PROBE_KEY: key, VIGIL_HOST: 'drill-host' })
    for (const stream of [probe.stdout, probe.stderr]) stream?.resume()
    await until('the probe answers', () => fs.existsSync(path.join(server.dataDir, 'run/probe.sock')), 20_000)
  })
  afterAll(async () => {
    // One that a failed test left clears away by itself.
    await Promise.all(
      drills.map(async (each) => {
        const over = new Promise((resolve) => each.once('exit', resolve))
        if (each.exitCode === null && each.kill('SIGINT')) await over
      }),
    )
    const gone = new Promise((resolve) => probe?.once('exit', resolve))
    if (probe?.kill('SIGTERM')) await gone
    await server?.stop()
  })

  /** For whoever reads a failure: why each alert was tied as it was. */
  async function tiesOf(session: string): Promise<string> {
    const answer = await server.api(`/api/sessions/${session}/events?kinds=attribution.made,action.started&after=0`)
    const { events } = (await answer.json()) as { events: { atMs: number; data: Record<string, unknown> }[] }
    return events.map(({ atMs, data }) => `${atMs} ${JSON.stringify({ ...data, subjects: undefined })}`).join('\n')
  }

  test('raises its flags, has each alert tied to its call, is timed by the receipt, and leaves nothing behind', async () => {
    // when: it runs, and is contained once its evidence is in
    const drill = start([...program('cli'), 'drill', 'rome', '--json', '--minutes', '3'], { VIGIL_KEY: testKey })
    drills.push(drill)
    let out = ''
    let said = ''
    drill.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString()
    })
    drill.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    const ended = new Promise<number | null>((resolve) => drill.once('exit', resolve))
    await until('all its evidence is in', () => said.includes('all evidence is in') || drill.exitCode !== null, 100_000)
    const { sessions } = (await (await server.api('/api/drills/sessions')).json()) as { sessions: string[] }
    const session = sessions[0] ?? ''
    const tied = async () => {
      const answer = await server.api('/api/signals?groups=alerts&q=DRILL')
      const { signals } = (await answer.json()) as { signals: { tie?: { call?: string } }[] }
      return signals.filter(({ tie }) => tie?.call !== undefined).length
    }
    for (const endMs = Date.now() + 30_000; (await tied()) < 3 && Date.now() < endMs; ) await sleep(500)
    const { cgroup } = (await (await server.api(`/api/sessions/${session}`)).json()) as { cgroup: string }
    expect((await post(`/api/sessions/${session}/controls`, { action: 'contain' })).ok).toBe(true)
    expect(await ended, said).toBe(0)

    // then
    const report = DrillReport.parse(JSON.parse(out))
    const notSeen = report.checks.filter(({ seen }) => !seen)
    if (notSeen.length > 0) console.warn(await tiesOf(session))
    expect(notSeen).toEqual([])
    expect(await tied()).toBe(3)
    expect(report.checks.length).toBe(6)
    expect(report).toMatchObject({ outcome: 'contained', session, left: [], containedBy: { action: 'contain' } })
    expect(report.containedBy?.observed).toMatch(/frozen 1/)
    expect(report.detectedAtMs).toBeLessThan(report.containedAtMs ?? 0)
    expect(report.acknowledgedAtMs).toBeUndefined()
    console.info(`evidence at ${(report.firstEvidenceAtMs ?? 0) - report.startedAtMs} ms`)

    // and: nothing is left, by name
    expect(fs.existsSync(cgroup)).toBe(false)
    const namespaces = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout
    expect(namespaces).not.toContain('vigil-drill-')
    expect(fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith(`vigil-drill-${report.id}`))).toEqual([])
    const { past } = (await (await server.api('/api/drills')).json()) as { past: { report?: unknown }[] }
    expect(past[0]?.report).toEqual(report)
  }, 200_000)

  test('a drill that is cancelled leaves nothing behind either', async () => {
    const drill = start([...program('cli'), 'drill', 'rome', '--json'], { VIGIL_KEY: testKey })
    drills.push(drill)
    let out = ''
    let said = ''
    drill.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString()
    })
    drill.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    await until('the tunnel is open', () => said.includes('worker.mjs'), 60_000)
    drill.kill('SIGINT')
    await new Promise((resolve) => drill.once('exit', resolve))
    const report = DrillReport.parse(JSON.parse(out))
    expect(report).toMatchObject({ outcome: 'cancelled', left: [] })
    const marked = spawnSync('grep', ['-lsa', `VIGIL_DRILL=${report.id}`, ...environments()], { encoding: 'utf8' })
    expect(marked.stdout).toBe('')
  }, 120_000)
})

function environments(): string[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => `/proc/${name}/environ`)
}
