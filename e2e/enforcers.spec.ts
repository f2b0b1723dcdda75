// What no cgroup enforces, on the built product: a tool call at the gate, a credential at a vault, the GPU of a session. Each is told as
// what was read of it and not more. The vault is a real HTTP server here; the GPU is a recording at the very edge.
import { createHmac } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from '@playwright/test'
import { type Product, signIn, startProduct, until, whyNoCgroup } from './product.ts'

const root = path.resolve(import.meta.dirname, '..')
const recording = path.join(root, '../shared/fixtures/nvidia-smi-text')
const missing = whyNoCgroup() ?? (existsSync(recording) ? undefined : 'no recording of an H200 in ../shared')
test.skip(missing !== undefined && !process.env.CI, `LEFT OUT: ${missing}`)

let product: Product
let folder: string
test.beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'vigil-e2e-enforcers-'))
  const standIn = `#!/bin/sh
VIGIL_GPU_RECORDING='${recording}' VIGIL_GPU_PID_FILE='${folder}/pid' exec '${process.execPath}' '${root}/e2e/recorded-nvidia-smi.mjs' "$@"
`
  writeFileSync(path.join(folder, 'nvidia-smi'), standIn, { mode: 0o755 })
  product = await startProduct({ env: { PATH: `${folder}:${process.env.PATH}` } })
})
test.afterAll(async () => {
  await product.stop()
  rmSync(folder, { recursive: true, force: true })
})

type Control = {
  state: string
  left?: string[]
  steps: { name: string; detail: string; ok: boolean }[]
  receipt: { enforcer: string; observed: string; observedFrom: string } | null
}
type Detail = { row: { state: string }; capabilities: { capability: string; can: string; enforced: string }[] }

async function post<T>(pathname: string, body: object): Promise<T> {
  const headers = { 'content-type': 'application/json' }
  const answer = await product.api(pathname, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${pathname} answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as T
}
async function ask(session: string, action: string, capability: string): Promise<Control & { id: string }> {
  const { id } = await post<{ id: string }>(`/api/sessions/${session}/controls`, { action, capability })
  return { id, ...(await product.json<Control>(`/api/controls/${id}?waitMs=15000`)) }
}
const capabilityOf = async (session: string, name: string) =>
  (await product.json<Detail>(`/api/sessions/${session}`)).capabilities.find((each) => each.capability === name)
const known = (session: string) =>
  until(`${session} is known`, async () => (await product.api(`/api/sessions/${session}`)).ok)

test('a revoked shell is denied at the gate, told as in part because nobody need ask, and allowed again after a restore', async () => {
  product.vigil('run', '--session', 'gated', '--', 'sleep', '60')
  await known('gated')
  expect(await capabilityOf('gated', 'shell')).toMatchObject({ can: 'no' })
  const call = (callId: string) =>
    post<{ decision: string }>('/api/gate', { session: 'gated', callId, tool: 'Bash', input: { command: 'ls' } })
  expect(await call('c1')).toMatchObject({ decision: 'allow' })
  expect(await capabilityOf('gated', 'shell')).toMatchObject({ can: 'best-effort' })

  const revoked = await ask('gated', 'revoke', 'shell')
  expect(revoked).toMatchObject({ state: 'partial', left: [expect.stringContaining('do not ask the gate')] })
  expect(await call('c2')).toMatchObject({ decision: 'deny' })
  await until('the denied call is on the receipt', async () =>
    (await product.json<Control>(`/api/controls/${revoked.id}`)).steps.some((step) => step.name === 'call denied'),
  )
  expect(await capabilityOf('gated', 'shell')).not.toMatchObject({ enforced: 'yes' })
  expect(await ask('gated', 'restore', 'shell')).toMatchObject({ state: 'enforced' })
  expect(await call('c3')).toMatchObject({ decision: 'allow' })
})

test('credentials are revoked at a vault by a signed webhook, and enforced only when the vault itself reads so', async () => {
  let secret = ''
  let revoked = false
  let believed = false
  const bodyOf = async (request: IncomingMessage) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks).toString('utf8')
  }
  const vault = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = request.headers
      const mac = createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64')).update(
        `${id}.${at}.${body}`,
      )
      if (signature !== `v1,${mac.digest('base64')}`) return response.writeHead(401).end()
      response.setHeader('content-type', 'application/json')
      if (request.method === 'GET')
        return response.end(JSON.stringify({ restricted: revoked && believed, observed: '3 tokens revoked' }))
      revoked = (JSON.parse(body) as { type: string }).type === 'capability.revoked'
      return response.end('{}')
    })
  })
  const origin = await new Promise<string>((resolve) =>
    vault.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(vault.address() as AddressInfo).port}`)),
  )
  try {
    product.vigil('run', '--session', 'vaulted', '--', 'sleep', '60')
    await known('vaulted')
    expect(await capabilityOf('vaulted', 'credentials')).toMatchObject({ can: 'no' })
    const made = await post<{ secret: string }>('/api/webhooks', {
      name: 'vault-prod',
      url: `${origin}/hook`,
      verifyUrl: `${origin}/verify`,
      capabilities: ['credentials'],
    })
    secret = made.secret
    expect(await capabilityOf('vaulted', 'credentials')).toMatchObject({ can: 'proven' })

    const { id } = await post<{ id: string }>('/api/sessions/vaulted/controls', {
      action: 'revoke',
      capability: 'credentials',
    })
    const control = () => product.json<Control>(`/api/controls/${id}`)
    await until('it is acknowledged', async () => (await control()).steps.some((step) => step.name === 'acknowledged'))
    expect(await control(), 'acknowledged is not enforced').toMatchObject({ receipt: null })
    believed = true
    const ended = await product.json<Control>(`/api/controls/${id}?waitMs=15000`)
    expect(ended).toMatchObject({ state: 'enforced', receipt: { observed: '3 tokens revoked' } })
    expect(ended.receipt?.observedFrom).toContain(`${origin}/verify`)
  } finally {
    vault.closeAllConnections()
    vault.close()
  }
})

test('a revoked GPU ends the session’s compute process, by holding the button down, and asks nvidia-smi again', async ({
  page,
}) => {
  const command = `sh -c 'echo $$ > ${folder}/pid; while :; do sleep 0.2; done' & while :; do sleep 0.2; done`
  product.vigil('run', '--session', 'computing', '--', 'bash', '-c', command)
  await known('computing')
  await until('its compute process is seen', async () => {
    const { events } = await product.json<{ events: { kind: string }[] }>('/api/sessions/computing/events?limit=500')
    return events.some((event) => event.kind === 'gpu.process.started')
  })
  const pid = Number(readFileSync(`${folder}/pid`, 'utf8'))
  await signIn(page, product)
  await page.goto(`${product.url}/sessions/computing`)
  const button = page.getByRole('region', { name: 'Capabilities' }).getByRole('button', { name: /revoke: GPU/i })
  await button.click()
  expect(existsSync(`/proc/${pid}`), 'a click is not enough').toBe(true)
  await button.hover()
  await page.mouse.down()
  await until('the compute process is gone', () => !existsSync(`/proc/${pid}`))
  await page.mouse.up()
  await until('it is enforced', async () => (await capabilityOf('computing', 'gpu'))?.enforced === 'yes')
  expect((await product.json<Detail>('/api/sessions/computing')).row.state, 'the rest of it runs on').toBe('running')
  await expect(page.getByText(/GPU processes ended/i).first()).toBeVisible()
})
