// One Vitest run for unit and integration tests; browser tests live in e2e/ and belong to Playwright.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{server,probe,cli,components,app,prisma}/**/*.test.{ts,tsx}', 'e2e/bench/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Real kernels and databases on a shared machine: in CI a failure must repeat itself to count; on a desk it counts at once.
    retry: process.env.CI === undefined ? 0 : 1,
  },
})
