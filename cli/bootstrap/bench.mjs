// `npm run bench`: builds, then runs the load bench (e2e/bench/main.ts) against the built product, arguments passed on.
import './require-node.mjs'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'
import { PlainError, runMain } from './progress.mjs'
import { CommandError, root, runCommand } from './run-command.mjs'

await runMain(async () => {
  await build()
  const program = join(root, 'dist/bench.mjs')
  if (!existsSync(program)) throw new PlainError('e2e/bench/main.ts is missing: there is no bench to run.')
  try {
    await runCommand(process.execPath, ['--enable-source-maps', program, ...process.argv.slice(2)], { show: true })
  } catch (error) {
    if (error instanceof CommandError && error.code !== null) return error.code // it has said why itself
    throw error
  }
})
