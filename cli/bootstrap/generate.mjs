// Makes the typed database client out of prisma/schema.prisma.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { step } from './progress.mjs'
import { root, runPackage } from './run-command.mjs'
import { hashOf, isStamped, stamp } from './stamp.mjs'

export async function generate() {
  const hash = hashOf(['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json'])
  if (isStamped('generate', hash) && existsSync(join(root, 'server/store/generated/client.ts'))) return
  await step('generating the database client', () =>
    runPackage('prisma/build/index.js', ['generate'], {
      env: {
        // The CLI would download its schema engine, which generating never runs: any existing file satisfies it.
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
        CHECKPOINT_DISABLE: '1',
      },
    }),
  )
  stamp('generate', hash)
}
