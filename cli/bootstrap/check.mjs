// `npm run check`: the one gate before a change is handed in: format, lint, types, unit and boundary tests.
import './require-node.mjs'
import { prepare } from './build.mjs'
import { checkGates } from './gates.mjs'
import { runMain, say } from './progress.mjs'
import { runUnitTests } from './run-tests.mjs'

await runMain(async () => {
  await prepare()
  const failedGates = await checkGates()
  const tests = await runUnitTests(process.argv.slice(2))
  if (tests.failed > 0) say('to mend: run the failing file alone with npm test -- unit PATH.')
  const failures = failedGates + tests.failed
  say(
    failures > 0
      ? `check FAILED: ${failedGates} gates and ${tests.failed} tests (see above)`
      : `check passed: ${tests.passed} tests`,
  )
  return failures > 0 ? 1 : 0
})
