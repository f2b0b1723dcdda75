// `npm run soak`: builds, then runs the soak (e2e/soak/main.ts) against the built product, arguments passed on.
import './require-node.mjs'
import { runMeasured } from './measured.mjs'

await runMeasured('soak', 'e2e/soak/main.ts')
