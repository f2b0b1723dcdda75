// A CPU profile of the server while it is measured (`--profile FOLDER`), for Chromium's DevTools. Node forbids --cpu-prof in NODE_OPTIONS,
// so a preloaded module does the same: it starts with the process and writes when the process exits.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const preload = `
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
const session = new Session()
session.connect()
session.post('Profiler.enable')
session.post('Profiler.start')
process.once('exit', () => session.post('Profiler.stop', (error, answer) => {
  if (!error) writeFileSync(new URL('server-' + process.pid + '.cpuprofile', import.meta.url), JSON.stringify(answer.profile))
}))
`

/** The NODE_OPTIONS that make a server write `server-PID.cpuprofile` into the folder. */
export function profilingOptions(folder: string): string {
  mkdirSync(folder, { recursive: true })
  const file = path.resolve(folder, 'profile-the-server.mjs')
  writeFileSync(file, preload)
  return `--import=${file}`
}
