// One node of several on one database: the owner of the log, or a standby that forwards to it until the log is free. With the embedded database
// there is one node, and it is the owner.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Config } from './config.ts'
import type { ConsoleHandler, OpenConsole } from './console-handler.ts'
import type { Listening } from './listen.ts'
import { forwardedHeader, readMark } from './nodes/forwarded-mark.ts'
import { createStandby, type Standby, sayText } from './nodes/standby.ts'
import type { OwnNode } from './open-store.ts'
import { type Running, runServer } from './run-server.ts'
import type { Lease, LeaseLostError } from './store/lease.ts'
import { seekLease } from './store/lease-candidate.ts'
import { tellRemoteAddress } from './web/remote-address.ts'
import { readPackAhead } from './wire-detection.ts'

const partition = 0
const askReadyMs = 200

export type NodeParts = {
  config: Config
  listening: Listening
  root: string
  openConsole: OpenConsole
  say(line: string): void
  /** Another node is the owner now: this process must end at once, and may begin anew. */
  onLost(error: LeaseLostError): void
  /** It was to become the owner, and cannot. */
  onFailed(error: unknown): void
}

/** Resolves when this node answers: as the owner, or for one. */
export async function runNode(parts: NodeParts): Promise<Running> {
  const { config, listening, root, openConsole } = parts
  const { databaseUrl } = config
  if (databaseUrl === undefined || config.bundle) return await runServer(config, listening, root, openConsole)
  const candidate = seekLease({
    connectionString: databaseUrl,
    partition,
    log: (line) => parts.say(`vigil: ${line}`),
  })
  if (await candidate.first) {
    const locked = await candidate.won
    if (!locked) throw new Error('the lock on the log was given up')
    return await own(parts, listening, openConsole, locked)
  }
  return await standBy(parts, candidate)
}

async function own(parts: NodeParts, listening: Listening, openConsole: OpenConsole, locked: pg.Client) {
  const { config, root } = parts
  let lease: Lease | undefined
  const node: OwnNode = {
    address: { id: randomUUID(), url: config.nodeUrl ?? addressOf(config.host, listening.port) },
    locked,
    onOwner(given) {
      lease = given
    },
    onLost: parts.onLost,
  }
  const gated: Listening = {
    ...listening,
    serve(handler) {
      listening.serve((request, response) => {
        if (request.url === '/healthz') return sayText(response, 200, 'ok\nrole: owner\n')
        believeMark(request, lease)
        handler(request, response)
      })
    },
  }
  return await runServer(config, gated, root, openConsole, node)
}

/** Of a request that another node forwarded: from whom. */
function believeMark(request: IncomingMessage, lease: Lease | undefined): void {
  const mark = request.headers[forwardedHeader]
  if (mark === undefined || !lease || lease.secret === null) return
  const { method = '', url = '' } = request
  const remote = readMark(lease.secret, mark, { epoch: lease.epoch, method, url })
  if (remote !== undefined) tellRemoteAddress(request, remote)
}

async function standBy(parts: NodeParts, candidate: ReturnType<typeof seekLease>): Promise<Running> {
  const { listening, root, say } = parts
  const dev = process.env.NODE_ENV === 'development'
  const web = await parts.openConsole({ root, dev, server: listening.server })
  readPackAhead(root)
  const standby = createStandby({ lease: candidate.lease, page: (request, response) => web.handle(request, response) })
  listening.serve(standby.handle)
  listening.server.on('upgrade', standby.upgrade)
  say(
    `vigil: a standby: another node owns the log (${candidate.lease()?.url || 'it is starting'}), and gets what comes here`,
  )
  if (parts.config.localProbe)
    say(
      'vigil: no local probe on a standby: set VIGIL_PROBE=off, and run "vigil probe" with a key of its own on each host',
    )

  let stopping = false
  const promoted = candidate.won.then(async (locked) => {
    if (!locked) return undefined
    say('vigil: the log is free: taking over')
    const startMs = performance.now()
    standby.close()
    const running = await own(parts, until(listening, standby), async () => web, locked)
    say(`vigil: owner of the log after ${Math.round(performance.now() - startMs)} ms`)
    return running
  })
  promoted.catch((error: unknown) => {
    if (!stopping) parts.onFailed(error)
  })
  await Promise.race([promoted, untilReady(standby, () => stopping)])

  return {
    async stop() {
      stopping = true
      await candidate.stop()
      const running = await promoted
      await (running ?? endOf(listening, standby, web)).stop()
    },
  }
}

/** From the moment on at which the owner serves, the standby takes no sockets. */
function until(listening: Listening, standby: Standby): Listening {
  return {
    ...listening,
    serve(handler) {
      listening.server.off('upgrade', standby.upgrade)
      listening.serve(handler)
    },
  }
}

async function untilReady(standby: Standby, isStopping: () => boolean): Promise<void> {
  while (!isStopping() && !(await standby.isReady())) await sleep(askReadyMs)
}

function endOf({ server }: Listening, standby: Standby, web: ConsoleHandler): Running {
  return {
    async stop() {
      standby.close()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
      await web.close()
    },
  }
}

/** What other nodes may reach: where it listens, or this machine's first address where it listens on all. */
function addressOf(host: string, port: number): string {
  const listensOnAll = host === '0.0.0.0' || host === '::'
  const first = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')
  const address = listensOnAll ? (first?.address ?? '127.0.0.1') : host
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`
}
