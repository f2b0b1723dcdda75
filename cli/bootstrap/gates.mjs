// The checks that need no browser and no server: format and lint, types. Each failure says how to mend it.
import { say } from './progress.mjs'
import { CommandError, runPackage } from './run-command.mjs'

const gates = [
  {
    title: 'checking format and lint',
    script: '@biomejs/biome/bin/biome',
    args: ['check', '--error-on-warnings', '.'],
    mend: 'npm run format mends format and imports by itself; what remains is named above with its rule.',
  },
  {
    title: 'checking types',
    script: 'typescript/bin/tsc',
    args: ['--noEmit', '--pretty'],
    mend: 'mend the types named above; never with `any` or a cast that hides the reason.',
  },
]

/** A line at the end of each, so that it may run beside other work. @returns {Promise<number>} how many gates failed; all are run */
export async function checkGates() {
  let failed = 0
  for (const { title, script, args, mend } of gates) {
    const startMs = performance.now()
    try {
      await runPackage(script, args)
      say(`${title}: fine, ${((performance.now() - startMs) / 1000).toFixed(1)} s`)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      process.stderr.write(`${error.output.trimEnd()}\n`)
      say(`${title}: failed`)
      say(`to mend: ${mend}`)
      failed += 1
    }
  }
  return failed
}
