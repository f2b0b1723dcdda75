// `npm test`: everything, on a fresh clone too. `npm test -- unit [PATH…]` and `npm test -- e2e [PATH…]` run one half;
// a path alone goes to the half that it belongs to. The last line is for machines: `1234 passed, 0 failed, 2 skipped`.
import './require-node.mjs'
import { build, prepare } from './build.mjs'
import { checkGates } from './gates.mjs'
import { explain, runMain, say } from './progress.mjs'
import { runBrowserTests, runUnitTests } from './run-tests.mjs'

const args = process.argv.slice(2)
const mode = chooseMode()
const total = { passed: 0, failed: 0, skipped: 0 }
/** Told again at the end: of thousands of lines nobody finds them, and of a long log often only the end is kept. */
/** @type {string[]} */
const broken = []

await runMain(async () => {
  try {
    await prepare()
    // Beside the tests, which wait for databases and kernels more than for the processor. A failed gate counts as one failure, so that
    // "0 failed" always means that all is well.
    const gates = mode === 'all' ? checkGates() : Promise.resolve(0)
    gates.catch(() => undefined) // it is waited for below
    if (mode !== 'e2e') add(await runUnitTests(args))
    total.failed += await gates
    if (mode !== 'unit' && (await builds())) add(await runBrowserTests(args))
  } catch (error) {
    explain(error)
    total.failed += 1
  }
  for (const each of broken) console.log(`failed: ${each}`)
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
  return total.failed > 0 ? 1 : 0
})

/** @returns {'all' | 'unit' | 'e2e'} */
function chooseMode() {
  if (args[0] === 'unit' || args[0] === 'e2e') return /** @type {'unit' | 'e2e'} */ (args.shift())
  if (args.length === 0) return 'all'
  return args.some((arg) => arg.startsWith('e2e')) ? 'e2e' : 'unit'
}

async function builds() {
  try {
    await build()
    return true
  } catch (error) {
    explain(error)
    say('the build failed, so the browser tests did not run')
    total.failed += 1
    return false
  }
}

/** @param {import('./run-tests.mjs').Counts} counts */
function add(counts) {
  broken.push(...counts.broken)
  total.passed += counts.passed
  total.failed += counts.failed
  total.skipped += counts.skipped
}
