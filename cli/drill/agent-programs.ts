// What the agent of a drill runs: three little programs, written into its temporary folder. They speak to the far ends of the drill alone.
import { writeFileSync } from 'node:fs'
import path from 'node:path'

/** Fetches the same page a few times, one connection each: as a package manager does. Argument: an address. */
const fetcher = `import http from 'node:http'
for (let n = 0; n < 8; n += 1) {
  await new Promise((resolve, reject) => {
    http.get(process.argv[2] + '?' + n, { agent: false }, (answer) => answer.resume().on('end', resolve)).on('error', reject)
  })
}
`

/** A stand-in for a miner: says the first two sentences of Stratum, then nothing. It computes nothing. Argument: stratum+tcp://HOST:PORT. */
const worker = `import net from 'node:net'
const pool = new URL(process.argv[2].replace('stratum+tcp:', 'http:'))
const socket = net.connect(Number(pool.port), pool.hostname)
const say = (id, method, params) => socket.write(JSON.stringify({ id, method, params }) + '\\n')
say(1, 'mining.subscribe', ['drill/1'])
say(2, 'mining.authorize', ['drill.worker', 'x'])
socket.on('data', () => {}).on('error', () => process.exit(1)).on('close', () => process.exit())
`

/** Tries one port of some addresses that nobody has, for two seconds. Arguments: FIRST ADDRESS, HOW MANY, PORT, FROM PORT. */
const looker = `import net from 'node:net'
const [address, many, port, from] = process.argv.slice(2)
const [, network, first] = /^(.*\\.)(\\d+)$/.exec(address)
for (let n = 0; n < Math.min(Number(many), 24); n += 1) {
  const host = network + (Number(first) + n)
  const socket = net.connect({ host, port: Number(port), localPort: Number(from) + n })
  socket.on('error', () => socket.destroy())
}
setTimeout(() => process.exit(), 2000)
`

export const programs = { 'fetch.mjs': fetcher, 'worker.mjs': worker, 'lookaround.mjs': looker } as const

/** How many addresses `lookaround.mjs` tries at most, and from which port of its own on: a firewall would see that. */
export const looksMax = 24
export const looksFromPort = 23_400

export function writePrograms(folder: string): void {
  for (const [name, text] of Object.entries(programs)) writeFileSync(path.join(folder, name), text)
}
