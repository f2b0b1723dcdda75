// One Vitest run for unit and integration tests; browser tests live in e2e/ and belong to Playwright.
import { defineConfig } from 'vitest/config'

// Real kernels and databases on a shared machine: in CI a failure must repeat itself to count; on a desk it counts at once.
const common = { testTimeout: 30_000, hookTimeout: 60_000, retry: process.env.CI === undefined ? 0 : 1 }

export default defineConfig({
  test: {
    globalSetup: './cli/bootstrap/before-tests.mjs',
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: [
            '{server,client,cli,components,app,prisma}/**/*.test.{ts,tsx}',
            'e2e/{bench,chaos,soak}/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', '**/*.alone.test.ts'],
          maxWorkers: 2,
          // Modules are loaded once a worker: to load them for each of hundreds of files takes longer than the tests themselves.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // These replace a module, which others in the same worker would then get.
        test: {
          ...common,
          name: 'alone',
          include: ['{server,client,cli,components,app,prisma}/**/*.alone.test.ts'],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // These measure a real kernel (what arrived, how long a gap was) and share its namespaces and tables: one file at a time, with
        // nothing beside it.
        test: {
          ...common,
          name: 'host',
          include: ['probe/**/*.test.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
