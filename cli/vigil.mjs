#!/usr/bin/env node
// The installed `vigil` command: runs the built command line, and says what to do when it isn't built. It must do nothing else.
import { existsSync } from 'node:fs'

// A hook that cannot even start must block the call: Claude Code lets it run after every exit code but 2.
const failed = process.argv[2] === 'hook' ? 2 : 1
const built = new URL('../dist/cli.mjs', import.meta.url)
try {
  if (existsSync(built)) await import(built.href)
  else {
    process.stderr.write('vigil: not built yet. Run "npm start" (or "npm run build") in the Vigil folder first.\n')
    process.exitCode = failed
  }
} catch (error) {
  process.stderr.write(`vigil: cannot start: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = failed
}
