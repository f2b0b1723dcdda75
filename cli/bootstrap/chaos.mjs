// `npm run chaos`: builds, then runs the fault runner (e2e/chaos/main.ts) against the built product, arguments passed on.
import './require-node.mjs'
import { runMeasured } from './measured.mjs'

await runMeasured('chaos', 'e2e/chaos/main.ts')
