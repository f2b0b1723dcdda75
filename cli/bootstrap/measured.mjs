// Builds, then runs one of the programs that work on the built product (bench, chaos, soak), arguments passed on.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'
import { PlainError, runMain } from './progress.mjs'
import { CommandError, root, runCommand } from './run-command.mjs'

/** @param {string} name of the program in dist/ @param {string} entry from which it is built */
export async function runMeasured(name, entry) {
  await runMain(async () => {
    await build()
    const program = join(root, `dist/${name}.mjs`)
    if (!existsSync(program)) throw new PlainError(`${entry} is missing: there is no ${name} to run.`)
    try {
      await runCommand(process.execPath, ['--enable-source-maps', program, ...process.argv.slice(2)], { show: true })
    } catch (error) {
      if (error instanceof CommandError && error.code !== null) return error.code // it has said why itself
      throw error
    }
  })
}
