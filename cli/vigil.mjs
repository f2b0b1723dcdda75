#!/usr/bin/env node
// The installed `vigil` command: runs the built command line, and says what to do when it isn't built. It must do nothing else.
import { existsSync } from 'node:fs'

const built = new URL('../dist/cli.mjs', import.meta.url)
if (existsSync(built)) await import(built.href)
else {
  process.stderr.write('vigil: not built yet. Run "npm start" (or "npm run build") in the Vigil folder first.\n')
  process.exitCode = 1
}
