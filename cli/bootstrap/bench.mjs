// `npm run bench`: builds, then runs the load bench (e2e/bench/main.ts) against the built product, arguments passed on.
import './require-node.mjs'
import { runMeasured } from './measured.mjs'

await runMeasured('bench', 'e2e/bench/main.ts')
