// Browser tests on the built product. One worker: each test starts a whole product on a machine that may have two cores.
import { defineConfig } from '@playwright/test'
import { chromiumArguments } from './e2e/chromium-arguments.ts'

const executablePath = process.env.CHROMIUM_PATH ?? process.env.PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH

export default defineConfig({
  testDir: 'e2e',
  testMatch: '*.spec.ts',
  workers: 1,
  fullyParallel: false,
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
