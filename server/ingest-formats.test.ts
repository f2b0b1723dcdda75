// Other tools' records through the front door of a real server: what is taken, what is said of the rest, what is concluded, what stays.
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SignalView } from './protocol/signal-view.ts'
import type { SourceView } from './protocol/source-view.ts'
import { startForTest, type TestServer } from './start-for-test.ts'

let server: TestServer
beforeAll(async () => {
  server = await startForTest()
})
afterAll(async () => {
  await server.stop()
})

const nowMs = Date.now() - 60_000
const iso = (ms: number) => new Date(ms).toISOString().replace('Z', '+0000')
const alert = (title: string, more: object = {}) =>
  JSON.stringify({
    timestamp: iso(nowMs + 5_000),
    flow_id: 1990034319782897,
    event_type: 'alert',
    src_ip: '10.8.0.7',
    src_port: 40_001,
    dest_ip: '198.51.100.33',
    dest_port: 3333,
    proto: 'TCP',
    alert: { action: 'allowed', signature_id: 2_000_001, signature: title, severity: 1 },
    flow: { start: iso(nowMs + 400), src_ip: '10.8.0.7', src_port: 40_001, dest_ip: '198.51.100.33', dest_port: 3333 },
    ...more,
  })
const post = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  server.api(path, { method: 'POST', body, headers })
const json = async <T>(response: Response | Promise<Response>) => (await (await response).json()) as T
const until = async <T>(read: () => Promise<T | undefined>): Promise<T> => {
  for (let tries = 0; tries < 100; tries += 1) {
    const found = await read()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it did not happen within 5 s')
}
const signal = async (title: string) =>
  (await json<{ signals: SignalView[] }>(server.api(`/api/signals?groups=alerts&q=${encodeURIComponent(title)}`)))
    .signals[0]

describe('records of other tools', () => {
  it('are kept beside broken ones, once, however often they are sent', async () => {
    const body = `${alert('first')}\n{"timestamp": "2026\n${alert('bad time', { timestamp: '1871-01-01T00:00:00.000000+0000' })}\n{"event_type":"stats","timestamp":"${iso(nowMs)}","stats":{}}\n`
    const answer = await json<Record<string, unknown>>(post('/api/ingest/suricata-eve?source=edge', body))
    expect(answer).toMatchObject({ accepted: 1, duplicates: 0, rejected: 2, records: 4, events: 1, samples: 0 })
    expect(answer.errors).toHaveLength(2)
    const again = await json<Record<string, unknown>>(
      post('/api/ingest/suricata-eve?source=edge', gzipSync(body), { 'content-encoding': 'gzip' }),
    )
    expect(again).toMatchObject({ accepted: 1, duplicates: 1 })
  })

  it('are accounted for by source, with the refused ones for download', async () => {
    const { sources } = await json<{ sources: SourceView[] }>(server.api('/api/sources'))
    const edge = sources.find((source) => source.id === 'suricata-eve/edge')
    expect(edge).toMatchObject({ title: 'Suricata EVE', records: 8, events: 2, duplicates: 1, refused: 4, skipped: 2 })
    expect(edge?.refusedReasons.map((each) => each.count)).toEqual([2, 2])
    const download = await server.api('/api/sources/suricata-eve/edge/refused')
    expect(download.headers.get('content-type')).toContain('ndjson')
    const rows = (await download.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { line: number; raw: string })
    expect(rows).toHaveLength(4)
    expect(rows.some((row) => row.raw.startsWith('{"timestamp": "2026'))).toBe(true)
  })

  it('of a format that nobody reads are refused with the names of those that are', async () => {
    const answer = await post('/api/ingest/tarot', 'x')
    expect(answer.status).toBe(404)
    expect(await json(answer)).toMatchObject({ detail: expect.stringContaining('suricata-eve') })
    const { formats } = await json<{ formats: { format: string }[] }>(server.api('/api/formats'))
    expect(formats.map((each) => each.format)).toContain('auditd')
  })

  it('are worth a firewall’s word only with a key that may speak for one, and nothing from a session’s own key', async () => {
    const keyWith = async (scopes: string[], session?: string) =>
      (
        await json<{ key: string }>(
          post('/api/keys', JSON.stringify({ name: 'k', scopes, ...(session && { session }) }), {
            'content-type': 'application/json',
          }),
        )
      ).key
    const send = async (title: string, key: string) =>
      post('/api/ingest/suricata-eve', alert(title), { authorization: `Bearer ${key}` })
    await send('by a trainer', await keyWith(['ingest']))
    await send('by a sensor', await keyWith(['ingest', 'sensor']))
    expect((await until(() => signal('by a trainer'))).trust).toBe('trainer')
    expect((await until(() => signal('by a sensor'))).trust).toBe('firewall')
    const bound = await json<{ accepted: number; errors: { reason: string }[] }>(
      send('by an agent', await keyWith(['ingest'], 'ep-x')),
    )
    expect(bound.accepted).toBe(0)
    expect(bound.errors[0]?.reason).toContain('another session')
  })
})

describe('what caused an alert', () => {
  const fact = (kind: string, atMs: number, data: object, session = 'ep-rogue') =>
    JSON.stringify({ v: 1, kind, atMs, session, data })
  const command = 'nohup ./x -o 198.51.100.33:3333 &'

  it('is found among the calls of the session that has the address, and corrected by what comes later', async () => {
    await post(
      '/api/ingest/events',
      [
        fact('session.started', nowMs, { held: 'none', abilities: [], labels: { address: '10.8.0.7' } }),
        fact('action.started', nowMs + 100, { call: 'c1', tool: 'shell', input: 'pytest -q' }),
        fact('action.ended', nowMs + 9_000, { call: 'c1', outcome: 'ok' }),
      ].join('\n'),
    )
    const first = await until(async () => (await signal('first'))?.tie)
    expect(first).toMatchObject({ session: 'ep-rogue', call: 'c1' })
    await post(
      '/api/ingest/events',
      [
        fact('action.started', nowMs + 200, { call: 'c2', tool: 'shell', input: command, summary: command }),
        fact('action.ended', nowMs + 1_200, { call: 'c2', outcome: 'ok' }),
      ].join('\n'),
    )
    const tie = await until(async () => {
      const found = (await signal('first'))?.tie
      return found?.call === 'c2' ? found : undefined
    })
    const { events } = await json<{
      events: {
        id: string
        kind: string
        trust: string
        data: { corrects?: string; runnerUp?: object; features: object[] }
      }[]
    }>(server.api('/api/sessions/ep-rogue/events?kinds=attribution.made'))
    const written = events.find((event) => event.id === tie.event)
    expect(written?.trust).toBe('vigil')
    expect(written?.data.corrects).toBe(first.event)
    expect(written?.data.features.length).toBeGreaterThan(2)
    expect(written?.data.runnerUp).toBeDefined()
  })

  it('cannot be told to us: conclusions are written by the server alone', async () => {
    const answer = await json<{ accepted: number; errors: { reason: string }[] }>(
      post(
        '/api/ingest/events',
        fact('attribution.made', nowMs, {
          subjects: [{ event: '00000000-0000-4000-8000-000000000001', kind: 'x', atMs: nowMs }],
          about: 'x',
          features: [],
        }),
      ),
    )
    expect(answer.errors[0]?.reason).toContain('written by the server alone')
  })

  it('is still known after a restart, and not written again', async () => {
    const count = async () =>
      (await json<{ events: object[] }>(server.api('/api/sessions/ep-rogue/events?kinds=attribution.made&limit=5000')))
        .events.length
    const [before, tieBefore] = [await count(), (await signal('first'))?.tie]
    await server.restart()
    const tie = await until(async () => (await signal('first'))?.tie)
    expect(tie).toEqual(tieBefore)
    await new Promise((resolve) => setTimeout(resolve, 800))
    expect(await count()).toBe(before)
    const { sources } = await json<{ sources: SourceView[] }>(server.api('/api/sources'))
    expect(sources.find((source) => source.id === 'suricata-eve/edge')).toMatchObject({ records: 8, refused: 4 })
  })
})
