// One Vitest run for unit and integration tests; browser tests live in e2e/ and belong to Playwright.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{server,probe,cli,components,app,prisma}/**/*.test.{ts,tsx}', 'e2e/bench/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
})
