// given (a vault on loopback that behaves in some way) / when (an operator revokes) / then (what may be said of it, and never more).
import { afterEach, describe, expect, it } from 'vitest'
import {
  closeAll,
  honest,
  type Received,
  rigSecret,
  rigSession,
  rigWith,
  type Vault,
  type VaultAnswer,
  vaultThat,
  verifies,
  webhookTo,
} from '../enforcement-rig.test-fixture.ts'
import type { Webhook } from './enforcer.ts'

afterEach(closeAll)

const credentials = { capability: 'credentials' }

describe('a vault that can be read', () => {
  it('is asked with a signature that the specification verifies and that no changed body passes', async () => {
    const vault = await vaultThat(honest())
    const rig = await rigWith([webhookTo(vault, { verifyUrl: `${vault.origin}/state?tenant=a` })])
    await rig.ask('c-1', 'revoke', { ...credentials, reason: 'mining' })
    await rig.until(() => rig.endOf('c-1'))
    const [post] = vault.posts()
    const [read] = vault.reads()
    if (!post || !read) throw new Error('nothing arrived')
    expect([verifies(rigSecret, post), verifies(rigSecret, read)]).toEqual([true, true])
    expect(verifies(rigSecret, { ...post, body: post.body.replace('revoked', 'restored') })).toBe(false)
    expect(Math.abs(Number(post.headers['webhook-timestamp']) - Date.now() / 1_000)).toBeLessThan(10)
    expect(JSON.parse(post.body)).toMatchObject({
      type: 'capability.revoked',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: {
        session: rigSession,
        labels: { team: 'rl' },
        capability: 'credentials',
        control: 'c-1',
        reason: 'mining',
      },
    })
    expect(Object.fromEntries(read.url.searchParams)).toEqual({ tenant: 'a', session: rigSession, ...credentials })
  })

  it('makes a revoke enforced by what was read, word for word and with where; and a restore likewise', async () => {
    const vault = await vaultThat(honest())
    const rig = await rigWith([webhookTo(vault, { verifyUrl: `${vault.origin}/state` })])
    await rig.ask('c-1', 'revoke', credentials)
    await rig.until(() => rig.endOf('c-1'))
    const observedFrom = `${vault.origin}/state`
    expect(rig.endOf('c-1')).toMatchObject({ outcome: 'enforced', observed: 'credentials sealed: true', observedFrom })
    await rig.ask('c-2', 'restore', { ...credentials, lifts: ['c-1'] })
    await rig.until(() => rig.endOf('c-2'))
    expect(rig.endOf('c-2')).toMatchObject({ outcome: 'enforced', observed: 'credentials sealed: false', observedFrom })
    expect(rig.of('capability.observed').map((each) => each.restricted)).toEqual([true, false])
    expect(rig.faults).toEqual([])
  })

  it('may name the address in its answer, on its own origin only', async () => {
    let other: Vault | undefined
    const naming = (name: () => string) => {
      const behave = honest()
      return (request: Received): VaultAnswer =>
        request.method === 'POST' ? { ...behave(request), body: { verifyUrl: name() } } : behave(request)
    }
    const own: Vault = await vaultThat(naming(() => `${own.origin}/read`))
    const rig = await rigWith([webhookTo(own)])
    await rig.ask('c-1', 'revoke', credentials)
    await rig.until(() => rig.endOf('c-1'))
    expect(rig.endOf('c-1')).toMatchObject({ outcome: 'enforced', observedFrom: `${own.origin}/read` })

    other = await vaultThat(honest())
    const foreign = await vaultThat(naming(() => `${other?.origin}/read`))
    const second = await rigWith([webhookTo(foreign)])
    await second.ask('c-1', 'revoke', credentials)
    await second.until(() => second.endOf('c-1'))
    expect(second.endOf('c-1')).toMatchObject({ outcome: 'partial', detail: expect.stringContaining('another origin') })
    expect(other.received).toEqual([])
  })

  it('is not believed when it takes the wish and then reads "not restricted": that is never enforced', async () => {
    const vault = await vaultThat(({ method }) =>
      method === 'POST' ? { status: 200 } : { status: 200, body: { restricted: false, observed: 'lease is active' } },
    )
    const rig = await rigWith([webhookTo(vault, { verifyUrl: `${vault.origin}/state` })])
    await rig.ask('c-1', 'revoke', credentials)
    await rig.until(() => rig.endOf('c-1'))
    expect(rig.endOf('c-1')).toMatchObject({
      outcome: 'failed',
      left: ['credentials: webhook vault says "lease is active"'],
    })
    expect(rig.endOf('c-1')).not.toHaveProperty('observed')
    expect(rig.of('capability.observed')).toMatchObject([{ restricted: false }])
  })

  it.each([
    ['is no JSON', 'sealed'],
    ['lacks its words', { restricted: true }],
    ['is too long', { restricted: true, observed: 'x'.repeat(513) }],
    ['is over 64 KiB', `{"restricted":true,"observed":"sealed"}${' '.repeat(70_000)}`],
  ])('proves nothing with a reading that %s', async (_what, body) => {
    const vault = await vaultThat(({ method }) => ({ status: 200, ...(method === 'GET' && { body }) }))
    const rig = await rigWith([webhookTo(vault, { verifyUrl: `${vault.origin}/state` })])
    await rig.ask('c-1', 'revoke', credentials)
    await rig.until(() => rig.endOf('c-1'))
    expect(rig.endOf('c-1')).toMatchObject({ outcome: 'partial', left: ['the effect on credentials was not observed'] })
    expect(rig.of('capability.observed')).toEqual([])
  })

  it('ends, pauses and resumes a session that no host holds, each read back', async () => {
    const vault = await vaultThat(honest())
    const capabilities: Webhook['capabilities'] = ['pause', 'end']
    const rig = await rigWith([webhookTo(vault, { capabilities, verifyUrl: `${vault.origin}/state` })])
    await rig.ask('p-1', 'pause')
    await rig.until(() => rig.endOf('p-1'))
    expect(rig.endOf('p-1')).toMatchObject({ outcome: 'enforced', observed: 'pause sealed: true' })
    expect(rig.state.sessions.get(rigSession)?.observedPaused).toBe(true)
    await rig.ask('p-2', 'resume', { lifts: ['p-1'] })
    await rig.until(() => rig.endOf('p-2'))
    expect(rig.state.sessions.get(rigSession)?.observedPaused).toBe(false)
    await rig.ask('p-3', 'end')
    await rig.until(() => rig.endOf('p-3'))
    expect(rig.endOf('p-3')).toMatchObject({ outcome: 'enforced', observed: 'end sealed: true' })
  })
})

