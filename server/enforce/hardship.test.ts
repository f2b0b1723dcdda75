// A vault that is down, redirects, or comes back later, and a server that dies in the middle: exactly one end, and the newest wish wins.
import { afterEach, describe, expect, it } from 'vitest'
import { closeAll, honest, rigWith, vaultThat, webhookTo } from '../enforcement-rig.test-fixture.ts'

afterEach(closeAll)

const credentials = { capability: 'credentials' }

describe('a vault in trouble', () => {
  it('is asked five times with the same message id, and then it has failed', async () => {
    const vault = await vaultThat(() => ({ status: 500 }))
    const rig = await rigWith([webhookTo(vault)])
    await rig.ask('c-1', 'revoke', credentials)
    await rig.until(() => rig.endOf('c-1'))
    expect(vault.posts()).toHaveLength(5)
    expect(new Set(vault.posts().map((each) => each.headers['webhook-id'])).size).toBe(1)
    expect(rig.endOf('c-1')).toMatchObject({ outcome: 'failed', detail: 'webhook vault answered 500' })
    expect(rig.of('control.step').map((each) => [each.name, each.ok])).toEqual(Array(5).fill(['asked', false]))
  })

  it('is not followed to where it redirects', async () => {
    const other = await vaultThat(() => ({ status: 200 }))
    const vault = await vaultThat(() => ({ status: 307, headers: { location: `${other.origin}/hook` } }))
    const rig = await rigWith([webhookTo(vault)])
    await rig.ask('c-1', 'revoke', credentials)
    await rig.until(() => rig.endOf('c-1'))
    expect(other.received).toEqual([])
    expect(rig.endOf('c-1')).toMatchObject({
      outcome: 'failed',
      detail: expect.stringContaining('redirects are not followed'),
    })
  })

  it('is asked on quietly after it failed, and what is read at last is said without a second end', async () => {
    let isDown = true
    const behave = honest()
    const vault = await vaultThat((request) => (isDown ? { status: 503 } : behave(request)))
    const pace = { deliveriesMs: [0], readingsMs: [0], quietMs: 20 }
    const rig = await rigWith([webhookTo(vault, { verifyUrl: `${vault.origin}/state` })], { pace })
    await rig.ask('c-1', 'revoke', credentials)
    await rig.until(() => rig.endOf('c-1') && vault.posts().length > 3)
    expect(rig.of('control.step')).toHaveLength(1)
    isDown = false
    await rig.until(() => rig.of('capability.observed').some((each) => each.restricted))
    expect(new Set(vault.posts().map((each) => each.headers['webhook-id'])).size).toBe(1)
    const count = vault.posts().length
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect([vault.posts().length, rig.of('control.ended').length]).toEqual([count, 1])
  })

  it('hears nothing more of a revoke once it was restored: the newest wish wins, each control with its one end', async () => {
    let isDown = true
    const behave = honest()
    const vault = await vaultThat((request) => (isDown ? { status: 503 } : behave(request)))
    const pace = { deliveriesMs: [0, 60_000], readingsMs: [0, 5], quietMs: 60_000 }
    const rig = await rigWith([webhookTo(vault, { verifyUrl: `${vault.origin}/state` })], { pace })
    await rig.ask('c-1', 'revoke', credentials)
    await rig.until(() => vault.posts().length === 1)
    isDown = false
    const superseded = { control: 'c-1', outcome: 'superseded', detail: 'restore was asked first' }
    await rig.ask('c-2', 'restore', { ...credentials, lifts: ['c-1'] })
    await rig.append({ kind: 'control.ended', data: superseded as never }).catch(() => undefined)
    await rig.until(() => rig.endOf('c-2'))
    expect(vault.posts().map((each) => JSON.parse(each.body).type)).toEqual([
      'capability.revoked',
      'capability.restored',
    ])
    expect(
      rig
        .of('control.ended')
        .map((each) => [each.control, each.outcome])
        .sort(),
    ).toEqual([
      ['c-1', 'superseded'],
      ['c-2', 'enforced'],
    ])
  })

  it('is asked again after a restart in the middle, with the same id, and the control gets exactly one end', async () => {
    let isDown = true
    const behave = honest()
    const vault = await vaultThat((request) => (isDown ? { status: 500 } : behave(request)))
    const webhook = webhookTo(vault, { verifyUrl: `${vault.origin}/state` })
    const pace = { deliveriesMs: [0, 60_000], readingsMs: [0, 5], quietMs: 60_000 }
    const first = await rigWith([webhook], { pace })
    await first.ask('c-1', 'revoke', credentials)
    await first.until(() => first.of('control.step').length === 1)
    await first.stop()
    expect(first.of('control.ended')).toEqual([])
    isDown = false
    const second = await rigWith([webhook], { log: first.log })
    await second.until(() => second.endOf('c-1'))
    expect(second.of('control.ended')).toMatchObject([{ control: 'c-1', outcome: 'enforced' }])
    expect(new Set(vault.posts().map((each) => each.headers['webhook-id'])).size).toBe(1)
    await second.stop()
    const third = await rigWith([webhook], { log: second.log })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect([vault.posts().length, third.of('control.ended').length]).toEqual([2, 1])
  })

  it('that was failed before a restart is asked on quietly after it', async () => {
    let isDown = true
    const behave = honest()
    const vault = await vaultThat((request) => (isDown ? { status: 500 } : behave(request)))
    const webhook = webhookTo(vault, { verifyUrl: `${vault.origin}/state` })
    const first = await rigWith([webhook], { pace: { deliveriesMs: [0], readingsMs: [0], quietMs: 60_000 } })
    await first.ask('c-1', 'revoke', credentials)
    await first.until(() => first.endOf('c-1'))
    await first.stop()
    isDown = false
    const second = await rigWith([webhook], {
      log: first.log,
      pace: { deliveriesMs: [0], readingsMs: [0], quietMs: 10 },
    })
    await second.until(() => second.of('capability.observed').some((each) => each.restricted))
    expect(second.of('control.ended')).toHaveLength(1)
  })

  it('fails a control at once when the webhook was removed: nothing here can do it any more', async () => {
    const rig = await rigWith([])
    await rig.ask('c-1', 'revoke', credentials)
    await rig.until(() => rig.endOf('c-1'))
    expect(rig.endOf('c-1')).toMatchObject({ outcome: 'failed', detail: 'nothing here can restrict credentials' })
  })
})
