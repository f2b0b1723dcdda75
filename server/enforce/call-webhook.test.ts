// One request, bounded in time: who never answers is not waited for.
import { afterEach, expect, it } from 'vitest'
import { closeAll, rigSecret, vaultThat } from '../enforcement-rig.test-fixture.ts'
import { callWebhook } from './call-webhook.ts'
import { createReach } from './reach.ts'

const anywhere = createReach({ loopback: true })
afterEach(closeAll)

it('gives up on a vault that takes a request and never answers, in words without address or secret', async () => {
  const vault = await vaultThat(() => ({ status: 200, hang: true }))
  const url = `${vault.origin}/hook?token=private`
  const call = callWebhook({
    method: 'POST',
    url,
    secret: rigSecret,
    id: 'msg_1',
    nowMs: Date.now(),
    body: '{}',
    reach: anywhere,
  })
  await expect(call).rejects.toThrow(/^did not answer within 5 s$/)
})