describe('a session that no host holds', () => {
  it('is contained in part when only its pause can be brought about, and says that its tool calls do not pass the gate', async () => {
    const vault = await vaultThat(honest())
    const rig = await rigWith([webhookTo(vault, { capabilities: ['pause'], verifyUrl: `${vault.origin}/state` })])
    await rig.ask('n-1', 'contain')
    await rig.until(() => rig.endOf('n-1'))
    expect(rig.endOf('n-1')).toMatchObject({
      outcome: 'partial',
      observed: 'pause sealed: true',
      left: ['its tool calls do not pass the gate', 'network: nothing here can'],
    })
    expect(rig.of('control.step')).toContainEqual(
      expect.objectContaining({ name: 'no gate', detail: 'its tool calls do not pass the gate' }),
    )
    expect(rig.state.sessions.get(rigSession)?.observedPaused).toBe(true)
    await rig.ask('n-2', 'release', { lifts: ['n-1'] })
    await rig.until(() => rig.endOf('n-2'))
    expect(rig.endOf('n-2')).toMatchObject({ outcome: 'enforced', observed: 'pause sealed: false' })
    expect(rig.state.sessions.get(rigSession)?.observedPaused).toBe(false)
  })

  it('that ends while its vault is asked leaves nobody asking, and no second end', async () => {
    const vault = await vaultThat(() => ({ status: 500 }))
    const pace = { deliveriesMs: [0, 20, 20, 20], readingsMs: [0], quietMs: 10 }
    const rig = await rigWith([webhookTo(vault)], { pace })
    await rig.ask('c-1', 'revoke', credentials)
    await rig.until(() => vault.posts().length === 1)
    await rig.append({ kind: 'session.ended', data: {} })
    await new Promise((resolve) => setTimeout(resolve, 120))
    expect(rig.of('control.ended')).toMatchObject([{ control: 'c-1', outcome: 'cancelled' }])
    expect(vault.posts().length).toBeLessThan(3)
    expect(rig.faults).toEqual([])
  })
})

describe('a vault that only acknowledges', () => {
  it('makes it partial, in words that say what was not observed, and never enforced', async () => {
    const vault = await vaultThat(() => ({ status: 204 }))
    const rig = await rigWith([webhookTo(vault)])
    await rig.ask('c-1', 'revoke', credentials)
    await rig.until(() => rig.endOf('c-1'))
    expect(rig.endOf('c-1')).toEqual({
      control: 'c-1',
      outcome: 'partial',
      enforcer: 'webhook vault',
      detail: `acknowledged by webhook vault at ${vault.origin}; it names no address at which the effect could be read`,
      left: ['the effect on credentials was not observed'],
    })
    expect(rig.of('control.step')).toMatchObject([
      { name: 'acknowledged', detail: 'webhook vault answered 204', ok: true },
    ])
  })

  it('leaves a revoke partial when one of two vaults was read and the other only acknowledged', async () => {
    const [read, blind] = [await vaultThat(honest()), await vaultThat(() => ({ status: 200 }))]
    const rig = await rigWith([
      webhookTo(read, { id: 'whk-1', name: 'one', verifyUrl: `${read.origin}/state` }),
      webhookTo(blind, { id: 'whk-2', name: 'two' }),
    ])
    await rig.ask('c-1', 'revoke', credentials)
    await rig.until(() => rig.endOf('c-1'))
    expect(rig.endOf('c-1')).toMatchObject({ outcome: 'partial', left: ['the effect on credentials was not observed'] })
    expect(rig.of('capability.observed')).toMatchObject([{ restricted: false }])
  })
})
