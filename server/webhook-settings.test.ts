// Webhooks over HTTP: who may set them up, what is shown of them, and what leaves a trace.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type ApiForTest, startApiForTest } from './api-for-test.ts'
import { rigSecret, startVault, type Vault, verifies } from './enforcement-rig.test-fixture.ts'
import { ControlId, SessionId } from './protocol/ids.ts'

let server: ApiForTest
beforeAll(async () => {
  server = await startApiForTest()
})
afterAll(async () => {
  await server.stop()
})
const vaults: Vault[] = []
afterEach(async () => {
  for (const vault of vaults.splice(0)) await vault.close()
  for (const { id } of server.webhooks.list()) await server.api(`/api/webhooks/${id}`, { method: 'DELETE' })
})

type Made = { webhook: { id: string }; secret: string; title?: string; detail?: string }
const add = async (body: object) => {
  const answer = await server.post('/api/webhooks', body)
  return { status: answer.status, ...((await answer.json()) as Made) }
}
const vault = { name: 'vault', url: 'https://vault.example/hook?t=1', capabilities: ['credentials', 'credentials'] }
const by = { type: 'operator' as const, id: 'op-1', name: 'on-call' }
const setPolicy = (value: boolean) =>
  server.append({ kind: 'policy.changed', data: { policy: 'two-person-policy', value, by } })

describe('webhook settings', () => {
  it('shows a secret once, and afterwards neither in a list, nor in an event, nor in the state', async () => {
    const made = await add(vault)
    expect(made).toMatchObject({ status: 201, webhook: { name: 'vault', capabilities: ['credentials'] } })
    expect(made.secret).toMatch(/^whsec_/)
    const list = await (await server.api('/api/webhooks')).text()
    expect(JSON.parse(list)).toMatchObject({ webhooks: [{ id: made.webhook.id, url: vault.url }] })
    const told = JSON.stringify([list, server.written, [...server.pipeline.state.webhooks]])
    expect(told).not.toContain(made.secret.slice(6, 20))
    expect(made.webhook).not.toHaveProperty('secret')
  })

  it('puts every change on record: as a means that the console can show, and in the audit', async () => {
    const { webhook } = await add({ ...vault, verifyUrl: 'https://vault.example/state' })
    const shown = { webhook: webhook.id, name: 'vault', capabilities: ['credentials'], origin: 'https://vault.example' }
    expect(server.pipeline.state.webhooks.get(webhook.id)).toEqual({ ...shown, verifies: true })
    expect((await server.api(`/api/webhooks/${webhook.id}`, { method: 'DELETE' })).status).toBe(200)
    expect(server.pipeline.state.webhooks.has(webhook.id)).toBe(false)
    expect((await server.api(`/api/webhooks/${webhook.id}`, { method: 'DELETE' })).status).toBe(404)
    const changes = server.written.filter((event) => JSON.stringify(event.data).includes(webhook.id))
    expect(changes.map((event) => event.kind)).toEqual([
      'webhook.changed',
      'audit.recorded',
      'webhook.changed',
      'audit.recorded',
    ])
  })

  it.each([
    ['another scheme', { ...vault, url: 'file:///etc/passwd' }],
    ['a password in the address', { ...vault, url: 'https://a:b@vault.example/' }],
    ['no capability', { ...vault, capabilities: [] }],
    ['a capability that there is not', { ...vault, capabilities: ['root'] }],
    ['a read address of another scheme', { ...vault, verifyUrl: 'gopher://vault.example' }],
  ])('refuses %s', async (_what, body) => {
    expect((await add(body)).status).toBe(422)
  })

  it('belongs to administrators alone', async () => {
    const made = await server.post('/api/keys', { name: 'responder', scopes: ['read', 'control'] })
    const headers = { authorization: `Bearer ${((await made.json()) as { key: string }).key}` }
    expect((await server.api('/api/webhooks', { headers })).status).toBe(403)
    expect((await server.post('/api/webhooks', vault, headers)).status).toBe(403)
    expect((await server.api('/api/webhooks/x', { method: 'DELETE', headers })).status).toBe(403)
  })

  it('stays as it is while changing settings takes two people, and says what to do', async () => {
    const { webhook } = await add(vault)
    await setPolicy(true)
    const refused = await add(vault)
    expect(refused).toMatchObject({ status: 409, title: 'Takes two people' })
    expect(refused.detail).toContain('turn it off with a second person first')
    expect((await server.api(`/api/webhooks/${webhook.id}`, { method: 'DELETE' })).status).toBe(409)
    expect(server.webhooks.list().map((each) => each.id)).toEqual([webhook.id])
    await setPolicy(false)
  })

  it('tests a webhook with a signed message, and says what came back or why nothing did', async () => {
    const place = await startVault(() => ({ status: 418, body: 'a teapot'.repeat(100) }))
    vaults.push(place)
    const { webhook, secret } = await add({ ...vault, url: `${place.origin}/hook` })
    const test = async () => (await server.post(`/api/webhooks/${webhook.id}/test`, {})).json()
    const said = (await test()) as { body: string }
    expect(said).toMatchObject({ answered: true, status: 418 })
    expect(said.body).toHaveLength(200)
    const [got] = place.received
    expect(got && [verifies(secret, got), verifies(rigSecret, got), JSON.parse(got.body).type]).toEqual([
      true,
      false,
      'vigil.test',
    ])
    await vaults.pop()?.close()
    expect(await test()).toMatchObject({ answered: false, detail: 'it cannot be reached (ECONNREFUSED)' })
  })

  it('carries a revoke to the vault that was set up, and calls it partial when nothing could be read', async () => {
    const place = await startVault(() => ({ status: 200 }))
    vaults.push(place)
    await add({ ...vault, url: `${place.origin}/hook` })
    const session = SessionId.parse('vaulted')
    await server.append({ kind: 'session.started', session, data: { held: 'none', abilities: [] } })
    const data = { control: ControlId.parse('v-1'), action: 'revoke' as const, capability: 'credentials' as const, by }
    await server.append({ kind: 'control.requested', session, data })
    for (let tries = 0; tries < 400 && !server.written.some((each) => each.kind === 'control.ended'); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(server.written.filter((each) => each.kind === 'control.ended').map((each) => each.data)).toMatchObject([
      { control: 'v-1', outcome: 'partial' },
    ])
    expect(place.posts()).toHaveLength(1)
  })
})
