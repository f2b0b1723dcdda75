// Browser tests on the built product. Each starts a whole product on a machine that may have two cores: at most two at once, and of those whose
// probe measures this host's kernel one, because they share its cgroups and tables.
import { defineConfig } from '@playwright/test'
import { chromiumArguments } from './e2e/chromium-arguments.ts'

const executablePath = process.env.CHROMIUM_PATH ?? process.env.PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH

/** Those that start no probe and measure no time. */
const withoutProbe = ['approval-card', 'approvals', 'gate-outage', 'hostile', 'notifications', 'rules'].map(
  (name) => `${name}.spec.ts`,
)

export default defineConfig({
  testDir: 'e2e',
  workers: 2,
  fullyParallel: false,
  projects: [
    { name: 'host', testMatch: '*.spec.ts', testIgnore: withoutProbe, workers: 1 },
    { name: 'console', testMatch: withoutProbe, workers: 1 },
  ],
  timeout: 90_000,
  expect: { timeout: 10_000 },
  forbidOnly: process.env.CI !== undefined,
  // Real processes on a shared machine: a test that fails once and then holds is reported as flaky, not as broken.
  retries: process.env.CI === undefined ? 0 : 1,
  outputDir: 'test-results',
  use: {
    viewport: { width: 1600, height: 1000 },
    screenshot: 'only-on-failure',
    launchOptions: {
      ...(executablePath !== undefined && { executablePath }),
      args: chromiumArguments,
    },
  },
})
