// The first minutes of somebody who never saw Vigil: an empty console, one button, a real incident that forms by itself, one click that
// contains it, and the document of what happened. Real processes, a real tunnel, far ends of the drill's own; nothing of it is left.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, type Page, test } from '@playwright/test'
import { DrillReport } from '../server/protocol/drill.ts'
import { type Product, signIn, startProduct, until, whyNoCgroup } from './product.ts'

const missing = whyNoCgroup() ?? whyNoSsh()
test.skip(missing !== undefined && !process.env.CI, `LEFT OUT: ${missing}`)
test.setTimeout(200_000)

function whyNoSsh(): string | undefined {
  const absent = ['/usr/sbin/sshd', '/usr/bin/ssh', '/usr/bin/ssh-keygen'].filter((file) => !existsSync(file))
  return absent.length > 0 ? `needs ${absent.join(', ')}: install openssh-server and openssh-client` : undefined
}

let product: Product
test.beforeAll(async () => {
  product = await startProduct()
})
test.afterAll(async () => {
  await product.stop()
})

type Past = { past: { id: string; session?: string; report?: unknown }[] }
const runRome = (page: Page) => page.getByRole('button', { name: 'Run the ROME drill' })

/** Whose drill this is stands in the environment of each of its processes. */
function processesOf(drill: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      return readFileSync(`/proc/${name}/environ`, 'latin1').includes(`VIGIL_DRILL=${drill}`)
    } catch {
      return false // it ended while we looked, or is a thread of the kernel
    }
  })
}

async function expectNothingLeft(): Promise<DrillReport> {
  const { past } = await product.json<Past>('/api/drills')
  const report = DrillReport.parse(past[0]?.report)
  expect(report.left).toEqual([])
  expect(processesOf(report.id)).toEqual([])
  expect(spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout).not.toContain('vigil-drill-')
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`vigil-drill-${report.id}`))).toEqual([])
  return report
}

test('a newcomer runs the ROME drill, sees the incident form with its alerts tied to the tool calls, contains it in one click, and reads what happened', async ({
  page,
}) => {
  // Given: a console that has seen nothing yet.
  await signIn(page, product)
  await expect(page.getByText('See an incident before there is one')).toBeVisible()

  // When: the one button is pressed, and nothing else.
  await runRome(page).click()
  const startedMs = Date.now()
  await expect(page.getByRole('region', { name: 'Running drill' })).toBeVisible()
  await page
    .getByRole('link', { name: /^Incidents/ })
    .first()
    .click()

  // Then: an incident forms, marked as a drill.
  const line = page
    .getByRole('list', { name: /incidents/i })
    .getByRole('link')
    .first()
  await expect(line).toBeVisible({ timeout: 60_000 })
  await line.click()
  await expect(page.getByText('Drill', { exact: true }).first()).toBeVisible()
  await page.getByRole('button', { name: 'As a table' }).click()
  const row = (text: RegExp) => page.getByRole('row').filter({ hasText: text }).first()
  for (const alert of [/DRILL.*tunnel/i, /DRILL.*(pool|stratum|mining)/i, /DRILL.*(probe|scan)/i])
    await expect(row(alert)).toBeVisible({ timeout: 90_000 })
  console.log(`from the click until the last firewall alert was on the page: ${Date.now() - startedMs} ms`)
  // A chosen alert shows the call that it is tied to, with how sure that is.
  await row(/DRILL.*(pool|stratum|mining)/i)
    .getByRole('button')
    .click()
  const evidence = page.getByRole('listitem').filter({ hasText: 'worker.mjs stratum+tcp://' })
  await expect(evidence.first()).toBeVisible({ timeout: 30_000 })

  // When: it is contained.
  await page.getByRole('button', { name: 'Contain 1 session' }).click()

  // Then: it says so once the host was seen to hold it.
  await expect(page.getByText(/^Contained$/).first()).toBeVisible({ timeout: 20_000 })
  const { incidents } = await product.json<{ incidents: { incident: string; status: string; isDrill: boolean }[] }>(
    '/api/incidents',
  )
  expect(incidents[0]).toMatchObject({ status: 'contained', isDrill: true })

  // And the drill tells what had to show, and that nothing of it is left.
  const isOver = async () => (await product.json<Past>('/api/drills')).past[0]?.report !== undefined
  await until('the drill is over', isOver, 90_000)
  await page.goto(`${product.url}/drills`)
  await page
    .getByRole('list', { name: /^Past drills/ })
    .getByRole('button')
    .first()
    .click()
  const shown = page.getByRole('list', { name: 'What had to show' })
  await expect(shown.getByText(/^Seen: /)).toHaveCount(6)
  await expect(shown.getByText(/^Not seen/)).toHaveCount(0)
  await expect(page.getByText('Nothing was left behind.')).toBeVisible()
  const report = await expectNothingLeft()
  expect(report).toMatchObject({ outcome: 'contained', containedBy: { action: 'contain' } })
  expect(report.containedBy?.observed).toMatch(/frozen 1/)
  expect(report.detectedAtMs).toBeLessThan(report.containedAtMs ?? 0)

  // And the document of it is a click away.
  await page.goto(`${product.url}/incidents/${incidents[0]?.incident}`)
  await page.getByRole('link', { name: 'Postmortem', exact: true }).click()
  await page.waitForURL('**/postmortem')
  await expect(page.getByRole('heading', { name: 'What did not' })).toBeVisible()
  await expect(page.getByText('worker.mjs stratum+tcp://').first()).toBeVisible()
  await page.goBack()
  await page.getByRole('button', { name: 'More that can be done' }).click()
  const saved = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: 'Postmortem (Markdown)' }).click()
  const document = readFileSync((await (await saved).path()) ?? '', 'utf8')
  expect(document).toContain('rill')
  for (const word of ['Timeline', 'T1572', 'T1496']) expect(document).toContain(word)
})

test('a drill that is cancelled on its page leaves nothing behind either', async ({ page }) => {
  await signIn(page, product)
  await page.goto(`${product.url}/drills`)
  await runRome(page).click()
  const running = page.getByRole('region', { name: 'Running drill' })
  await expect(running.getByText(/worker\.mjs/)).toBeVisible({ timeout: 60_000 })

  await running.getByRole('button', { name: 'Cancel the drill' }).click()

  await expect(running).toBeHidden({ timeout: 60_000 })
  expect(await expectNothingLeft()).toMatchObject({ outcome: 'cancelled' })
})
