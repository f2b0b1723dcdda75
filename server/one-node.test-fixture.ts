// One node as a process of its own, without a console: what the test of several nodes starts, stops and kills. It is `main.ts` but for that.
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { parseConfig } from './config.ts'
import { listenOrExplain } from './listen.ts'
import { runNode } from './run-node.ts'

const root = path.resolve(import.meta.dirname, '..')
const config = parseConfig(process.env)
await mkdir(config.dataDir, { recursive: true })
const listening = await listenOrExplain(config)
const end = (error: unknown) => {
  console.error(error)
  process.exit(75)
}
const running = await runNode({
  config,
  listening,
  root,
  openConsole: async () => ({
    handle: (_request, response) => void response.writeHead(200).end('a page'),
    close: async () => undefined,
  }),
  say: (line) => console.log(line),
  onLost: end,
  onFailed: end,
})
process.on('SIGTERM', () => void running.stop().then(() => process.exit(0), end))
console.log(`vigil ready ${listening.url}`)
