// A GPU as the console shows it: where there is none it says so plainly; with one (a recording of a real H200 stands in at the very edge)
// its use is tied to the session whose process computes on it.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from '@playwright/test'
import { type Product, signIn, startProduct, until, whyNoCgroup } from './product.ts'

const root = path.resolve(import.meta.dirname, '..')
const recording = path.join(root, '../shared/fixtures/nvidia-smi-text')
const missing = whyNoCgroup() ?? (existsSync(recording) ? undefined : 'no recording of an H200 in ../shared')
test.skip(missing !== undefined && !process.env.CI, `LEFT OUT: ${missing}`)

type Host = {
  gpus: { name: string; utilPercent?: number; powerWatts?: number; memoryUsedBytes?: number }[]
  gpuAbsent?: string
}
const events = (product: Product, session: string) =>
  product.json<{ events: { kind: string; trust: string; data: Record<string, unknown> }[] }>(
    `/api/sessions/${session}/events?limit=500`,
  )

test('an H200 under load is shown on the session whose process computes on it, with its use, and gone when the process is', async ({
  page,
}) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'vigil-e2e-gpu-'))
  const pidFile = path.join(folder, 'pid')
  // The probe gives host tools a bare environment, so the stand-in's settings stand in the script itself.
  const standIn = `#!/bin/sh
VIGIL_GPU_RECORDING='${recording}' VIGIL_GPU_PID_FILE='${pidFile}' exec '${process.execPath}' '${root}/e2e/recorded-nvidia-smi.mjs' "$@"
`
  writeFileSync(path.join(folder, 'nvidia-smi'), standIn, { mode: 0o755 })
  const product = await startProduct({
    env: { PATH: `${folder}:${process.env.PATH}` },
  })
  try {
    product.vigil(
      'run',
      '--session',
      'on-gpu',
      '--agent',
      'rome-30b',
      '--',
      'sh',
      '-c',
      `echo $$ > ${pidFile}; while true; do sleep 0.2; done`,
    )
    const started = await until(
      'its GPU process is seen',
      async () =>
        (await product.api('/api/sessions/on-gpu')).ok &&
        (await events(product, 'on-gpu')).events.find((event) => event.kind === 'gpu.process.started'),
    )
    expect(started).toMatchObject({ trust: 'gpu', data: { pid: Number(readFileSync(pidFile, 'utf8')) } })
    await signIn(page, product)
    const row = page.getByRole('row', { name: /on-gpu/ })
    await expect(row.getByText('100%')).toBeVisible({ timeout: 15_000 })
    await page.goto(`${product.url}/sessions/on-gpu`)
    await expect(page.getByRole('heading', { name: 'GPU', exact: true })).toBeVisible()
    rmSync(pidFile)
    await until('its GPU process has ended', async () =>
      (await events(product, 'on-gpu')).events.some((event) => event.kind === 'gpu.process.ended'),
    )
  } finally {
    await product.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a host without a GPU says so in plain words', async ({ page }) => {
  test.skip(existsSync('/usr/bin/nvidia-smi'), 'this machine has a GPU')
  const product = await startProduct()
  try {
    await signIn(page, product)
    product.vigil('run', '--session', 'no-gpu', '--', 'sleep', '20')
    await expect(page.getByRole('row', { name: /no-gpu/ })).toBeVisible()
    const hosts = await product.json<{ hosts: Host[] }>('/api/hosts')
    expect(hosts.hosts[0]).toMatchObject({ gpus: [], gpuAbsent: 'no GPU here: nvidia-smi is not installed' })
    await page.goto(`${product.url}/sessions/no-gpu`)
    await expect(page.getByText('no GPU here: nvidia-smi is not installed').first()).toBeVisible()
  } finally {
    await product.stop()
  }
})
